"""Restoring a backup onto an empty machine: everything is checked before anything is touched.

Then the database, the home and the log come back; the log takes up what was published after the dump; what was erased
since is erased again before anybody can sign in.
"""

import hashlib
import json
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from referral_hub.audit.acts import Act
from referral_hub.audit.folder import Folder
from referral_hub.audit.milestones import CHECK_LETTERS
from referral_hub.audit.notes import decode64
from referral_hub.audit.recovery import recover
from referral_hub.audit.stored import stored_size, stored_tree
from referral_hub.audit.tree import root_at
from referral_hub.installation import keyring_file, upgrade
from referral_hub.keeping import archive, envelope
from referral_hub.keeping.paper import fingerprint
from referral_hub.keeping.rows import counted, different
from referral_hub.kernel.errors import EnvironmentFault, HubError
from referral_hub.kernel.roles import lend_schemas, make_roles, take_schemas_back
from referral_hub.kernel.server import Server
from referral_hub.vault.keyring import load_keyring


class RestoreRefused(HubError):
    """This backup is not restored here. ``code`` says why; nothing was touched unless the sentence says so."""

    code = "restore-refused"

    def __init__(self, code: str, vi: str, en: str, **details: Any) -> None:
        super().__init__(vi, en, **details)
        self.code = code


@dataclass(frozen=True, slots=True)
class Milestone:
    """A printed line of the log, as somebody outside kept it."""

    origin: str
    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Restored:
    """``recovered``: entries of the log brought back from what was published after the dump; ``erased``: subjects of
    whom something was erased once more; ``rows``: of each table, as dumped and as loaded."""

    made_at: str
    revision: str
    log_size: int
    recovered: int
    erased: int
    rows: Mapping[str, int]


def milestone(line: str) -> Milestone:
    """A milestone as it is typed in.

    :raises RestoreRefused: no such line, or its check code does not fit (a typing error).
    """
    words = line.split()
    try:
        origin, size, check = words[0], int(words[1]), words[-1]
        root = "".join(words[2:-1])
        fits = hashlib.sha256(f"{origin} {size} {root}".encode()).hexdigest()[:CHECK_LETTERS] == check
        found = Milestone(origin, size, decode64(root))
    except (IndexError, ValueError) as error:
        raise _no_milestone() from error
    if not fits:
        raise _no_milestone()
    return found


def restore(
    source: Path,
    home: Path,
    log: Folder,
    private: bytes,
    open_server: Callable[[], Server],
    *,
    known: Milestone | None = None,
    now: datetime,
) -> Restored:
    """Restore ``source`` into an empty home, whose keyring was brought back from its paper shares first.

    :param open_server: opens the server that takes the database; called only after every check.
    :param known: a milestone that somebody outside kept; the restored log has to contain it.
    :raises RestoreRefused: the backup is damaged or for another key, the home is not empty, the keyring is another
        one, or the log is older than what is known outside.
    """
    manifest = _checked(source, private)
    _demand_empty(home)
    ring = load_keyring(keyring_file(home))
    if fingerprint(ring.keys) != manifest["keyring"]:
        raise RestoreRefused(
            "keyring",
            "Tệp khóa ở đây không phải của bản sao lưu này: hãy nhập lại đúng các mảnh khóa.",
            "The keyring here is not that of this backup: import the right shares.",
        )
    with tempfile.TemporaryDirectory(dir=home) as scratch:
        opened = Path(scratch)
        for name in archive.FILES:
            _open(source / name, opened / name, name, private)
        _unpack(opened / archive.HOME, home)
        log.root.mkdir(parents=True, exist_ok=True)
        if not log.checkpoint.exists():  # the log's own disk may have survived: then it is newer
            _unpack(opened / archive.LOG, log.root)
        server = open_server()
        rows: dict[str, int] = json.loads((opened / archive.ROWS).read_bytes())
        _load(server, opened / archive.DUMP, rows)
    admin_url = server.require_admin_url()
    recovered = 0
    if (log.signing / "memory.json").exists() or log.checkpoint.exists():
        recovered = recover(admin_url, f"{server.prefix}_owner", log, now=now).imported
    with psycopg.connect(admin_url, connect_timeout=10) as connection:
        size = stored_size(connection)
        if known is not None:
            _demand(connection, size, known)
        erased = _erase_again(connection)
    revision = upgrade(server, home)
    return Restored(str(manifest["made_at"]), revision, size, recovered, erased, rows)


def _checked(source: Path, private: bytes) -> dict[str, Any]:
    """The manifest of a backup whose files are all there and whole, and sealed for this key."""
    try:
        manifest: dict[str, Any] = json.loads((source / archive.MANIFEST).read_text("utf-8"))
        listed = {name: str(one["sha256"]) for name, one in manifest["files"].items()}
        complete = set(listed) == set(archive.FILES) and manifest["format"] == archive.FORMAT
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _no_backup(source) from error
    if not complete:
        raise _no_backup(source)
    for name, expected in listed.items():
        if not (source / name).is_file() or archive.digest(source / name) != expected:
            raise _damaged(name)
    if manifest.get("recipient") != envelope.public_of(private).hex():
        raise RestoreRefused(
            "wrong-key",
            "Khóa này không mở được bản sao lưu: bản này được niêm phong cho khóa khác.",
            "This key does not open the backup: it was sealed for another one.",
        )
    for name in listed:  # opened once to the end before anything is touched
        try:
            with (source / name).open("rb") as file:
                for _chunk in envelope.opened(file, name, private):
                    pass
        except envelope.Damaged as error:
            raise _damaged(name) from error
    return manifest


def _demand_empty(home: Path) -> None:
    allowed = {"keys"}
    inside = {path.name for path in home.iterdir()} if home.exists() else set()
    keys = {path.name for path in (home / "keys").iterdir()} if (home / "keys").is_dir() else set()
    if inside - allowed - {"audit"} or keys - {"keyring.json", "exported.json"}:
        raise RestoreRefused(
            "not-empty",
            f"{home} không trống: chỉ khôi phục vào nơi chỉ có tệp khóa (keys/keyring.json).",
            f"{home} is not empty: restore only where there is nothing but the keyring (keys/keyring.json).",
        )


def _open(sealed: Path, target: Path, name: str, private: bytes) -> None:
    with sealed.open("rb") as file, target.open("wb") as out:
        for chunk in envelope.opened(file, name, private):
            out.write(chunk)


def _unpack(packed: Path, target: Path) -> None:
    with tarfile.open(packed) as content:
        content.extractall(target, filter="data")
    signing = target / "signing"
    if signing.is_dir():
        signing.chmod(0o700)
    for secret in (*target.glob("keys/*"), *target.glob("signing/*")):
        secret.chmod(0o600)


def _load(server: Server, dump: Path, rows: Mapping[str, int]) -> None:
    """The roles of this server, then the dump in one transaction; every table has to have the rows that were dumped."""
    admin_url = server.require_admin_url()
    with psycopg.connect(admin_url, connect_timeout=10) as connection:
        if connection.execute("SELECT to_regclass('public.alembic_version')").fetchone() != (None,):
            raise RestoreRefused(
                "not-empty", "Cơ sở dữ liệu này không trống.", "This database is not empty: nothing was loaded."
            )
        make_roles(connection, server.prefix, server.passwords)
        lend_schemas(connection, server.prefix)
    where, environment = archive.connection_of(admin_url)
    command = [archive.program("pg_restore"), "--exit-on-error", "--single-transaction", "--no-password", *where]
    done = subprocess.run([*command, str(dump)], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise EnvironmentFault(
            f"pg_restore không thành công: {said[0] if said else ''}", f"pg_restore failed: {said[0] if said else ''}"
        )
    with psycopg.connect(admin_url, connect_timeout=10) as connection:
        take_schemas_back(connection, server.prefix)
        table = different(rows, counted(connection))
    if table is not None:
        raise RestoreRefused(
            "rows",
            f"Bảng {table} không đủ số dòng như khi sao lưu. Chưa mở hệ thống: hãy dùng bản khác.",
            f"The table {table} has not the rows that were backed up. Do not open the hub: use another copy.",
            table=table,
        )


def _demand(connection: psycopg.Connection[Any], size: int, known: Milestone) -> None:
    """The log contains what was printed.

    :raises RestoreRefused: it is shorter, or another one.
    """
    if known.size > size:
        raise RestoreRefused(
            "older",
            f"Bản sao lưu cũ hơn mốc đã in: nhật ký có {size} mục, mốc có {known.size}. Chưa mở hệ thống. Hãy tìm bản"
            " sao lưu mới hơn, hoặc tệp nhật ký đã công bố rồi chạy “log recover”; nếu không còn: “log new-origin”.",
            f"The backup is older than the printed milestone: {size} entries, the milestone has {known.size}. Do not"
            " open the hub: find a newer backup, or the published files and `log recover`; else `log new-origin`.",
            found=size,
            known=known.size,
        )
    if known.size and root_at(known.size, stored_tree(connection, size)) != known.root:
        raise RestoreRefused(
            "another-log",
            "Nhật ký trong bản sao lưu không phải nhật ký của mốc đã in. Chưa mở hệ thống.",
            "The log in the backup is not that of the printed milestone. The hub was not opened.",
        )


def _erase_again(connection: psycopg.Connection[Any]) -> int:
    """What the log says was erased and an older dump brought back: payload keys of subjects, parts of records. How many
    subjects."""
    rows = connection.execute(
        "SELECT DISTINCT k.subject FROM data_key k JOIN audit_entry e ON e.subject = k.subject"
        " WHERE k.category = '_audit' AND e.kind = 'erasure'"
        " AND convert_from(e.envelope, 'UTF8')::jsonb ->> 'act' = %s",
        [Act.PAYLOADS_ERASED.value.code],
    ).fetchall()
    if rows:
        # what erased them is in the log already, with its approval: this is the same erasure, not another one
        connection.execute("SET LOCAL session_replication_role = replica")
    for (subject,) in rows:
        connection.execute("DELETE FROM data_key WHERE subject = %s AND category = '_audit'", [subject])
        connection.execute(
            "DELETE FROM audit_payload p USING audit_entry e WHERE e.uid = p.entry_uid AND e.subject = %s", [subject]
        )
    parts = _erase_parts_again(connection)
    connection.commit()
    return len({subject for (subject,) in rows} | parts)


def _erase_parts_again(connection: psycopg.Connection[Any]) -> set[UUID]:
    """Parts of records that the log says were erased (the envelope names the category), as far as they were written
    before; what was written anew since stays. The subjects that had any."""
    said = connection.execute(
        "SELECT e.subject, j ->> 'why', (j ->> 'at')::timestamptz FROM audit_entry e"
        " CROSS JOIN LATERAL (SELECT convert_from(e.envelope, 'UTF8')::jsonb AS j) AS said"
        " WHERE e.kind = 'erasure' AND j ->> 'act' = %s",
        [Act.CATEGORY_ERASED.value.code],
    ).fetchall()
    if said:
        connection.execute("SET LOCAL session_replication_role = replica")
    found = set()
    for subject, category, at in said:
        about = {"subject": subject, "category": category, "at": at}
        which = "WHERE subject = %(subject)s AND category = %(category)s"
        connection.execute(f"DELETE FROM case_section_history {which} AND written_at <= %(at)s", about)
        connection.execute(f"DELETE FROM case_section {which} AND written_at <= %(at)s", about)
        gone = connection.execute(
            f"DELETE FROM data_key {which} AND NOT EXISTS (SELECT 1 FROM case_section {which})", about
        )
        if gone.rowcount:
            connection.execute(f"DELETE FROM search_mark {which}", about)
            found.add(subject)
    return found


def _no_backup(source: Path) -> RestoreRefused:
    return RestoreRefused(
        "no-backup", f"{source} không phải bản sao lưu đọc được.", f"{source} is no backup that can be read."
    )


def _damaged(name: str) -> RestoreRefused:
    return RestoreRefused(
        "damaged",
        f"Tệp {name} của bản sao lưu bị hỏng: hãy dùng một bản khác.",
        f"The file {name} of the backup is damaged: use another copy.",
        file=name,
    )


def _no_milestone() -> RestoreRefused:
    return RestoreRefused(
        "no-milestone", "Dòng mốc nhật ký gõ chưa đúng.", "The milestone was not typed as it is printed."
    )
