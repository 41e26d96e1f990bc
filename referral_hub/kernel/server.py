"""Which PostgreSQL this home uses and how each role logs in to it."""

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict

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
        if role == "app" or urlsplit(self.app_url).username == f"{self.prefix}_{role}":  # an account with one role only
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
        if admin_url is not None:
            raise EnvironmentFault(
                "REFERRAL_HUB_ADMIN_DATABASE_URL cần đi cùng REFERRAL_HUB_DATABASE_URL: hãy đặt cả hai hoặc bỏ cả hai.",
                "REFERRAL_HUB_ADMIN_DATABASE_URL needs REFERRAL_HUB_DATABASE_URL beside it: set both or neither.",
            )
        embedded = ensure(home)
        passwords = {role: embedded.password(f"{prefix}_{role}") for role in LOGIN_ROLES}
        return Server(embedded.url(f"{prefix}_app", passwords["app"]), embedded.admin_url, prefix, passwords, embedded)
    app_url = _checked("REFERRAL_HUB_DATABASE_URL", database_url)
    admin_url = None if admin_url is None else _checked("REFERRAL_HUB_ADMIN_DATABASE_URL", admin_url)
    passwords = _kept_passwords(home)
    parts = urlsplit(app_url)
    if parts.username == f"{prefix}_app" and parts.password:
        passwords["app"] = unquote(parts.password)
    return Server(app_url, admin_url, prefix, passwords)


def _checked(variable: str, url: str) -> str:
    """The URL under the name by which every library knows PostgreSQL."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("postgresql", "postgres") and bool(parts.username) and parts.port != 0
        conninfo_to_dict(url)
    except (ValueError, psycopg.ProgrammingError):
        usable = False
    if not usable:
        raise EnvironmentFault(
            f"{variable} phải có dạng postgresql://VAI_TRÒ:MẬT_KHẨU@MÁY_CHỦ/CƠ_SỞ_DỮ_LIỆU.",
            f"{variable} must read postgresql://ROLE:PASSWORD@HOST/DATABASE.",
        )
    return urlunsplit(parts._replace(scheme="postgresql"))


def _with_login(url: str, role: str, password: str) -> str:
    parts = urlsplit(url)
    address = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{role}:{password}@{address}"))


def _kept_passwords(home: Path) -> dict[str, str]:
    """Passwords of the hub's roles on a server of one's own, kept in the home (0600), made when missing."""
    path = home / "keys" / "roles.json"
    kept: dict[str, str] = {}
    try:
        if path.exists():
            kept = {str(role): str(password) for role, password in json.loads(path.read_text("utf-8")).items()}
    except (OSError, ValueError, AttributeError) as error:
        raise EnvironmentFault(
            f"Tệp mật khẩu {path} hỏng hoặc không đọc được: hãy khôi phục nó từ bản sao lưu.",
            f"The password file {path} is damaged or unreadable: restore it from a backup.",
        ) from error
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
