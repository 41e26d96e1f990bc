"""How a message leaves the hub: Flask-Mail to an SMTP server, or files in the home where none is configured.

Nothing of a message is logged, and no error names whom it was for. The machine's own name does not leave either.
"""

import json
import os
import smtplib
from dataclasses import dataclass
from email.utils import make_msgid
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

import flask_mail
from flask import Flask

from referral_hub.kernel.errors import EnvironmentFault
from referral_hub.kernel.ids import new_id

TIMEOUT = 15.0  # seconds; a job waits on the server, nobody else does
PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
SENDER_NAME = "Thông báo"


class NotDelivered(Exception):
    """The server did not take it; says of what kind the fault is and nothing else."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail goes out. ``sender``: the address it comes from."""

    scheme: str
    host: str
    port: int
    username: str | None
    password: str | None
    sender: str


class Mailer(Protocol):
    """Sends one plain message to one address."""

    def send(self, to: str, subject: str, text: str) -> None: ...


def mail_server(url: str, public_url: str) -> MailServer:
    """Read ``smtp[s|+starttls]://[USER:PASSWORD@]HOST[:PORT][?from=ADDRESS]``.

    Without ``from`` the sender is ``no-reply`` at the portal's host.

    :raises EnvironmentFault: not such an address.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS[parts.scheme]
        host = parts.hostname
        sender = parse_qs(parts.query).get("from", [f"no-reply@{urlsplit(public_url).hostname}"])[0]
    except (ValueError, KeyError):
        host = None
    if not host or "@" not in sender:
        raise EnvironmentFault(
            "REFERRAL_HUB_SMTP_URL phải có dạng smtp://[TÊN:MẬT_KHẨU@]MÁY[:CỔNG][?from=ĐỊA_CHỈ].",
            "REFERRAL_HUB_SMTP_URL must read smtp://[USER:PASSWORD@]HOST[:PORT][?from=ADDRESS].",
        )
    name, password = (unquote(part) if part else None for part in (parts.username, parts.password))
    return MailServer(parts.scheme, host, port, name, password, sender)


def make_mailer(app: Flask, server: MailServer | None, home: Path) -> Mailer:
    """How ``app`` sends mail, inside its context; without a server each message is a file in ``HOME/outbox/mail``."""
    return FileMailer(home / "outbox" / "mail") if server is None else _SmtpMailer(app, server)


class FileMailer:
    """Writes each message to a file that is named after nothing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, to: str, subject: str, text: str) -> None:
        """:raises OSError: the disk does not take it."""
        write_private(self.folder, {"to": to, "subject": subject, "text": text})


def write_private(folder: Path, document: dict[str, str]) -> None:
    """A message as a JSON file, 0600, whole or not at all."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{new_id()}.json"
    partial = path.with_suffix(".partial")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(document, file, ensure_ascii=False, indent=1)
    partial.rename(path)


class _SmtpMailer:
    def __init__(self, app: Flask, server: MailServer) -> None:
        self.server = server
        app.config["MAIL_SERVER"], app.config["MAIL_PORT"] = server.host, server.port
        app.config["MAIL_USERNAME"], app.config["MAIL_PASSWORD"] = server.username, server.password
        app.config["MAIL_USE_SSL"], app.config["MAIL_USE_TLS"] = (
            server.scheme == "smtps",
            server.scheme == "smtp+starttls",
        )
        self.mail = flask_mail.Mail(app)

    def send(self, to: str, subject: str, text: str) -> None:
        """:raises NotDelivered: the server cannot be reached or refuses it."""
        message = flask_mail.Message(
            subject=subject, recipients=[to], body=text, sender=(SENDER_NAME, self.server.sender)
        )
        message.msgId = make_msgid(domain=self._domain)
        try:
            with _Connection(self.mail, self._domain) as connection:
                connection.send(message)
        except (OSError, smtplib.SMTPException) as error:
            raise NotDelivered(type(error).__name__) from None

    @property
    def _domain(self) -> str:
        return self.server.sender.rpartition("@")[2]


class _Connection(flask_mail.Connection):
    """Flask-Mail's, with a limit to waiting, and without this machine's name in the greeting."""

    def __init__(self, mail: flask_mail.Mail, domain: str) -> None:
        super().__init__(mail)
        self.domain = domain

    def configure_host(self) -> smtplib.SMTP:
        kind = smtplib.SMTP_SSL if self.mail.use_ssl else smtplib.SMTP
        host = kind(self.mail.server, self.mail.port, local_hostname=self.domain, timeout=TIMEOUT)
        if self.mail.use_tls:
            host.starttls()
        if self.mail.username and self.mail.password:
            host.login(self.mail.username, self.mail.password)
        return host
