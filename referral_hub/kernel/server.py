"""Which PostgreSQL this home uses and how each role logs in to it."""

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from referral_hub.kernel.embedded import EmbeddedServer, ensure
from referral_hub.kernel.errors import EnvironmentFault
from referral_hub.kernel.roles import ROLES

LOGIN_ROLES = tuple(name for name, attributes in ROLES.items() if attributes.startswith("LOGIN"))


@dataclass(frozen=True, slots=True)
class Server:
    """A PostgreSQL to work with. ``embedded`` is kept so that it stays in use while this object lives."""

    app_url: str
    admin_url: str | None
    prefix: str
    passwords: Mapping[str, str]
    embedded: EmbeddedServer | None = None

    def url(self, role: str) -> str:
        """The URL by which ``role`` (``app``, ``stat``, ``log``, ``auditor``, ``backup``) logs in."""
        if role == "app":
            return self.app_url
        if self.embedded is not None:
            return self.embedded.url(f"{self.prefix}_{role}", self.passwords[role])
        return _with_login(self.app_url, f"{self.prefix}_{role}", self.passwords[role])

    def require_admin_url(self) -> str:
        """:raises EnvironmentFault: no administrator's URL is configured."""
        if self.admin_url is None:
            raise EnvironmentFault(
                "Lệnh này cần REFERRAL_HUB_ADMIN_DATABASE_URL: địa chỉ của vai trò quản trị cơ sở dữ liệu.",
                "This command needs REFERRAL_HUB_ADMIN_DATABASE_URL: the URL of the database administrator's role.",
            )
        return self.admin_url


def open_server(home: Path, prefix: str, database_url: str | None, admin_url: str | None) -> Server:
    """The configured server; without a URL the one from the wheel, under ``home``, started when it does not run.

    :raises EnvironmentFault: it cannot be used, in one sentence that says what to do.
    """
    if database_url is None:
        embedded = ensure(home)
        passwords = {role: embedded.password(f"{prefix}_{role}") for role in LOGIN_ROLES}
        return Server(embedded.url(f"{prefix}_app", passwords["app"]), embedded.admin_url, prefix, passwords, embedded)
    parts = urlsplit(database_url)
    if parts.scheme not in ("postgresql", "postgres") or not parts.username:
        raise EnvironmentFault(
            "REFERRAL_HUB_DATABASE_URL phải có dạng postgresql://VAI_TRÒ:MẬT_KHẨU@MÁY_CHỦ/CƠ_SỞ_DỮ_LIỆU.",
            "REFERRAL_HUB_DATABASE_URL must read postgresql://ROLE:PASSWORD@HOST/DATABASE.",
        )
    passwords = _kept_passwords(home)
    if parts.username == f"{prefix}_app" and parts.password:
        passwords["app"] = unquote(parts.password)
    return Server(urlunsplit(parts._replace(scheme="postgresql")), admin_url, prefix, passwords)


def _with_login(url: str, role: str, password: str) -> str:
    parts = urlsplit(url)
    address = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{role}:{password}@{address}"))


def _kept_passwords(home: Path) -> dict[str, str]:
    """Passwords of the hub's roles on a server of one's own, kept in the home (0600), made when missing."""
    path = home / "keys" / "roles.json"
    kept: dict[str, str] = {}
    if path.exists():
        kept = json.loads(path.read_text("utf-8"))
    missing = {role: secrets.token_urlsafe(24) for role in LOGIN_ROLES if role not in kept}
    if missing:
        kept |= missing
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(kept, file)
        except OSError as error:
            raise EnvironmentFault(
                f"Không ghi được vào {path.parent}: hãy cấp quyền ghi hoặc đặt REFERRAL_HUB_HOME nơi khác.",
                f"Cannot write to {path.parent}: grant the right to write or point REFERRAL_HUB_HOME elsewhere.",
            ) from error
    return kept
