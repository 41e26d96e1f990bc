"""What the proof of one entry out of a million costs over HTTP."""

import html
import random
import re
import time
from http.client import HTTPConnection, HTTPResponse
from itertools import islice
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import psycopg

from bench.bars import Measured, percentile
from bench.entries import ACT, Made, made
from bench.house import WORKER, House
from bench.processes import free_port, hub_process, until_answered
from referral_hub.audit.folder import Folder
from referral_hub.audit.proofs import parse
from referral_hub.audit.sequencing import prepare_session, write_leaves, write_tiles
from referral_hub.audit.signing import Signer
from referral_hub.audit.stored import load_edge, stored_tree
from referral_hub.audit.tree import leaf_hash

ENTRIES = 1_000_000
AT_ONCE = 50_000
WARM, ASKED = 30, 300
ROUNDS = 3
P95_MS, BYTES = 20, 2_048

_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


def proofs(house: House) -> list[Measured]:
    """Time and size of the proof of one entry, asked for by the worker who made it."""
    uids = _fill(house)
    _sign(house)
    port = free_port()
    with hub_process(house, "serve", "--port", str(port)):
        until_answered(port)
        browser = _Browser(port)
        browser.sign_in(house.password)
        for uid in random.sample(uids, WARM):
            browser.proof(uid)
        rounds = [[browser.proof(uid) for uid in random.sample(uids, ASKED)] for _ in range(ROUNDS)]
    times = tuple(percentile([ms for ms, _ in asked], 95) for asked in rounds)
    middle = tuple(percentile([ms for ms, _ in asked], 50) for asked in rounds)
    sizes = tuple(float(max(size for _, size in asked)) for asked in rounds)
    return [
        Measured(
            f"proof of one entry of {ENTRIES:,} over HTTP, p95", times, "ms", bar=P95_MS, at_least=False, digits=1
        ),
        Measured("the same, median", middle, "ms", at_least=False, digits=1),
        Measured("its size", sizes, "bytes", bar=BYTES, at_least=False, digits=0),
    ]


class _Browser:
    """One connection and one cookie, as a browser keeps them."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=30)
        self._cookies: dict[str, str] = {}

    def sign_in(self, password: str) -> None:
        _, page = self._ask("GET", "/sign-in")
        token = _TOKEN.search(page.decode())
        assert token is not None, "the page to sign in has no form"
        form = {"csrf_token": html.unescape(token[1]), "email": WORKER, "password": password}
        answer, page = self._ask("POST", "/sign-in", urlencode(form))
        assert answer.status in (302, 303), f"signing in answered {answer.status}"

    def proof(self, uid: UUID) -> tuple[float, int]:
        """Milliseconds until the last byte, and bytes."""
        began = time.perf_counter()
        answer, body = self._ask("GET", f"/audit/proof/{uid}")
        took = (time.perf_counter() - began) * 1000
        if answer.status != 200 or f'"id":"{uid}"'.encode() not in parse(body).extra:
            raise RuntimeError(f"the proof of {uid}: {answer.status}")
        return took, len(body)

    def _ask(self, method: str, path: str, body: str | None = None) -> tuple[HTTPResponse, bytes]:
        headers = {
            "Accept": "text/html",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items()),
        }
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        for line in answer.headers.get_all("Set-Cookie", []):
            name, _, value = line.partition(";")[0].partition("=")
            self._cookies[name] = value
        return answer, answer.read()


def _fill(house: House) -> list[UUID]:
    """Bring the log up to a million entries; some of the new ones."""
    kept: list[UUID] = []
    with house.connect("admin") as connection:
        prepare_session(connection)
        connection.execute("ALTER TABLE audit_entry DISABLE TRIGGER queue")  # they get their place here
        edge = load_edge(connection)
        row = connection.execute("SELECT coalesce(max(id), 0) FROM audit_entry").fetchone()
        number = int(row[0]) + 1 if row else 1
        entries = made(house, ENTRIES - edge.frontier.size)
        while some := list(islice(entries, AT_ONCE)):
            with connection.transaction():
                _store(connection, number, some)
                hashes = [leaf_hash(one.envelope) for one in some]
                write_leaves(connection, edge.frontier.size, enumerate(hashes, number))
                edge, tiles = edge.extended(hashes)
                write_tiles(connection, tiles)
            number += len(some)
            kept += [one.uid for one in some[:: AT_ONCE // 500]]
        connection.execute("SELECT setval(pg_get_serial_sequence('audit_entry', 'id'), %s)", [number])
        connection.execute("ALTER TABLE audit_entry ENABLE ALWAYS TRIGGER queue")
        connection.execute("VACUUM ANALYZE audit_entry, audit_leaf, audit_tile")
    return kept


def _store(connection: psycopg.Connection[Any], first: int, some: list[Made]) -> None:
    columns = "COPY audit_entry (id, uid, subject, kind, envelope) FROM STDIN (FORMAT binary)"
    with connection.cursor().copy(columns) as copy:
        copy.set_types(["int8", "uuid", "uuid", "text", "bytea"])
        for number, one in enumerate(some, first):
            copy.write_row((number, one.uid, one.subject, ACT.kind, one.envelope))


def _sign(house: House) -> None:
    """A signed head over all of them; its files are not needed for a proof."""
    with house.connect("log") as connection:
        edge = load_edge(connection)
        size, root = edge.frontier.size, edge.frontier.root()
        signer = Signer(Folder(house.settings.log_folder), house.settings.public_url)
        note = signer.sign(size, root, stored_tree(connection, size))
        connection.execute(
            "INSERT INTO audit_head (size, root, note, signed_at) VALUES (%s, %s, %s, clock_timestamp())",
            [size, root, note],
        )
