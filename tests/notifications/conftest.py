"""A mail server on this machine, and a worker that sends to it."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

import psycopg
import pytest
from aiosmtpd.controller import Controller
from flask import Flask

from referral_hub.kernel import clock
from referral_hub.kernel.mail import mail_server, make_mailer
from referral_hub.kernel.sms import FileGateway
from referral_hub.notifications.posting import Post, current_post, use_post
from tests.conftest import Acting
from tests.working import Worker

PUBLIC_URL = "https://tiep-nhan.example"


@dataclass(slots=True)
class Letters:
    """What the server took: (address, message, the bytes as they came); ``refuses`` makes it say no."""

    taken: list[tuple[str, Message, bytes]] = field(default_factory=list)
    greetings: list[str] = field(default_factory=list)
    refuses: bool = False

    async def handle_EHLO(self, server: Any, session: Any, envelope: Any, hostname: str, responses: Any) -> Any:  # noqa: N802
        self.greetings.append(hostname)
        session.host_name = hostname
        return responses

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.refuses:
            return "451 try again later"
        for address in envelope.rcpt_tos:
            self.taken.append((address, message_from_bytes(envelope.content), envelope.content))
        return "250 taken"

    @property
    def addresses(self) -> list[str]:
        """Who got something, in order."""
        return [address.removesuffix(".example") for address, _, _ in self.taken]


@pytest.fixture
def letters() -> Iterator[Letters]:
    yield Letters()


@pytest.fixture
def sms(tmp_path: Path) -> Path:
    """The folder that text messages go to."""
    return tmp_path / "sms"


@pytest.fixture
def worker(
    hub: Flask, acting: Acting, admin_connection: psycopg.Connection, letters: Letters, sms: Path
) -> Iterator[Worker]:
    """Works for real, through a real SMTP server."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(letters, hostname="127.0.0.1", port=port)
    controller.start()
    server = mail_server(f"smtp://127.0.0.1:{port}?from=thong-bao@tiep-nhan.example", PUBLIC_URL)
    before = current_post()
    use_post(Post(make_mailer(hub, server, sms.parent), FileGateway(sms), PUBLIC_URL))
    yield Worker(acting, admin_connection, clock.now())
    use_post(before)
    controller.stop()
