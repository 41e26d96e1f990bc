"""What is missing before a real name goes in: each check says in one sentence how it stands and what to do."""

import json
import shutil
import smtplib
import socket
import ssl
import stat
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from referral_hub.config import Settings
from referral_hub.installation import head_revision, keyring_file
from referral_hub.keeping.archive import LAST, LAST_DRILL
from referral_hub.keeping.paper import is_exported
from referral_hub.kernel.errors import HubError, Sentence
from referral_hub.kernel.roles import refuse_strong_role
from referral_hub.kernel.server import Server
from referral_hub.vault.keyring import load_keyring

LEAST_FREE = 2 << 30  # bytes
BACKUP_AGE = timedelta(hours=26)  # a nightly one, and two hours to make it
LATEST = timedelta(minutes=5)  # what worker and log may be behind
DRILL_AGE = timedelta(days=35)  # one a month
CLOCKS_APART = timedelta(seconds=5)
CERTIFICATE = timedelta(days=14)
WAIT_S = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """How one thing stands. ``ok`` None: it does not apply here."""

    name: str
    ok: bool | None
    sentence: Sentence


def good(vi: str, en: str) -> tuple[bool | None, Sentence]:
    """As it should be."""
    return True, Sentence(vi, en)


def bad(vi: str, en: str) -> tuple[bool | None, Sentence]:
    """Something is to be done; the sentence says what."""
    return False, Sentence(vi, en)


def aside(vi: str, en: str) -> tuple[bool | None, Sentence]:
    """It does not apply to this installation."""
    return None, Sentence(vi, en)


Outcome = tuple[bool | None, Sentence]


def examine(settings: Settings, server: Callable[[], Server], now: datetime) -> list[Finding]:
    """Every check, in the order in which somebody would mend them; one that fails never stops the others."""
    checks: list[tuple[str, Callable[[], Outcome]]] = [
        ("disk", lambda: disk(shutil.disk_usage(_existing(settings.home)).free)),
        ("database", lambda: database(server())),
        ("role", lambda: role(server())),
        ("clock", lambda: clocks(_database_now(server()), now)),
        ("keyring", lambda: keyring(settings.home)),
        ("keyring-exported", lambda: exported(settings.home)),
        ("backup", lambda: backup(settings.home, now)),
        ("drill", lambda: drill(settings.home, now)),
        ("worker", lambda: behind("worker", _worker_lag(server(), now))),
        ("log", lambda: behind("log run", _log_lag(server(), now))),
        ("mail", lambda: mail(settings.smtp_url)),
        ("sms", lambda: sms(settings.sms_url)),
        ("certificate", lambda: certificate(settings.public_url, now)),
    ]
    return [_finding(name, check) for name, check in checks]


def _finding(name: str, check: Callable[[], Outcome]) -> Finding:
    try:
        ok, sentence = check()
    except HubError as error:
        ok, sentence = False, error.sentence
    except (OSError, psycopg.Error) as error:
        what = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        ok, sentence = False, Sentence(f"Không kiểm tra được: {what}", f"Could not be checked: {what}")
    return Finding(name, ok, sentence)


def disk(free: int) -> Outcome:
    """Free space on the disk of the home, in bytes."""
    gib = f"{free / (1 << 30):.1f} GiB"
    if free < LEAST_FREE:
        return bad(f"Chỉ còn trống {gib}: hãy dọn hoặc mở rộng đĩa.", f"Only {gib} free: clean up or enlarge the disk.")
    return good(f"Đĩa còn trống {gib}.", f"{gib} free.")


def database(server: Server) -> Outcome:
    """It answers, and is at the revision of this version."""
    with psycopg.connect(server.app_url, connect_timeout=WAIT_S) as connection:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    if row is None or row[0] != head_revision():
        return bad("Cơ sở dữ liệu chưa ở bản này: hãy chạy “db upgrade”.", "Not at this version: run `db upgrade`.")
    return good(f"Cơ sở dữ liệu ở bản {row[0]}.", f"The database is at revision {row[0]}.")


def role(server: Server) -> Outcome:
    """The web's role is subject to every policy.

    :raises EnvironmentFault: it is too strong.
    """
    with psycopg.connect(server.app_url, connect_timeout=WAIT_S) as connection:
        refuse_strong_role(connection)
    return good("Vai trò ứng dụng chịu mọi chính sách hàng.", "The application role is subject to every policy.")


def clocks(database_now: datetime, here: datetime) -> Outcome:
    """The machine's clock and the database's agree; deadlines and signatures rest on them."""
    apart = abs(database_now - here)
    if apart > CLOCKS_APART:
        return bad(
            f"Đồng hồ máy và cơ sở dữ liệu lệch {apart.total_seconds():.0f} giây: hãy bật NTP.",
            f"The clocks of machine and database differ by {apart.total_seconds():.0f} s: switch NTP on.",
        )
    return good("Đồng hồ khớp.", "The clocks agree.")


def keyring(home: Path) -> Outcome:
    """It can be read, and by its owner alone.

    :raises EnvironmentFault: missing or damaged.
    """
    path = keyring_file(home)
    load_keyring(path)
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        return bad(f"Người khác đọc được {path}: chmod 600.", f"Others can read {path}: chmod 600.")
    return good("Tệp khóa đọc được, chỉ chủ sở hữu đọc.", "The keyring can be read, by its owner alone.")


def exported(home: Path) -> Outcome:
    """These very keys are on paper.

    :raises EnvironmentFault: the keyring is missing.
    """
    if not is_exported(home, load_keyring(keyring_file(home))):
        return bad(
            "Khóa hiện tại chưa có bản giấy: hãy chạy “keyring export” và cất các mảnh ở nhiều nơi.",
            "The present keys are not on paper: run `keyring export` and keep the shares in different places.",
        )
    return good("Khóa đã có bản giấy.", "The keys are on paper.")


def backup(home: Path, now: datetime) -> Outcome:
    """The last backup is of last night."""
    try:
        at = datetime.fromisoformat(json.loads((home / LAST).read_text("utf-8"))["at"])
    except FileNotFoundError:
        return bad("Chưa có bản sao lưu nào: hãy chạy “backup THƯ_MỤC”.", "No backup was made yet: run `backup DIR`.")
    except (ValueError, KeyError, TypeError):
        return bad(f"Tệp {LAST} hỏng: hãy sao lưu lại.", f"{LAST} is damaged: make a backup.")
    hours = (now - at).total_seconds() / 3600
    if now - at > BACKUP_AGE:
        return bad(f"Bản sao lưu cuối đã {hours:.0f} giờ.", f"The last backup is {hours:.0f} hours old.")
    return good(f"Bản sao lưu cuối cách đây {hours:.0f} giờ.", f"The last backup is {hours:.0f} hours old.")


def drill(home: Path, now: datetime) -> Outcome:
    """A backup was restored for a try within the last month, and all of it was there."""
    try:
        at = datetime.fromisoformat(json.loads((home / LAST_DRILL).read_text("utf-8"))["at"])
    except (OSError, ValueError, KeyError, TypeError):
        return bad(
            "Chưa diễn tập khôi phục lần nào: hãy chạy “backup drill THƯ_MỤC --key TỆP”.",
            "Restoring was never tried: run `backup drill DIR --key FILE`.",
        )
    days = (now - at).days
    if now - at > DRILL_AGE:
        return bad(f"Lần diễn tập khôi phục cuối đã {days} ngày.", f"Restoring was last tried {days} days ago.")
    return good(f"Lần diễn tập khôi phục cuối cách đây {days} ngày.", f"Restoring was last tried {days} days ago.")


def behind(what: str, lag_s: float) -> Outcome:
    """How long the oldest due work has waited, in seconds."""
    if lag_s > LATEST.total_seconds():
        return bad(
            f"“{what}” chậm {lag_s:.0f} giây: tiến trình có đang chạy không?",
            f"`{what}` is {lag_s:.0f} s behind: is it running?",
        )
    return good(f"“{what}” theo kịp ({lag_s:.0f} giây).", f"`{what}` keeps up ({lag_s:.0f} s).")


def mail(url: str | None) -> Outcome:
    """The mail server answers."""
    if url is None:
        return bad("Chưa đặt REFERRAL_HUB_SMTP_URL: thông báo chỉ nằm trong tệp.", "REFERRAL_HUB_SMTP_URL is not set.")
    parts = urlsplit(url)
    kind = smtplib.SMTP_SSL if parts.scheme == "smtps" else smtplib.SMTP
    try:
        with kind(
            parts.hostname or "", parts.port or (465 if parts.scheme == "smtps" else 25), timeout=WAIT_S
        ) as server:
            server.noop()
    except (OSError, smtplib.SMTPException) as error:
        return bad(f"Máy chủ thư không trả lời: {error}", f"The mail server does not answer: {error}")
    return good("Máy chủ thư trả lời.", "The mail server answers.")


def sms(url: str | None) -> Outcome:
    """The gateway can be reached."""
    if url is None:
        return aside("Không dùng tin nhắn SMS.", "Text messages are not used.")
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    with socket.create_connection((parts.hostname or "", port), timeout=WAIT_S):
        return good("Cổng SMS kết nối được.", "The SMS gateway can be reached.")


def certificate(public_url: str, now: datetime) -> Outcome:
    """The portal's certificate holds for two more weeks."""
    parts = urlsplit(public_url)
    if parts.scheme != "https":
        return bad(
            "REFERRAL_HUB_PUBLIC_URL không phải https: chỉ dùng để thử.",
            "REFERRAL_HUB_PUBLIC_URL is not https: for trying out only.",
        )
    host = parts.hostname or ""
    with (
        socket.create_connection((host, parts.port or 443), timeout=WAIT_S) as line,
        ssl.create_default_context().wrap_socket(line, server_hostname=host) as secured,
    ):
        found = secured.getpeercert() or {}
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(found.get("notAfter"))), UTC)
    days = (ends - now).days
    if ends - now < CERTIFICATE:
        return bad(f"Chứng chỉ TLS còn {days} ngày: hãy gia hạn.", f"The certificate ends in {days} days: renew it.")
    return good(f"Chứng chỉ TLS còn {days} ngày.", f"The certificate holds for {days} days.")


def _existing(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path


def _database_now(server: Server) -> datetime:
    with psycopg.connect(server.app_url, connect_timeout=WAIT_S) as connection:
        row = connection.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None
    found: datetime = row[0]
    return found


def _worker_lag(server: Server, now: datetime) -> float:
    with psycopg.connect(server.app_url, connect_timeout=WAIT_S) as connection:
        row = connection.execute("SELECT worker_lag(%s)", [now]).fetchone()
    return float(row[0] or 0) if row else 0.0


def _log_lag(server: Server, now: datetime) -> float:
    with psycopg.connect(server.url("log"), connect_timeout=WAIT_S) as connection:
        row = connection.execute("SELECT min(queued_at) FROM audit_queue").fetchone()
    if row is None or row[0] is None:
        return 0.0
    oldest: datetime = row[0]
    return max(0.0, (now - oldest).total_seconds())
