"""How a text message leaves the hub: an HTTP gateway, or files under ``HOME/outbox/sms`` where none is configured."""

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Protocol

from referral_hub.kernel.errors import EnvironmentFault
from referral_hub.kernel.mail import TIMEOUT, NotDelivered, write_private


class SmsGateway(Protocol):
    """Sends one short text to one number."""

    def send(self, to: str, text: str) -> None: ...


class FileGateway:
    """Writes each message to a file: for the demo, for tests, and for a modem that picks files up."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, to: str, text: str) -> None:
        """:raises OSError: the disk does not take it."""
        write_private(self.folder, {"to": to, "text": text})


class HttpGateway:
    """POSTs ``{"to", "text"}`` as JSON; any status of 200 to 299 means that the gateway took it."""

    def __init__(self, url: str) -> None:
        self.url = url

    def send(self, to: str, text: str) -> None:
        """:raises NotDelivered: the gateway cannot be reached or refuses it."""
        body = json.dumps({"to": to, "text": text}, ensure_ascii=False).encode()
        request = urllib.request.Request(self.url, body, {"Content-Type": "application/json; charset=utf-8"})
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT):
                pass
        except (OSError, urllib.error.URLError) as error:
            raise NotDelivered(type(error).__name__) from None


def gateway(url: str | None, home: Path) -> SmsGateway:
    """The configured gateway, or files.

    :raises EnvironmentFault: not an http or https address.
    """
    if url is None:
        return FileGateway(home / "outbox" / "sms")
    if not url.startswith(("http://", "https://")):
        raise EnvironmentFault(
            "REFERRAL_HUB_SMS_URL phải bắt đầu bằng https:// (hoặc http://).",
            "REFERRAL_HUB_SMS_URL must begin with https:// (or http://).",
        )
    return HttpGateway(url)
