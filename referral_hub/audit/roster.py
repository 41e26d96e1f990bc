"""Who cosigns the checkpoints of this log, and how many of them seal one: the file ``witnesses.json``."""

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from referral_hub.audit.folder import PUBLIC_DIRECTORY, PUBLIC_FILE, make_directory, write_file
from referral_hub.audit.notes import COSIGNATURE, NoteError, VerifierKey, parse_vkey
from referral_hub.kernel.errors import EnvironmentFault, Invalid

log = logging.getLogger(__name__)

MOST = 16
"""The signed-note format asks every reader to accept 16 signatures at least; nobody may count on more."""


@dataclass(frozen=True, slots=True)
class Witness:
    """One who cosigns. ``url``: where checkpoints are sent (none: it fetches them itself); ``agency``: whose it is;
    ``operator``: it belongs to who runs this hub, so it never counts towards a seal."""

    name: str
    vkey: str
    url: str | None = None
    agency: str | None = None
    operator: bool = False

    @property
    def key(self) -> VerifierKey:
        """The public key by which its cosignatures are checked."""
        return parse_vkey(self.vkey)

    @property
    def voter(self) -> str:
        """Two witnesses of one agency have one voice."""
        return f"agency {self.agency}" if self.agency else f"witness {self.name}"


@dataclass(frozen=True, slots=True)
class Roster:
    """The witnesses, and the ``quorum``: how many agencies have to cosign before a checkpoint counts as sealed."""

    witnesses: tuple[Witness, ...] = ()
    quorum: int = 0

    @property
    def seals(self) -> bool:
        """Whether checkpoints are to be sealed at all. Not in the first year: then the printed line is the witness."""
        return self.quorum > 0 and bool(self.voters)

    @property
    def voters(self) -> Mapping[str, str]:
        """Name of a witness -> whose voice it is. The operator's own are not in it."""
        return {one.name: one.voter for one in self.witnesses if not one.operator}

    def find(self, name: str) -> Witness | None:
        """The witness of this name."""
        return next((one for one in self.witnesses if one.name == name), None)

    def with_witness(self, new: Witness) -> "Roster":
        """The roster with one more.

        :raises Invalid: its key is no cosigner's, its name or key is there already, an address that is no web address.
        """
        _check_key(new)
        _check_url(new.url)
        if any(one.name == new.name or one.key.public == new.key.public for one in self.witnesses):
            raise Invalid(
                "name",
                "Nhân chứng này, hoặc khóa này, đã có: mỗi nhân chứng một khóa riêng.",
                "This witness or this key is there already: each witness has a key of its own.",
            )
        if len(self.witnesses) >= MOST:
            raise Invalid("name", f"Tối đa {MOST} nhân chứng.", f"At most {MOST} witnesses.")
        return Roster((*self.witnesses, new), self.quorum)

    def without(self, name: str) -> "Roster":
        """The roster without the witness of this name.

        :raises Invalid: there is none, or too few would be left for the quorum.
        """
        if self.find(name) is None:
            raise Invalid("name", f"Không có nhân chứng “{name}”.", f"There is no witness “{name}”.")
        return Roster(tuple(one for one in self.witnesses if one.name != name)).with_quorum(self.quorum)

    def with_quorum(self, quorum: int) -> "Roster":
        """The roster with another quorum; 0: checkpoints are not sealed.

        :raises Invalid: more than the agencies whose voice counts.
        """
        count = len(set(self.voters.values()))
        if not 0 <= quorum <= count:
            raise Invalid(
                "quorum",
                f"Chỉ có {count} cơ quan làm chứng được tính (không tính đơn vị vận hành): hãy chọn từ 0 đến {count}.",
                f"{count} witnessing agencies count (not the operator's own): choose from 0 to {count}.",
            )
        return Roster(self.witnesses, quorum)


def read_roster(path: Path) -> Roster:
    """The roster in ``witnesses.json``; an empty one where there is no file.

    :raises EnvironmentFault: the file cannot be used.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return Roster()
    except OSError as error:
        raise _broken(path, str(error.strerror)) from error
    try:
        raw = json.loads(content.decode())
        found = tuple(_witness(one) for one in raw["witnesses"])
        roster = Roster()
        for one in found:
            roster = roster.with_witness(one)
        return roster.with_quorum(int(raw["quorum"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _broken(path, type(error).__name__) from error
    except Invalid as error:
        raise _broken(path, error.sentence.en) from error


def usable_roster(path: Path) -> Roster:
    """The roster, for what goes on without one: a file that cannot be used counts as none and is said in the log."""
    try:
        return read_roster(path)
    except EnvironmentFault as fault:
        log.error("%s", fault.sentence.en)
        return Roster()


def write_roster(path: Path, roster: Roster) -> None:
    """``roster`` into ``witnesses.json``, whole or not at all. It holds no secret."""
    make_directory(path.parent, PUBLIC_DIRECTORY)
    document = {"quorum": roster.quorum, "witnesses": [asdict(one) for one in roster.witnesses]}
    write_file(path, json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n", PUBLIC_FILE)


def _witness(raw: Mapping[str, Any]) -> Witness:
    for field in ("name", "vkey"):
        if not isinstance(raw[field], str):
            raise TypeError(field)
    if unknown := set(raw) - {"name", "vkey", "url", "agency", "operator"}:
        raise KeyError(*sorted(unknown))
    return Witness(raw["name"], raw["vkey"], raw.get("url"), raw.get("agency"), bool(raw.get("operator")))


def _check_key(new: Witness) -> None:
    try:
        key = new.key
    except NoteError as error:
        raise Invalid("vkey", "Dòng khóa không đúng dạng.", f"The key line cannot be used: {error}.") from error
    if key.type != COSIGNATURE:
        raise Invalid(
            "vkey",
            "Đây không phải khóa của nhân chứng (loại 0x04): hãy lấy dòng khóa do lệnh “witness new-key” in ra.",
            "This is no witness's key (type 0x04): take the line that “witness new-key” printed.",
        )
    if key.name != new.name:
        raise Invalid("name", f"Khóa này mang tên “{key.name}”.", f"This key carries the name “{key.name}”.")


def _check_url(url: str | None) -> None:
    if url is None:
        return
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        usable = usable and not (parts.query or parts.fragment or parts.username) and url.isascii() and " " not in url
    except ValueError:
        usable = False
    if not usable:
        raise Invalid(
            "url", "Địa chỉ phải có dạng https://TÊN_MÁY[:CỔNG][/…].", "The address must read https://HOST[:PORT][/...]."
        )


def _broken(path: Path, why: str) -> EnvironmentFault:
    return EnvironmentFault(
        f"Không dùng được danh sách nhân chứng {path} ({why}): hãy sửa hoặc bỏ tệp này, rồi dùng “log witness”.",
        f"The list of witnesses {path} cannot be used ({why}): mend or remove the file, then use “log witness”.",
    )
