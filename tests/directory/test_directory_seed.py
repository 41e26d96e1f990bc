"""The shipped directory fits the regulation, and a directory that does not is told so."""

from __future__ import annotations

import copy
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest
import yaml

from referral_hub.directory.seed import DirectoryFaults, DirectorySeed, load_directory, shipped_directory
from referral_hub.regulation.loader import shipped
from referral_hub.regulation.model import Regulation

SOURCE = files("referral_hub.directory").joinpath("data/quang_ninh.yaml").read_text("utf-8")
PLAIN = yaml.safe_load(SOURCE)
HOUSE = next(i for i, agency in enumerate(PLAIN["agencies"]) if agency["code"] == "anh-duong")


@pytest.fixture(scope="module")
def regulation() -> Regulation:
    return shipped()


@pytest.fixture(scope="module")
def directory(regulation: Regulation) -> DirectorySeed:
    return shipped_directory(regulation)


def test_every_service_that_a_referral_may_ask_for_has_a_provider(
    directory: DirectorySeed, regulation: Regulation
) -> None:
    offered = {service for agency in directory.agencies for service in agency.services}
    asked = {code for code, service in regulation.codes("essential_services").items() if service.raw["referable"]}
    assert asked <= offered


def test_parents_come_before_the_agencies_under_them(directory: DirectorySeed) -> None:
    seen: set[str | None] = {None}
    for agency in directory.agencies:
        assert agency.parent in seen
        seen.add(agency.code)


def test_the_house_has_separate_people_for_its_roles(directory: DirectorySeed) -> None:
    holders = {role: person.key for person in directory.agency("anh-duong").people for role in person.roles}
    needed = ["caseworker", "duty_supervisor", "agency_supervisor", "agency_head", "perpetrator_worker"]
    assert len({holders[role] for role in [*needed, "hotline_worker"]}) == 6


def test_every_role_is_held_by_somebody(directory: DirectorySeed, regulation: Regulation) -> None:
    held = {role for agency in directory.agencies for person in agency.people for role in person.roles}
    assert held == set(regulation.codes("roles"))


def test_who_receives_referrals_has_a_liaison_at_a_desk(directory: DirectorySeed) -> None:
    for agency in directory.agencies:
        liaisons = [person for person in agency.people if "liaison" in person.roles]
        assert bool(agency.desks) == bool(liaisons), agency.code
        assert all(person.desk for person in liaisons)


def test_statistics_only_agencies_offer_nothing_that_needs_case_data(
    directory: DirectorySeed, regulation: Regulation
) -> None:
    types, services = regulation.codes("agency_types"), regulation.codes("essential_services")
    for agency in directory.agencies:
        if types[agency.type].raw["data_access"] == "aggregate":
            assert not any(services[service].raw["referable"] for service in agency.services)


def test_only_the_hotline_shows_a_real_number(directory: DirectorySeed) -> None:
    real = [agency.code for agency in directory.agencies if not (agency.phone or "").startswith("0203000")]
    assert real == ["tong-dai"]
    assert directory.agency("tong-dai").phone == "18001769"


def test_the_house_keeps_its_parents_former_name(directory: DirectorySeed) -> None:
    house = directory.agency("anh-duong")
    assert house.parent is not None
    assert [former.label.vi for former in directory.agency(house.parent).former] == [
        "Trung tâm Công tác xã hội tỉnh Quảng Ninh"
    ]
    assert house.hours_document()["open24"] is True


Break = Callable[[dict[str, Any]], object]
BROKEN: list[tuple[str, str, Break]] = [
    ("unknown-type", "type", lambda a: a.update(type="casino", services=[], desks=a["desks"])),
    ("unknown-service", "services[0]", lambda a: a["services"].__setitem__(0, "X9")),
    ("service-not-of-type", "services[0]", lambda a: a["services"].__setitem__(0, "J5")),
    ("unknown-parent", "parent", lambda a: a.update(parent="nobody")),
    ("unknown-area", "areas[0]", lambda a: a.update(areas=["193"])),
    ("unknown-role", "people[0].roles[0]", lambda a: a["people"][0].update(roles=["king"])),
    ("unknown-desk", "people[0].desk", lambda a: a["people"][0].update(desk="cellar")),
    ("twice", "people[1].key", lambda a: a["people"][1].update(key=a["people"][0]["key"])),
    ("twice", "desks[2].code", lambda a: a["desks"].append(dict(a["desks"][0]))),
    ("unknown-service", "services[0]", lambda a: a["services"].__setitem__(0, {"S1": 1})),
    ("twice", "services[1]", lambda a: a["services"].__setitem__(1, a["services"][0])),
    ("missing", "en", lambda a: a.pop("en")),
    ("missing", "people[0].roles", lambda a: a["people"][0].update(roles=[])),
    ("unknown-key", "fax", lambda a: a.update(fax="1")),
    ("wrong-phone", "phone", lambda a: a.update(phone="12")),
    ("wrong-hours", "hours", lambda a: a["hours"].update(open24="yes")),
    ("wrong-hours", "hours", lambda a: a["hours"].update(weekly=[{"days": ["mon"], "from": "9", "to": "17:00"}])),
    ("wrong-code", "people[0].key", lambda a: a["people"][0].update(key="Lan Nguyễn")),
    ("wrong-day", "former[0].until", lambda a: a.update(former=[{"vi": "a", "en": "b", "until": "soon"}])),
    ("wrong-form", "areas", lambda a: a.update(areas="06685")),
    ("wrong-form", "desks[0].on_call", lambda a: a["desks"][0].update(on_call="yes")),
]


@pytest.mark.parametrize(("rule", "place", "damage"), BROKEN, ids=[f"{one[0]}-{one[1]}" for one in BROKEN])
def test_each_thing_that_does_not_fit_is_named_by_its_place(
    rule: str, place: str, damage: Break, regulation: Regulation
) -> None:
    plain = copy.deepcopy(PLAIN)
    damage(plain["agencies"][HOUSE])
    with pytest.raises(DirectoryFaults) as refused:
        load_directory(yaml.safe_dump(plain), regulation)
    assert [(fault.path, fault.rule) for fault in refused.value.faults] == [(f"agencies[{HOUSE}].{place}", rule)]
    assert all(fault.message.vi and fault.message.en for fault in refused.value.faults)


def test_an_agency_that_receives_referrals_needs_a_desk(regulation: Regulation) -> None:
    plain = copy.deepcopy(PLAIN)
    plain["agencies"][HOUSE].update(desks=[], people=[])
    with pytest.raises(DirectoryFaults) as refused:
        load_directory(yaml.safe_dump(plain), regulation)
    assert [fault.rule for fault in refused.value.faults] == ["desk-missing"]


def test_parents_that_go_round_in_a_circle_are_refused(regulation: Regulation) -> None:
    plain = copy.deepcopy(PLAIN)
    agencies = {agency["code"]: agency for agency in plain["agencies"]}
    agencies["so-y-te"]["parent"] = "anh-duong"
    with pytest.raises(DirectoryFaults) as refused:
        load_directory(yaml.safe_dump(plain), regulation)
    assert {fault.rule for fault in refused.value.faults} == {"parent-cycle"}
    assert len(refused.value.faults) == 3


@pytest.mark.parametrize(
    "text", ["", "agencies: []", "- 1", "agencies: 5", "a: [", "agencies: [1]", "agencies: [{a: 1, a: 2}]"]
)
def test_what_is_no_directory_is_refused_without_a_traceback(text: str, regulation: Regulation) -> None:
    with pytest.raises(DirectoryFaults) as refused:
        load_directory(text, regulation)
    assert refused.value.faults
