"""The operator's command line. Exit status: 0 done; 1 the check found faults (nothing changed); 2 environment or usage;
3 done in part; 130 interrupted. JSON on stdout with ``--format json``, messages on stderr.
"""

import io
import os
import sys
from collections.abc import Sequence

NAME = "referral-hub"
COMPLETION = "_REFERRAL_HUB_COMPLETE"
USAGE = 2
INTERRUPTED = 130  # 128 + SIGINT, as shells count
READER_GONE = 141  # 128 + SIGPIPE


def main() -> None:
    """Entry point of ``referral-hub``."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that cannot write Vietnamese must not end the command
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """One command line; what it says goes to stdout and stderr.

    :return: the exit status.
    """
    try:
        status = _run(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _forget_output()
        return READER_GONE
    except OSError as error:  # the output itself: a full disk behind `> file`
        _forget_output()
        print(f"referral-hub: {error.strerror or error}", file=sys.stderr)
        return USAGE
    except Exception as error:  # a bug: Python's own status 1 would say that a check found faults
        from referral_hub.kernel.logs import in_words

        print(in_words(error), file=sys.stderr)  # where it broke; what the error says may quote a row
        return USAGE
    return status


def _run(arguments: Sequence[str]) -> int:
    # imported here, so that an interruption while the modules load is quiet as well
    import click
    from click.shell_completion import shell_complete

    from referral_hub.cli.commands import root
    from referral_hub.cli.usage import locale_of, sentence

    if completion := os.environ.get(COMPLETION):
        return shell_complete(root, {}, NAME, COMPLETION, completion)
    try:
        # not `root.main`: it answers a reader that has gone with status 1, which here means faults
        with root.make_context(NAME, list(arguments)) as context:
            root.invoke(context)
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.ClickException as error:
        click.echo(sentence(error).text(locale_of(arguments)), err=True)
        return USAGE
    except SystemExit as ended:
        return _status(ended.code)
    return 0


def _status(code: object) -> int:
    return code if isinstance(code, int) else 0 if code is None else USAGE


def _forget_output() -> None:
    """What Python would still write at its end goes nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.__stdout__):
        if stream is not None and stream.fileno() >= 0:
            os.dup2(nowhere, stream.fileno())
