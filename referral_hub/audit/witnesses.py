"""Asking witnesses for their cosignature: the client's side of C2SP tlog-witness (``POST <url>/add-checkpoint``).

A witness learns sizes and hashes, never an entry. Whatever one of them answers, or does not, nobody else waits for it.
"""

import json
import logging
import queue
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any, Protocol
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from referral_hub.audit.folder import write_file
from referral_hub.audit.notes import NoteError, VerifierKey, encode64, parse_note, parse_signature, verify_cosignature
from referral_hub.audit.roster import Witness

MAX_ANSWER = 16 * 1024
AHEAD_S = 3600
"""A cosignature from further in the future than this comes from a clock that is wrong."""
SIZE_TYPE = "text/x.tlog.size"

Answers = queue.SimpleQueue[tuple[str, Any]]

log = logging.getLogger(__name__)
_SIZE = re.compile(rb"(0|[1-9][0-9]{0,18})\n?")


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A line that holds. ``line`` ends in its newline; ``time``: seconds since 1970, by the witness's clock."""

    witness: str
    line: str
    time: int


class WitnessFault(Exception):
    """A witness did not answer with a cosignature that holds; the message says why, in a line."""


class _Elsewhere(Exception):
    """409: the witness's last checkpoint has another size than was said."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


class Noting(Protocol):
    """Where the last fault of each witness is kept (:class:`FaultBook`)."""

    def note(self, witness: str, fault: str | None) -> None: ...


def collect(
    note_text: bytes,
    size: int,
    witnesses: Sequence[Witness],
    last_sizes: Mapping[str, int],
    consistency: Callable[[int, int], list[bytes]],
    timeout_s: float = 1.0,
    faults: Noting | None = None,
) -> list[Cosignature]:
    """Send one signed checkpoint to every witness that has an address, all at once; what holds of their answers.

    :param note_text: the signed checkpoint, byte for byte.
    :param last_sizes: name -> the size it cosigned last, as far as is known; one that says another size is asked again.
    :param consistency: the proof from an older size to ``size``; called in this thread alone.
    :param timeout_s: for each of the two rounds; whoever is slower is not waited for.
    :returns: at most one for each witness, in their order. A fault is a line in the log and in ``faults``.
    """
    text = parse_note(note_text).text
    known = {one.name: last_sizes.get(one.name, 0) for one in witnesses if one.url}
    found: dict[str, Cosignature] = {}
    wrong: dict[str, str | None] = {}
    asked = [one for one in witnesses if one.url]
    for last_round in (False, True):
        bodies: list[tuple[Witness, bytes]] = []
        for one in asked:
            try:
                bodies.append((one, _body(note_text, known[one.name], size, consistency)))
            except ValueError as error:
                wrong[one.name] = str(error)
        answers = _ask_all(bodies, text, timeout_s)
        asked = []
        for one, _ in bodies:
            answer = answers.get(one.name) or WitnessFault(f"no answer within {timeout_s:g} s")
            if isinstance(answer, Cosignature):
                found[one.name], wrong[one.name] = answer, None
            elif isinstance(answer, _Elsewhere) and not last_round:
                known[one.name] = answer.size
                asked.append(one)
            else:
                wrong[one.name] = str(answer) if not isinstance(answer, _Elsewhere) else "its size keeps changing"
    for name, fault in wrong.items():
        if fault is not None:
            log.warning("witness %s: %s", name, fault)
        if faults is not None:
            faults.note(name, fault)
    return [found[one.name] for one in witnesses if one.name in found]


def check_cosignature(line: str, key: VerifierKey, text: str, now: float) -> Cosignature:
    """The cosignature in ``line``, once it holds.

    :param now: seconds since 1970.
    :raises NoteError: another's, wrong, or from a clock far ahead.
    """
    moment = verify_cosignature(line, key, text)
    if moment > now + AHEAD_S:
        raise NoteError(f"the clock of {key.name} is ahead")
    return Cosignature(key.name, line, moment)


class FaultBook:
    """The last fault of each witness, in a file beside the roster, for ``log witness list``."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[str, dict[str, str]]:
        """Name -> ``{"at", "fault"}``; empty when nothing is wrong or nothing can be read."""
        try:
            raw = json.loads(self.path.read_text("utf-8"))
            return {str(k): {"at": str(v["at"]), "fault": str(v["fault"])} for k, v in raw.items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}

    def note(self, witness: str, fault: str | None) -> None:
        """Write down the fault, or (None) that there is none any more. A disk that refuses is only said."""
        known = self.read()
        if (known.get(witness) or {}).get("fault") == fault:
            return
        known.pop(witness, None)
        if fault is not None:
            known[witness] = {"at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "fault": fault}
        try:
            write_file(self.path, json.dumps(known, ensure_ascii=False, indent=2).encode() + b"\n")
        except OSError as error:
            log.warning("%s: %s", self.path, error)


def _body(note: bytes, old: int, size: int, consistency: Callable[[int, int], list[bytes]]) -> bytes:
    if old > size:
        raise ValueError(f"it has seen {old} entries, more than there are ({size})")
    proof = consistency(old, size) if 0 < old < size else []
    return f"old {old}\n".encode() + b"".join(f"{encode64(value)}\n".encode() for value in proof) + b"\n" + note


def _ask_all(bodies: Sequence[tuple[Witness, bytes]], text: str, timeout_s: float) -> dict[str, Any]:
    """Name -> :class:`Cosignature` or the exception that stands for one; whoever is too slow is missing."""
    done: Answers = queue.SimpleQueue()
    deadline = time.monotonic() + timeout_s
    for one, body in bodies:
        # daemons: one who answers a byte a second must not keep the process from ending
        threading.Thread(target=_ask_into, args=(done, one, body, text, deadline), daemon=True).start()
    answers: dict[str, Any] = {}
    while len(answers) < len(bodies):
        try:
            name, answer = done.get(timeout=max(deadline - time.monotonic(), 0))
        except queue.Empty:
            break
        answers[name] = answer
    return answers


def _ask_into(done: Answers, one: Witness, body: bytes, text: str, deadline: float) -> None:
    try:
        done.put((one.name, _ask(one, body, text, deadline)))
    except (WitnessFault, _Elsewhere) as said:
        done.put((one.name, said))
    except Exception as error:  # a stranger's answer is no reason to stop signing
        done.put((one.name, WitnessFault(f"{type(error).__name__}: {error}"[:200])))


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


_open = build_opener(_NoRedirect()).open


def _ask(one: Witness, body: bytes, text: str, deadline: float) -> Cosignature:
    assert one.url is not None
    request = Request(
        f"{one.url.rstrip('/')}/add-checkpoint", body, {"Content-Type": "text/plain; charset=utf-8"}, method="POST"
    )
    try:
        with _open(request, timeout=max(deadline - time.monotonic(), 0.01)) as response:
            status, answer = response.status, _read(response, deadline)
    except HTTPError as error:
        with error:
            if error.code == 409 and error.headers.get_content_type() == SIZE_TYPE:
                raise _Elsewhere(_told(_read(error, deadline))) from None
        raise WitnessFault(f"answered {error.code}") from None
    except (OSError, HTTPException) as error:
        raise WitnessFault(str(getattr(error, "reason", None) or error) or type(error).__name__) from None
    if status != 200:
        raise WitnessFault(f"answered {status}")
    return _holding(answer, one.key, text)


def _read(response: Any, deadline: float) -> bytes:
    data = b""
    while len(data) <= MAX_ANSWER:
        if time.monotonic() > deadline:
            raise WitnessFault("answered too slowly")
        chunk = response.read1(MAX_ANSWER)
        if not chunk:
            return data
        data += chunk
    raise WitnessFault("answered too much")


def _told(answer: bytes) -> int:
    match = _SIZE.fullmatch(answer)
    if match is None:
        raise WitnessFault("answered 409 without a size")
    return int(match[1])


def _holding(answer: bytes, key: VerifierKey, text: str) -> Cosignature:
    """The first line of this witness that holds; lines of unknown keys are ignored, as the protocol demands."""
    fault = "answered without a cosignature of its key"
    for row in answer.decode("utf-8", "replace").split("\n")[:100]:
        try:
            line = f"{row}\n"
            if not parse_signature(line).by(key):
                continue
            return check_cosignature(line, key, text, time.time())
        except NoteError as error:
            fault = str(error)
    raise WitnessFault(fault)
