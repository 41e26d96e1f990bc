"""Typed settings, read once from the environment. Names are fixed in ``docs/interface.md``."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from referral_hub.kernel.errors import EnvironmentFault

DEFAULT_PUBLIC_URL = "http://localhost:8000"


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator may set. ``database_url`` None means: PostgreSQL from the wheel, under ``home``.

    ``proxies``: how many stand in front; so many addresses of ``X-Forwarded-For`` are believed, none by default.
    """

    home: Path
    database_url: str | None = None
    admin_database_url: str | None = None
    public_url: str = DEFAULT_PUBLIC_URL
    role_prefix: str = "hub"
    audit_dir: Path | None = None
    smtp_url: str | None = None
    sms_url: str | None = None
    proxies: int = 0

    @property
    def log_folder(self) -> Path:
        """Where the files of the log lie: ``audit_dir``, or ``audit`` in the home."""
        return self.audit_dir or self.home / "audit"

    @property
    def secure_cookies(self) -> bool:
        """Cookies travel over TLS alone as soon as the public address is https."""
        return self.public_url.startswith("https://")


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from ``environ`` (the process environment when not given).

    :raises EnvironmentFault: a value that cannot be used, with the name of its variable.
    """
    env = os.environ if environ is None else environ
    home = env.get("REFERRAL_HUB_HOME") or "~/.local/share/referral-hub"
    prefix = env.get("REFERRAL_HUB_ROLE_PREFIX") or "hub"
    if not prefix.isidentifier() or not prefix.islower() or len(prefix) > 40:
        raise EnvironmentFault(
            "REFERRAL_HUB_ROLE_PREFIX chỉ được gồm chữ thường, số và gạch dưới, tối đa 40 ký tự.",
            "REFERRAL_HUB_ROLE_PREFIX must be lower-case letters, digits and underscores, at most 40.",
        )
    audit_dir = env.get("REFERRAL_HUB_AUDIT_DIR")
    return Settings(
        home=_directory("REFERRAL_HUB_HOME", home),
        database_url=env.get("REFERRAL_HUB_DATABASE_URL") or None,
        admin_database_url=env.get("REFERRAL_HUB_ADMIN_DATABASE_URL") or None,
        public_url=_public_url(env.get("REFERRAL_HUB_PUBLIC_URL") or DEFAULT_PUBLIC_URL),
        role_prefix=prefix,
        audit_dir=_directory("REFERRAL_HUB_AUDIT_DIR", audit_dir) if audit_dir else None,
        smtp_url=env.get("REFERRAL_HUB_SMTP_URL") or None,
        sms_url=env.get("REFERRAL_HUB_SMS_URL") or None,
        proxies=_proxies(env.get("REFERRAL_HUB_PROXIES") or "0"),
    )


def _directory(variable: str, text: str) -> Path:
    try:
        return Path(text).expanduser().absolute()
    except (RuntimeError, ValueError) as error:  # "~somebody" whom this machine does not know
        raise EnvironmentFault(
            f"{variable} không phải thư mục dùng được: {text}.",
            f"{variable} is no directory that can be used: {text}.",
        ) from error


def _proxies(text: str) -> int:
    if text not in tuple("01234"):
        raise EnvironmentFault(
            "REFERRAL_HUB_PROXIES là số proxy đứng trước hub, từ 0 đến 4.",
            "REFERRAL_HUB_PROXIES is the number of proxies in front of the hub, 0 to 4.",
        )
    return int(text)


def _public_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        usable = usable and not (parts.query or parts.fragment or parts.username)
    except ValueError:
        usable = False
    if not usable:
        raise EnvironmentFault(
            "REFERRAL_HUB_PUBLIC_URL phải có dạng https://TÊN_MÁY[:CỔNG].",
            "REFERRAL_HUB_PUBLIC_URL must read https://HOST[:PORT].",
        )
    return text.rstrip("/")
