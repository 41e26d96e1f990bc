"""The operator's command line. Exit status: 0 done; 1 the check found faults (nothing changed); 2 environment or usage;
3 done in part. JSON on stdout with ``--format json``, messages on stderr."""

import sys

from referral_hub.cli.commands import root


def main() -> None:
    """Entry point of ``referral-hub``."""
    sys.exit(root(prog_name="referral-hub", standalone_mode=False) or 0)
