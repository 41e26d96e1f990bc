"""Asking witnesses: what a good one is sent, and that no bad one keeps the others from sealing."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from referral_hub.audit.checkpoints import Checkpoint
from referral_hub.audit.notes import decode64, generate, sign
from referral_hub.audit.roster import Witness
from referral_hub.audit.tree import consistency_proof, root_of, verify_consistency
from referral_hub.audit.witnesses import Cosignature, FaultBook, collect
from tests.audit.small_log import Cosigner, a_cosigner

LEAVES = [sha256(bytes([n])).digest() for n in range(20)]
LOG_KEY, LOG = generate("hub.example/audit/1")
Answer = Callable[["Receiver", str], tuple[int, str, bytes]]


def subtree(level: int, index: int) -> bytes:
    return root_of(LEAVES[index << level : (index + 1) << level])


def consistency(old: int, size: int) -> list[bytes]:
    return consistency_proof(old, size, subtree)


def a_text(size: int) -> str:
    return Checkpoint(LOG.name, size, root_of(LEAVES[:size])).text()


def a_note(size: int) -> bytes:
    text = a_text(size)
    return f"{text}\n{sign(text, LOG.name, LOG_KEY)}".encode()


@dataclass
class Receiver:
    """What a witness's server was sent, and the last size it cosigned."""

    cosigner: Cosigner
    size: int = 0
    asked: list[tuple[int, int]] = field(default_factory=list)


def honest(me: Receiver, body: str) -> tuple[int, str, bytes]:
    """A witness as the protocol wants it."""
    head, _, note = body.partition("\n\n")
    old, *lines = head.split("\n")
    claimed, size = int(old.removeprefix("old ")), int(note.split("\n")[1])
    me.asked.append((claimed, len(lines)))
    if claimed != me.size:
        return 409, "text/x.tlog.size", f"{me.size}\n".encode()
    text = note.partition("\n\n")[0] + "\n"
    root = decode64(text.split("\n")[2])
    if claimed:
        verify_consistency(claimed, size, [decode64(line) for line in lines], root_of(LEAVES[:claimed]), root)
    me.size = size
    return 200, "text/plain", me.cosigner.line(text).encode()


@contextlib.contextmanager
def served(answer: Answer, cosigner: Cosigner | None = None, size: int = 0) -> Iterator[tuple[Witness, Receiver]]:
    """A witness's server that answers in one way."""
    cosigner = cosigner or a_cosigner(f"w{time.monotonic_ns()}.example")
    me = Receiver(cosigner, size)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            status, kind, content = answer(me, body) if self.path == "/w/add-checkpoint" else (500, "text/plain", b"")
            with contextlib.suppress(OSError):
                self.send_response(status)
                self.send_header("Content-Type", kind)
                if status in (301, 302, 307):
                    self.send_header("Location", content.decode())
                self.end_headers()
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/w/"
        yield Witness(cosigner.witness.name, cosigner.witness.vkey, url, cosigner.witness.agency), me
        server.shutdown()


@pytest.fixture
def faults(tmp_path: Path) -> FaultBook:
    return FaultBook(tmp_path / "witness-faults.json")


def ask(*witnesses: Witness, size: int = 20, faults: FaultBook, **last: int) -> list[Cosignature]:
    names = {one.name: last["last"] for one in witnesses} if "last" in last else {}
    return collect(a_note(size), size, witnesses, names, consistency, 1.0, faults)


def test_a_witness_that_knows_nothing_yet_is_sent_the_checkpoint_alone(faults: FaultBook) -> None:
    with served(honest) as (witness, me):
        (found,) = ask(witness, faults=faults)
    assert found.witness == witness.name
    assert abs(found.time - time.time()) < 60
    assert found.line.endswith("\n")
    assert me.asked == [(0, 0)]
    assert faults.read() == {}


def test_the_next_checkpoint_comes_with_its_proof(faults: FaultBook) -> None:
    with served(honest) as (witness, me):
        ask(witness, size=7, faults=faults)
        assert len(ask(witness, size=20, last=7, faults=faults)) == 1
        assert len(ask(witness, size=20, last=20, faults=faults)) == 1
    assert me.asked == [(0, 0), (7, len(consistency(7, 20))), (20, 0)]


@pytest.mark.parametrize("believed", [0, 3, 19])
def test_a_witness_that_says_another_size_is_asked_again_with_it(faults: FaultBook, believed: int) -> None:
    with served(honest, size=11) as (witness, me):
        assert len(ask(witness, last=believed, faults=faults)) == 1
    assert [old for old, _ in me.asked] == [believed, 11]


def test_a_witness_that_has_seen_more_is_a_fault_and_not_a_loop(faults: FaultBook) -> None:
    with served(honest, size=40) as (witness, me):
        assert ask(witness, faults=faults) == []
    assert len(me.asked) == 1
    assert "40" in faults.read()[witness.name]["fault"]


def lying(me: Receiver, body: str) -> tuple[int, str, bytes]:
    """Its own key, over another root."""
    return 200, "text/plain", me.cosigner.line(a_text(19)).encode()


def another_key(me: Receiver, body: str) -> tuple[int, str, bytes]:
    return 200, "text/plain", a_cosigner(me.cosigner.witness.name).line(a_text(20)).encode()


def from_the_future(me: Receiver, body: str) -> tuple[int, str, bytes]:
    return 200, "text/plain", me.cosigner.line(a_text(20), int(time.time()) + 100_000).encode()


def dripping(me: Receiver, body: str) -> tuple[int, str, bytes]:
    time.sleep(5)
    return honest(me, body)


def always(status: int, content: bytes, kind: str = "text/plain") -> Answer:
    return lambda _me, _body: (status, kind, content)


BAD: dict[str, Answer] = {
    "lying": lying,
    "another key": another_key,
    "from the future": from_the_future,
    "slow": dripping,
    "empty": always(200, b""),
    "garbage": always(200, b"\xff\x00\xe2\x80\x94 w AAAA\n" * 40),
    "endless": always(200, b"x" * 100_000),
    "refusing": always(403, b"no"),
    "unprocessable": always(422, b""),
    "broken": always(500, b"Traceback"),
    "another size for ever": always(409, b"5\n", "text/x.tlog.size"),
    "another size, as a page": always(409, b"5\n", "text/html"),
    "no size": always(409, b"many\n", "text/x.tlog.size"),
    "a negative size": always(409, b"-1\n", "text/x.tlog.size"),
    "a redirect": always(302, b"http://127.0.0.1:1/"),
    "a redirect that keeps the method": always(307, b"file:///etc/passwd"),
    "created": always(201, b""),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_witness_gives_one_line_and_stops_nobody(faults: FaultBook, kind: str) -> None:
    with served(BAD[kind]) as (bad, _), served(honest) as (good, _):
        began = time.monotonic()
        found = ask(bad, good, faults=faults)
    assert [one.witness for one in found] == [good.name]
    assert time.monotonic() - began < 3
    (fault,) = faults.read().values()
    assert fault["fault"] and "\n" not in fault["fault"]


def test_a_witness_that_is_down_or_deaf_does_not_stop_the_others(faults: FaultBook) -> None:
    with socket.socket() as closed, socket.create_server(("127.0.0.1", 0)) as deaf, served(honest) as (good, _):
        closed.bind(("127.0.0.1", 0))
        down = a_cosigner("down.example", url=f"http://127.0.0.1:{closed.getsockname()[1]}").witness
        silent = a_cosigner("deaf.example", url=f"http://127.0.0.1:{deaf.getsockname()[1]}").witness
        nowhere = a_cosigner("nowhere.example", url="http://no-such-host.invalid").witness
        found = ask(down, silent, nowhere, good, faults=faults)
    assert [one.witness for one in found] == [good.name]
    assert set(faults.read()) == {"down.example", "deaf.example", "nowhere.example"}


def test_a_fault_is_forgotten_when_the_witness_cosigns_again(faults: FaultBook) -> None:
    cosigner = a_cosigner("police.example")
    with served(BAD["broken"], cosigner) as (witness, _):
        ask(witness, faults=faults)
    assert faults.read()["police.example"]["fault"] == "answered 500"
    with served(honest, cosigner) as (witness, _):
        ask(witness, faults=faults)
    assert faults.read() == {}


def test_a_witness_without_an_address_is_not_asked(faults: FaultBook) -> None:
    assert ask(a_cosigner("polls.example").witness, faults=faults) == []
    assert faults.read() == {}


def test_among_several_lines_the_configured_keys_one_is_taken(faults: FaultBook) -> None:
    def several(me: Receiver, _body: str) -> tuple[int, str, bytes]:
        other = a_cosigner("other.example")
        lines = other.line(a_text(20)) + a_cosigner(me.cosigner.witness.name).line(a_text(20))
        return 200, "text/plain", (lines + me.cosigner.line(a_text(20))).encode()

    with served(several) as (witness, _):
        (found,) = ask(witness, faults=faults)
    assert found.line.startswith(f"— {witness.name} ")
