"""What PostgreSQL says when the environment is at fault, in one sentence that says what to do."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.exc import DBAPIError

from referral_hub.kernel.errors import EnvironmentFault, Sentence

OLDEST_SERVER = 150000  # 15: security_invoker views

TOO_OLD = Sentence(
    "PostgreSQL này quá cũ: hãy dùng phiên bản 15 trở lên.", "This PostgreSQL is too old: use version 15 or newer."
)
UNREACHABLE = Sentence(
    "Không kết nối được PostgreSQL: hãy kiểm tra máy chủ đang chạy và địa chỉ trong REFERRAL_HUB_DATABASE_URL.",
    "PostgreSQL cannot be reached: check that the server runs and the address in REFERRAL_HUB_DATABASE_URL.",
)
BY_STATE = {
    "28P01": Sentence(
        "PostgreSQL từ chối mật khẩu: hãy sửa mật khẩu trong địa chỉ cơ sở dữ liệu.",
        "PostgreSQL refused the password: correct it in the database URL.",
    ),
    "28000": Sentence(
        "PostgreSQL không cho vai trò này đăng nhập: hãy kiểm tra tên vai trò và tệp pg_hba.conf.",
        "PostgreSQL does not let this role log in: check the role's name and pg_hba.conf.",
    ),
    "3D000": Sentence(
        "Chưa có cơ sở dữ liệu này trên máy chủ: hãy tạo nó rồi chạy lại.",
        "This database does not exist on the server: create it and run again.",
    ),
    "42501": Sentence(
        "Vai trò quản trị thiếu quyền: “db upgrade” cần một vai trò SUPERUSER,"
        " hoặc (từ PostgreSQL 16) CREATEROLE và BYPASSRLS, sở hữu cơ sở dữ liệu.",
        "The administrator's role lacks rights: `db upgrade` needs SUPERUSER,"
        " or (from PostgreSQL 16) CREATEROLE and BYPASSRLS and to own the database.",
    ),
    "42P01": Sentence(
        "Cơ sở dữ liệu chưa được chuẩn bị: hãy chạy “referral-hub db upgrade”.",
        "The database is not prepared: run `referral-hub db upgrade`.",
    ),
    "42883": Sentence(
        "Cơ sở dữ liệu chưa được chuẩn bị: hãy chạy “referral-hub db upgrade”.",
        "The database is not prepared: run `referral-hub db upgrade`.",
    ),
    "25006": Sentence(
        "PostgreSQL chỉ cho đọc (máy dự phòng?): hãy trỏ tới máy chủ chính.",
        "PostgreSQL is read-only (a standby?): point to the primary server.",
    ),
    "53100": Sentence(
        "Đĩa của PostgreSQL đã đầy: hãy giải phóng dung lượng rồi chạy lại.",
        "PostgreSQL's disk is full: free some space and run again.",
    ),
    "53300": Sentence(
        "PostgreSQL hết kết nối: hãy tăng max_connections hoặc giảm số tiến trình.",
        "PostgreSQL has no connection left: raise max_connections or run fewer processes.",
    ),
}


def environment_fault(error: psycopg.Error) -> EnvironmentFault | None:
    """The sentence for ``error`` if the environment is at fault, else None (then it is a bug or a refusal)."""
    sentence = BY_STATE.get(error.sqlstate or "")
    if sentence is None and isinstance(error, psycopg.OperationalError):
        text = str(error)
        if "password authentication failed" in text or "no password supplied" in text:
            sentence = BY_STATE["28P01"]
        elif "does not exist" in text and "database" in text:
            sentence = BY_STATE["3D000"]
        elif "does not exist" in text or "no pg_hba.conf entry" in text or "not permitted to log in" in text:
            sentence = BY_STATE["28000"]
        elif error.sqlstate is None or error.sqlstate.startswith(("08", "57")):
            sentence = UNREACHABLE
    return EnvironmentFault(sentence.vi, sentence.en) if sentence else None


@contextmanager
def environment_faults() -> Iterator[None]:
    """Turns what the database says about its environment into :class:`EnvironmentFault`; lets the rest pass."""
    try:
        yield
    except psycopg.Error as error:
        fault = environment_fault(error)
        if fault is None:
            raise
        raise fault from error
    except DBAPIError as error:
        fault = environment_fault(error.orig) if isinstance(error.orig, psycopg.Error) else None
        if fault is None:
            raise
        raise fault from error


def refuse_old_server(connection: psycopg.Connection) -> None:
    """:raises EnvironmentFault: the server is older than PostgreSQL 15."""
    if connection.info.server_version < OLDEST_SERVER:
        raise EnvironmentFault(TOO_OLD.vi, TOO_OLD.en)


def refuse_read_only(connection: psycopg.Connection) -> None:
    """:raises EnvironmentFault: transactions on this database cannot write: a standby, or set so by somebody."""
    if connection.execute("SHOW transaction_read_only").fetchone() == ("on",):
        sentence = BY_STATE["25006"]
        raise EnvironmentFault(sentence.vi, sentence.en)
