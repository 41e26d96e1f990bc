"""When a checkpoint counts as sealed, and who may be on the roster of witnesses."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referral_hub.audit.notes import ED25519, generate
from referral_hub.audit.roster import MOST, Roster, Witness, read_roster, write_roster
from referral_hub.audit.seals import is_alarm, is_sealed, sealed_size, unsealed_s
from referral_hub.kernel.errors import EnvironmentFault, Invalid
from tests.audit.small_log import a_cosigner

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)


def a_witness(name: str, agency: str | None = None, operator: bool = False) -> Witness:
    return a_cosigner(name, agency=agency, operator=operator).witness


POLICE, HEALTH, JUSTICE = (a_witness(f"{name}.example", name) for name in ("police", "health", "justice"))
OWN = a_witness("own.example", "house", operator=True)
POLICE_TOO = a_witness("police-2.example", "police")


def roster(*witnesses: Witness, quorum: int) -> Roster:
    made = Roster()
    for one in witnesses:
        made = made.with_witness(one)
    return made.with_quorum(quorum)


def test_a_checkpoint_is_sealed_when_enough_agencies_have_cosigned_it() -> None:
    three = roster(POLICE, HEALTH, JUSTICE, quorum=2)
    assert not is_sealed([], three)
    assert not is_sealed(["police.example"], three)
    assert is_sealed(["police.example", "justice.example"], three)


def test_the_operators_own_witness_never_counts() -> None:
    four = roster(POLICE, HEALTH, OWN, quorum=2)
    assert not is_sealed(["police.example", "own.example"], four)
    assert is_sealed(["police.example", "own.example", "health.example"], four)


def test_two_witnesses_of_one_agency_have_one_voice() -> None:
    three = roster(POLICE, POLICE_TOO, HEALTH, quorum=2)
    assert not is_sealed(["police.example", "police-2.example"], three)


def test_a_witness_that_left_the_roster_or_signs_twice_counts_for_nothing_more() -> None:
    two = roster(POLICE, HEALTH, quorum=2)
    assert not is_sealed(["police.example", "police.example", "justice.example"], two)


def test_without_a_quorum_nothing_is_sealed_and_nothing_waits_to_be() -> None:
    none = roster(POLICE, quorum=0)
    assert not is_sealed(["police.example"], none)
    assert unsealed_s(NOW - timedelta(days=300), none, NOW) is None
    assert unsealed_s(NOW, Roster(), NOW) is None
    assert not is_alarm(None)


def test_what_waits_is_as_old_as_the_oldest_entry_that_is_not_covered() -> None:
    one = roster(POLICE, quorum=1)
    assert unsealed_s(None, one, NOW) == 0
    assert unsealed_s(NOW - timedelta(minutes=59), one, NOW) == 3540
    assert unsealed_s(NOW + timedelta(seconds=3), one, NOW) == 0
    assert not is_alarm(3600)
    assert is_alarm(3601)


@given(st.dictionaries(st.integers(0, 1000), st.sets(st.sampled_from(["police.example", "own.example", "x"]))))
def test_the_largest_sealed_head_is_one_of_those_given(heads: dict[int, set[str]]) -> None:
    two = roster(POLICE, OWN, quorum=1)
    found = sealed_size(heads, two)
    assert found == max((size for size, names in heads.items() if "police.example" in names), default=None)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "audit" / "witnesses.json"
    assert read_roster(path) == Roster()
    made = roster(POLICE, OWN, quorum=1)
    write_roster(path, made)
    assert read_roster(path) == made
    assert path.stat().st_mode & 0o777 == 0o644


def test_the_quorum_is_never_more_than_the_agencies_that_count() -> None:
    with pytest.raises(Invalid):
        roster(POLICE, POLICE_TOO, OWN, quorum=2)
    with pytest.raises(Invalid):
        roster(POLICE, HEALTH, quorum=2).without("police.example")
    assert roster(POLICE, HEALTH, quorum=1).without("police.example").quorum == 1


def test_one_key_is_one_witness() -> None:
    renamed = a_witness("other.example")
    same_key = Witness("again.example", str(type(POLICE.key)("again.example", POLICE.key.type, POLICE.key.public)))
    for bad in (POLICE, same_key, Witness("police.example", renamed.vkey)):
        with pytest.raises(Invalid):
            roster(POLICE, bad, quorum=0)


def test_a_log_key_or_a_broken_line_is_no_witness() -> None:
    for vkey in ("", "x", str(generate("w.example", ED25519)[1]), POLICE.vkey[:-2], POLICE.vkey + "\n"):
        with pytest.raises(Invalid):
            Roster().with_witness(Witness("w.example", vkey))


@pytest.mark.parametrize("url", ["", "ftp://x", "file:///etc/passwd", "http://", "https://u:p@x", "http://x/?q", "x"])
def test_an_address_is_a_web_address(url: str) -> None:
    with pytest.raises(Invalid):
        Roster().with_witness(Witness(POLICE.name, POLICE.vkey, url))


def test_no_more_witnesses_than_every_reader_accepts() -> None:
    full = roster(*(a_witness(f"w{n}.example") for n in range(MOST)), quorum=0)
    with pytest.raises(Invalid):
        full.with_witness(POLICE)


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"x", b"[]", b"{}", b"\xff", b'{"witnesses": [], "quorum": 1}', b'{"witnesses": [{}], "quorum": 0}'),
        json.dumps({"witnesses": [{"name": 1, "vkey": "x"}], "quorum": 0}).encode(),
        json.dumps({"witnesses": [{"name": POLICE.name, "vkey": POLICE.vkey, "uri": "x"}], "quorum": 0}).encode(),
        json.dumps({"witnesses": [{"name": POLICE.name, "vkey": POLICE.vkey, "url": 7}], "quorum": 0}).encode(),
    ],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "witnesses.json"
    path.write_bytes(content)
    with pytest.raises(EnvironmentFault) as raised:
        read_roster(path)
    assert str(path) in raised.value.sentence.vi
