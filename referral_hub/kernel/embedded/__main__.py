"""`python -m referral_hub.kernel.embedded keep HOME LOCK`: the keeper's process; nobody types this."""

from __future__ import annotations

import sys
from pathlib import Path

from referral_hub.kernel.embedded.keeper import keep

if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1] != "keep":
        sys.exit(2)
    keep(Path(sys.argv[2]))
