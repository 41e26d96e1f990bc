"""What the processes say about themselves: one JSON object a line, on standard error, about nobody.

A line names the endpoint, never the address that was asked for; ids of accounts and agencies, never names. What an
error *says* may quote a row, a form or a statement: only its kind and the places in the code it passed are kept.
"""

import json
import logging
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

OWN = "referral_hub"
#: Extra fields of a record that go onto the line; any other stays out.
FIELDS = ("endpoint", "method", "status", "ms", "account", "agency", "task", "code")
DEEPEST = 30  # frames of one error
_about: ContextVar[Mapping[str, str] | None] = ContextVar("about", default=None)


@contextmanager
def about(**ids: str) -> Iterator[None]:
    """Every line that is written inside the block carries ``ids`` (a request, a job)."""
    token = _about.set({**(_about.get() or {}), **ids})
    try:
        yield
    finally:
        _about.reset(token)


def set_about(**ids: str) -> None:
    """As ``about``, until it is set again: for edges that cannot wrap their work in a block."""
    _about.set(ids)


class Lines(logging.Formatter):
    """A record as one line of JSON. ``process``: web, worker or log."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self.process = process

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "process": self.process,
            "logger": record.name,
            "event": _event(record),
            **(_about.get() or {}),
        }
        line |= {name: vars(record)[name] for name in FIELDS if vars(record).get(name) is not None}
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = trace(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False, default=lambda value: type(value).__name__)


def _event(record: logging.LogRecord) -> str:
    """Our own sentence; of a library only what stands before its first value."""
    if record.name == OWN or record.name.startswith(OWN + "."):
        return record.getMessage()
    text = str(record.msg)
    ends = [at for mark in "%{=:([<'\"\n" if (at := text.find(mark)) >= 0]
    return text[: min(ends, default=len(text))].strip() or record.funcName


def trace(error: BaseException) -> list[dict[str, object]]:
    """The error and what caused it, outermost first: kind, SQLSTATE, places in the code; not a word of what it says."""
    found: list[dict[str, object]] = []
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        frames = traceback.extract_tb(one.__traceback__)[-DEEPEST:]
        made: dict[str, object] = {
            "kind": f"{type(one).__module__}.{type(one).__qualname__}",
            "at": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
        }
        state = getattr(one, "sqlstate", None)
        found.append(made | ({"sqlstate": state} if state else {}))
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    return found


def in_words(error: BaseException) -> str:
    """``trace`` for a person at a terminal."""
    lines = []
    for one in trace(error):
        places = one["at"]
        assert isinstance(places, list)
        lines += [*(f"  {place}" for place in places), str(one["kind"])]
    return "\n".join(lines)


class _Terminal(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        said = f"referral-hub: {_event(record)}"
        fault = record.exc_info[1] if record.exc_info else None
        return said if fault is None else f"{said}\n{in_words(fault)}"


def configure(process: str) -> None:
    """Let this process write its lines; at a terminal only warnings, in words."""
    handler = logging.StreamHandler(sys.stderr)
    terminal = sys.stderr.isatty()
    handler.setFormatter(_Terminal() if terminal else Lines(process))
    root = logging.getLogger()
    for old in root.handlers[:]:
        if isinstance(old.formatter, (Lines, _Terminal)):
            root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger(OWN).setLevel(logging.WARNING if terminal else logging.INFO)
    logging.captureWarnings(True)
    sys.excepthook = _uncaught
    logging.raiseExceptions = False  # a broken line must not print its arguments


def _uncaught(_kind: type[BaseException], error: BaseException, _trace: object) -> None:
    logging.getLogger(OWN).critical("fault that nothing caught", exc_info=error)
