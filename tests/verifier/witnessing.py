"""A witness as a process of its own, and requests to it as a log makes them."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from referral_hub.audit.notes import VerifierKey, encode64, parse_note, parse_vkey, verify_cosignature
from tests.verifier.published import SCRIPT, ALog, verifier

#: Loads the script and ends, as by a power cut, when it is about to answer: what it stored is stored.
POWER_CUT = """
import os, sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
loader = SourceFileLoader("cut", sys.argv[1])
module = module_from_spec(spec_from_loader("cut", loader))
sys.modules["cut"] = module
loader.exec_module(module)
module.Handler.answer = lambda self, answer: os._exit(9)
module.main(sys.argv[2:])
"""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    type: str
    body: bytes


@dataclass
class Serving:
    """A witness that is running."""

    process: subprocess.Popen[str]
    port: int
    key: VerifierKey

    def post(self, body: bytes, path: str = "/add-checkpoint") -> Answer:
        return self._ask("POST", path, body)

    def get(self, path: str) -> Answer:
        return self._ask("GET", path, None)

    def holds(self, answer: Answer, log: ALog, size: int) -> bool:
        """Whether the answer is this witness's cosignature on the log's checkpoint of that size."""
        return verify_cosignature(answer.body.decode(), self.key, log.checkpoint(size).text()) > 0

    def _ask(self, method: str, path: str, body: bytes | None) -> Answer:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            return Answer(answer.status, answer.getheader("Content-Type", ""), answer.read())
        finally:
            connection.close()


def request(log: ALog, old: int, size: int, *, path: list[bytes] | None = None, note: bytes | None = None) -> bytes:
    """The body of ``add-checkpoint``."""
    if path is None:
        path = log.consistency(old, size) if 0 < old < size else []
    lines = [f"old {old}", *map(encode64, path), "", ""]
    return "\n".join(lines).encode() + (log.note(size) if note is None else note)


def new_key(folder: Path, name: str = "police.example/1") -> tuple[Path, VerifierKey]:
    """A witness's key as the command makes it."""
    file = folder / "witness.key"
    if not file.exists():
        assert verifier.main(["witness", "new-key", name, "--key", str(file), "--format", "json"]) == 0
    return file, parse_vkey(verifier.read_signer(file).key.line)


@contextmanager
def serving(folder: Path, *logs: ALog, power_cut: bool = False) -> Iterator[Serving]:
    """A witness for these logs, with its memory in ``folder/state``."""
    file, key = new_key(folder)
    arguments = ["witness", "serve", "--state", str(folder / "state"), "--key", str(file), "--listen", "127.0.0.1:0"]
    for log in logs:
        arguments += ["--log", str(log.key)]
    start = ["-c", POWER_CUT, str(SCRIPT)] if power_cut else [str(SCRIPT)]
    command = [sys.executable, "-B", *start, *arguments, "--format", "json"]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=quiet, text=True) as process:
        try:
            assert process.stdout
            url = json.loads(process.stdout.readline())["url"]
            yield Serving(process, int(url.rpartition(":")[2]), key)
        finally:
            process.kill()


def stored(folder: Path, log: ALog) -> int:
    """The size the witness has on its disk."""
    raw = (folder / "state" / verifier.origin_hash(log.origin) / "checkpoint").read_bytes()
    size: int = verifier.parse_checkpoint(parse_note(raw).text).size
    return size
