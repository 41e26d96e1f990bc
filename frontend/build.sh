#!/bin/sh
# Rebuild referral_hub/portal/static/vendor. Developer-only: needs npm, and a Python with fonttools and brotli (PYTHON=...).
# Works in a scratch directory, so node_modules never lands in the repository.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
vendor="$here/../referral_hub/portal/static/vendor"
govuk="$vendor/govuk-6.3.0"
python=${PYTHON:-python3}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT INT TERM

cp "$here/package.json" "$here/package-lock.json" "$here/portal.scss" "$here/entry.mjs" "$scratch/"
cd "$scratch"
npm ci --ignore-scripts --no-audit --no-fund

mkdir -p "$govuk" "$vendor/fonts"
npx --no-install sass --load-path=node_modules --style=compressed --no-source-map --no-charset \
    portal.scss portal.css
# govuk-frontend prints the address behind each link; ours mean nothing on paper and should not travel with it.
sed -E 's/@media print\{\[href\^="\/"\][^}]*\}\}//g' portal.css > "$govuk/portal.css"
npx --no-install esbuild entry.mjs --bundle --format=esm --target=es2020 --minify --charset=utf8 \
    --legal-comments=none --outfile="$govuk/portal.js"
cp "$here/boot.js" "$govuk/boot.js"
cp "$here/govuk-LICENSE" "$govuk/LICENSE"
cp node_modules/@fontsource/be-vietnam-pro/LICENSE "$vendor/fonts/OFL.txt"
"$python" "$here/mkfonts.py" node_modules "$vendor/fonts"

if grep -qiE 'GDS Transport|govuk-crest|https?://' "$govuk/portal.css"; then
    echo "portal.css holds something that must not be vendored" >&2
    exit 1
fi
cd "$vendor"
LC_ALL=C find . -type f ! -name SHA256SUMS ! -name VENDOR.md | sed 's|^\./||' | LC_ALL=C sort | xargs sha256sum > SHA256SUMS
cat SHA256SUMS
