"""The indicators of a regulation, as conditions over facts that its records have."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any as AnyValue

from referral_hub.kernel.errors import Invalid
from referral_hub.regulation.conditions import All, Any, Condition, Test, parse_condition
from referral_hub.regulation.labels import Label
from referral_hub.regulation.model import Regulation

Raw = Mapping[str, AnyValue]

ALWAYS = All(())
NEVER = Any(())
#: times of which only a person's first counts begin with this word (the regulation's header of `statistics`)
FIRST = "first_"

#: facts that follow from the code of another one: fact -> (that other fact, list of its codes, field of the entry)
DERIVED: Mapping[str, tuple[str, str, str]] = {
    "recipient_sector": ("recipient_type", "agency_types", "sector"),
    "reason_must_redirect": ("decline_reason", "decline_reasons", "must_redirect"),
}


@dataclass(frozen=True, slots=True)
class Tally:
    """Records of the kind ``of`` whose time ``at`` lies in the period and for which ``where`` holds.

    ``distinct``: not the records but the persons (``survivor``, ``perpetrator``) in them are counted.
    """

    of: str
    at: str
    distinct: str | None
    where: Condition

    @property
    def family(self) -> tuple[str, str, str | None]:
        """Tallies of one family count the same things, so that one may be a part of another."""
        return self.of, self.at, self.distinct

    @property
    def only_first(self) -> bool:
        """Only the first of a person's matching records counts, and only if it lies in the period."""
        return self.distinct is not None and self.at.startswith(FIRST)


@dataclass(frozen=True, slots=True)
class Indicator:
    """A count (``whole`` is None), or the ``counted`` part of ``whole`` in percent."""

    code: str
    label: Label
    unit: str
    counted: Tally
    whole: Tally | None

    @property
    def tallies(self) -> tuple[Tally, ...]:
        """What has to be counted for it: the part first."""
        return (self.counted,) if self.whole is None else (self.counted, self.whole)


def release(regulation: Regulation, audience: str) -> Raw:
    """What the regulation says about an audience.

    :raises Invalid: it knows no such audience.
    """
    for entry in regulation.raw["statistics"]["release"]:
        if entry["code"] == audience:
            found: Raw = entry
            return found
    raise Invalid("audience", f"Không có đối tượng nhận báo cáo “{audience}”.", f"There is no audience “{audience}”.")


def suppresses(regulation: Regulation, audience: str) -> bool:
    """Whether small numbers are hidden from this audience."""
    return bool(release(regulation, audience)["small_cells"] == "suppress")


def asks_consent(regulation: Regulation, audience: str, unit: str) -> bool:
    """Whether only records whose subject agreed to statistics may enter figures of this unit."""
    needed = regulation.raw["statistics"]["consent_needed"]
    return audience in needed["audiences"] and bool(needed.get(unit, False))


def indicators(regulation: Regulation, audience: str, facts_of: Mapping[str, Collection[str]]) -> tuple[Indicator, ...]:
    """The counts and ratios without ``by`` of kinds of record that are kept, in the order of the regulation.

    :param facts_of: kind of record -> the facts and times its records have; conditions come out over these alone.
    :raises Invalid: an unknown audience.
    """
    release(regulation, audience)
    return tuple(_read(regulation, audience, facts_of))


def _read(regulation: Regulation, audience: str, facts_of: Mapping[str, Collection[str]]) -> Iterator[Indicator]:
    for raw in regulation.raw["statistics"]["indicators"]:
        formula: Raw | None = raw.get("count", raw.get("ratio"))
        if formula is None or "by" in formula or formula["at"] not in facts_of.get(formula["of"], ()):
            continue
        if formula.get("distinct") not in (None, *facts_of[formula["of"]]):
            continue
        common = _entering(regulation, audience, raw)
        names = ("part", "whole") if "ratio" in raw else ("where",)
        parts = [parse_condition(formula[name], regulation.facts) for name in names if name in formula]

        def tally(*conditions: Condition, formula: Raw = formula, common: tuple[Condition, ...] = common) -> Tally:
            where = resolved(All((*common, *conditions)), regulation, facts_of[formula["of"]])
            return Tally(formula["of"], formula["at"], formula.get("distinct"), where)

        whole = tally(parts[1]) if "ratio" in raw else None
        yield Indicator(raw["code"], Label(raw["vi"], raw["en"]), raw["unit"], tally(*parts), whole)


def _entering(regulation: Regulation, audience: str, raw: Raw) -> tuple[Condition, ...]:
    """Whether imported rows count, and whose records may enter the tables of this audience."""
    conditions: list[Condition] = []
    if not raw["imported"]:
        conditions.append(Test("imported", "is", False))
    if asks_consent(regulation, audience, raw["unit"]):
        accepted: list[Condition] = [Test("statistics_consent", "is", "given")]
        if not regulation.raw["statistics"]["consent_needed"]["imported"]:
            accepted.append(Test("imported", "is", True))
        conditions.append(Any(tuple(accepted)))
    return tuple(conditions)


def resolved(condition: Condition, regulation: Regulation, known: Collection[str]) -> Condition:
    """The same condition over the facts ``known`` alone: derived facts become lists of codes of the fact they follow
    from, and a fact that these records do not have is one that nobody has stated."""
    if isinstance(condition, Test):
        return _resolved_test(condition, regulation, known)
    parts = tuple(resolved(part, regulation, known) for part in condition.parts)
    return All(parts) if isinstance(condition, All) else Any(parts)


def _resolved_test(test: Test, regulation: Regulation, known: Collection[str]) -> Condition:
    if test.fact in known:
        return test
    if test.fact not in DERIVED or DERIVED[test.fact][0] not in known:
        return ALWAYS if test.op == "known" else NEVER
    source, list_name, name = DERIVED[test.fact]
    entries = regulation.codes(list_name).values()
    passing = Test(source, "in", tuple(one.code for one in entries if test.holds({test.fact: one.raw.get(name)})))
    return Any((Test(source, "known", False), passing)) if test.op == "known" else passing
