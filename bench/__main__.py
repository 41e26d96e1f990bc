"""``script/bench audit``: the bars of the audit log, measured in one run on a throw-away hub."""

import argparse
import os
import sys
import time
from collections.abc import Callable

from bench.bars import Measured, table
from bench.house import House, house
from bench.proving import proofs
from bench.sequencing import sequencing_rate
from bench.steady import latencies
from bench.verifying import shares
from bench.writing import CLIENTS, audited_share

# In this order: "writing" leaves entries that nobody could verify, "proving" a log whose files are not there.
PARTS: dict[str, Callable[[House], list[Measured]]] = {
    "sequencing": sequencing_rate,
    "verifying": shares,
    "steady": latencies,
    "writing": audited_share,
    "proving": proofs,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    parser.add_argument("suite", choices=["audit"])
    parser.add_argument("--only", choices=list(PARTS), action="append", help="one part; may be given again")
    only = parser.parse_args().only
    chosen = [name for name in PARTS if not only or name in only]
    lines: list[Measured] = []
    with house(CLIENTS) as made:
        for name in chosen:
            began = time.monotonic()
            with made.app.app_context():
                lines += PARTS[name](made)
            print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    print(table(lines))
    print(f"\n{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} at the end")
    return 0 if all(line.reached for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
