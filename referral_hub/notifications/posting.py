"""What carries messages out of this process: set once where the hub is put together."""

from dataclasses import dataclass

from referral_hub.kernel.mail import Mailer
from referral_hub.kernel.sms import SmsGateway


@dataclass(frozen=True, slots=True)
class Post:
    """Mail, text messages, and where the portal is."""

    mailer: Mailer
    gateway: SmsGateway
    public_url: str


_current: Post | None = None


def use_post(post: Post) -> None:
    """From now on messages leave this way."""
    global _current
    _current = post


def current_post() -> Post:
    """:raises LookupError: the hub was not put together."""
    if _current is None:
        raise LookupError("no post")
    return _current
