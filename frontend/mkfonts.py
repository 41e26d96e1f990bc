"""Merge the typeface's latin, latin-ext and vietnamese files and keep what Vietnamese and English need.

Separate files split a Vietnamese word over two fonts (their unicode ranges overlap), which breaks kerning inside it.

Usage: python mkfonts.py NODE_MODULES OUT_DIR. Needs fonttools and brotli. Writes one woff2 per weight, the same bytes
for the same input.
"""

import sys
import tempfile
from pathlib import Path

from fontTools.merge import Merger
from fontTools.subset import Options, Subsetter, parse_unicodes
from fontTools.ttLib import TTFont

WEIGHTS = (400, 700)
PARTS = ("latin", "latin-ext", "vietnamese")
# ASCII, Latin-1, the Vietnamese letters, combining marks, punctuation, dong sign, arrows.
RANGES = (
    "0020-007E,00A0-00FF,0102-0103,0110-0111,0128-0129,0168-0169,01A0-01A1,01AF-01B0,"
    "0300-0303,0306,0309,031B,0323,1EA0-1EF9,2010-2014,2018-201E,2020-2022,2026,2030,2039-203A,"
    "20AB,2190-2193,2212,2264-2265"
)


def merged(files: list[Path]) -> TTFont:
    """Return one font out of several woff2 parts of the same face."""
    with tempfile.TemporaryDirectory() as scratch:
        plain = []
        for number, file in enumerate(files):
            font = TTFont(file, recalcTimestamp=False)
            font.flavor = None
            target = Path(scratch) / f"{number}.ttf"
            font.save(target)
            plain.append(str(target))
        return Merger().merge(plain)


def subset(font: TTFont) -> None:
    """Keep the wanted characters and the layout features that place marks and kern."""
    options = Options()
    options.layout_features = ["kern", "mark", "mkmk", "ccmp", "locl", "liga", "tnum"]
    options.name_IDs = ["*"]
    options.hinting = False
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=parse_unicodes(RANGES))
    subsetter.subset(font)


def demand_vietnamese(font: TTFont) -> None:
    """Raise SystemExit when a Vietnamese letter is missing: half a word in another typeface is hard to read."""
    letters = "ĂăÂâĐđÊêÔôƠơƯư₫" + "".join(map(chr, range(0x1EA0, 0x1EFA)))
    missing = [letter for letter in letters if ord(letter) not in font.getBestCmap()]
    if missing:
        raise SystemExit(f"the typeface lacks {' '.join(missing)}")


def main(modules: Path, out: Path) -> None:
    source = modules / "@fontsource" / "be-vietnam-pro" / "files"
    out.mkdir(parents=True, exist_ok=True)
    for weight in WEIGHTS:
        parts = [source / f"be-vietnam-pro-{part}-{weight}-normal.woff2" for part in PARTS]
        font = merged(parts)
        subset(font)
        demand_vietnamese(font)
        font.recalcTimestamp = False
        # The merger stamps the time of the run; the source's own date keeps the bytes the same.
        font["head"].created = font["head"].modified = TTFont(parts[0])["head"].modified
        font.flavor = "woff2"
        font.save(out / f"be-vietnam-pro-vn-{weight}.woff2")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
