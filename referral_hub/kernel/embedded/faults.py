"""What can stand in the way of the built-in database, each as one sentence that says what to do."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from referral_hub.kernel.errors import EnvironmentFault

_DISK_FULL_ERRNO = frozenset({errno.ENOSPC, errno.EDQUOT})
_DISK_FULL_TEXT = ("No space left on device", "Disk quota exceeded")


def wheel_missing() -> EnvironmentFault:
    """The optional package with the PostgreSQL binaries is not installed."""
    return EnvironmentFault(
        vi=(
            "Chưa cài PostgreSQL đi kèm: hãy cài referral-hub[embedded], "
            "hoặc đặt REFERRAL_HUB_DATABASE_URL và REFERRAL_HUB_ADMIN_DATABASE_URL trỏ tới một máy chủ PostgreSQL."
        ),
        en=(
            "The built-in PostgreSQL is not installed: install referral-hub[embedded], "
            "or set REFERRAL_HUB_DATABASE_URL and REFERRAL_HUB_ADMIN_DATABASE_URL to a PostgreSQL server."
        ),
    )


def disk_full(place: Path) -> EnvironmentFault:
    """The file system of `place` has no room for the database."""
    return EnvironmentFault(
        vi=f"Ổ đĩa chứa {place} đã đầy: hãy giải phóng ít nhất 300 MB rồi khởi động lại.",
        en=f"The disk that holds {place} is full: free at least 300 MB, then start again.",
    )


def cannot_write(place: Path, reason: str) -> EnvironmentFault:
    """The directory cannot be made or written by this user."""
    return EnvironmentFault(
        vi=f"Không ghi được vào {place} ({reason}): hãy cấp quyền ghi, hoặc đặt REFERRAL_HUB_HOME sang chỗ ghi được.",
        en=f"Cannot write to {place} ({reason}): make it writable, or set REFERRAL_HUB_HOME to a directory that is.",
    )


def other_version(data: Path, found: str, shipped: str) -> EnvironmentFault:
    """The data directory was made by another major version of PostgreSQL."""
    return EnvironmentFault(
        vi=(
            f"Cơ sở dữ liệu trong {data} do PostgreSQL {found} tạo, còn bản này đi kèm PostgreSQL {shipped}: "
            "hãy sao lưu bằng phiên bản đã tạo ra nó rồi khôi phục bản sao lưu tại đây."
        ),
        en=(
            f"The database in {data} was made by PostgreSQL {found} and this hub brings PostgreSQL {shipped}: "
            "make a backup with the hub version that made it and restore that backup here."
        ),
    )


def passwords_missing(file: Path) -> EnvironmentFault:
    """The cluster exists but nobody knows its passwords any more."""
    return EnvironmentFault(
        vi=f"Cơ sở dữ liệu vẫn còn nhưng tệp mật khẩu {file} bị mất hoặc hỏng: hãy khôi phục tệp đó từ bản sao lưu.",
        en=f"The database exists but its password file {file} is missing or damaged: restore that file from a backup.",
    )


def no_system_user() -> EnvironmentFault:
    """Started as root, and there is no account to drop to."""
    return EnvironmentFault(
        vi=(
            "PostgreSQL không chạy bằng quyền root và không tìm thấy tài khoản hệ thống nào: hãy tạo tài khoản "
            "referral-hub, hoặc chạy bằng người dùng thường."
        ),
        en=(
            "PostgreSQL does not run as root and no system account was found for it: create one named referral-hub, "
            "or start the hub as an ordinary user."
        ),
    )


def unsafe_directory(place: Path) -> EnvironmentFault:
    """Somebody else made a directory under the name that was to be ours."""
    return EnvironmentFault(
        vi=f"{place} đã tồn tại nhưng thuộc người khác hoặc mở cho người khác: hãy xoá rồi khởi động lại.",
        en=f"{place} exists but belongs to somebody else or is open to others: remove it, then start again.",
    )


def start_failed(log: Path, last_line: str) -> EnvironmentFault:
    """PostgreSQL ended instead of starting."""
    return EnvironmentFault(
        vi=f"PostgreSQL không khởi động được ({last_line}): hãy xem {log}.",
        en=f"PostgreSQL did not start ({last_line}): look into {log}.",
    )


def busy(place: Path) -> EnvironmentFault:
    """Another process holds the lock for longer than any start takes, or still uses what is to be removed."""
    return EnvironmentFault(
        vi=f"Một tiến trình khác đang dùng cơ sở dữ liệu trong {place}: hãy chờ hoặc kết thúc nó rồi thử lại.",
        en=f"Another process is using the database in {place}: wait until it has ended, or end it, then try again.",
    )


def from_output(log: Path, output: str) -> EnvironmentFault:
    """The fault that the last words of PostgreSQL or initdb tell."""
    if any(text in output for text in _DISK_FULL_TEXT):
        return disk_full(log)
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if "FATAL" in line or "PANIC" in line or "error:" in line] or lines
    return start_failed(log, telling[-1][:200] if telling else "no message")


@contextmanager
def told(place: Path) -> Iterator[None]:
    """Turns an OSError on `place` into the fault that says what to do about it."""
    try:
        yield
    except OSError as error:
        if error.errno in _DISK_FULL_ERRNO:
            raise disk_full(place) from error
        raise cannot_write(place, error.strerror or type(error).__name__) from error
