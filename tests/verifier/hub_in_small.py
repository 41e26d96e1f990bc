"""A hub's public side in this process: the files of a log, who seals, and where a witness leaves its line."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass
class SmallHub:
    """``shown``: the folder that is served; ``takes``: the status a cosignature is answered with."""

    shown: Path
    vkey: str = ""
    takes: int = 200
    closed_entries: bool = True
    url: str = ""
    brought: list[bytes] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def answer(self, path: str, authorised: bool) -> bytes | None:
        self.asked.append(path)
        if path == "/.well-known/referral-hub-audit" and self.vkey:
            return json.dumps({"origin": "x", "vkey": self.vkey, "witnesses": [], "quorum": 0}).encode()
        if not path.startswith("/audit/") or ("/entries/" in path and self.closed_entries and not authorised):
            return None
        file = self.shown / path.removeprefix("/audit/")
        return file.read_bytes() if file.is_file() else None


@contextmanager
def hub(shown: Path, **settings: object) -> Iterator[SmallHub]:
    small = SmallHub(shown, **settings)  # type: ignore[arg-type]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = small.answer(self.path, self.headers.get("Authorization") == "Bearer auditor")
            self.reply(404 if found is None else 200, found or b"")

        def do_POST(self) -> None:
            small.brought.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.reply(small.takes if self.path == "/audit/cosignature" else 404, b"")

        def reply(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    small.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield small
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
