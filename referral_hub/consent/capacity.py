"""Who decides for a child, and what each has to give: the age ladder of the regulation, on a birth date that may be
uncertain. Pure.

Sources: CHILD2016 Art. 1 (a child is under 16), PDPL2025 Art. 24 (from 7 the child's own word as well), the ladder of
caring for child survivors (under 18). A guardian who is said to have used violence, or sides with that person, decides
nothing (``minors.conflict_rule``).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from referral_hub.kernel.errors import Invalid
from referral_hub.regulation.conditions import parse_condition
from referral_hub.regulation.model import Regulation

OLDEST = 130


@dataclass(frozen=True, slots=True)
class AgeRange:
    """Full years she may have, both ends included; one number where the birth date is certain."""

    least: int
    most: int

    @property
    def certain(self) -> bool:
        """Whether the age is known to the year."""
        return self.least == self.most


@dataclass(frozen=True, slots=True)
class Capacity:
    """Who decided, as the worker records it. ``child``/``adult``: codes of ``minors.forms`` and ``minors.adult_forms``.

    ``cannot_decide``: an adult who cannot decide now; then no consent stands, a ground without consent has to.
    """

    child: str | None = None
    adult: str | None = None
    guardian_is_alleged: bool = False
    guardian_sides: bool = False
    cannot_decide: bool = False


@dataclass(frozen=True, slots=True)
class Required:
    """What the ladder asks for at this age. ``under_16`` and ``under_18``: true also where she may be.

    ``child``: the least the child gives. ``adult``: the form of a safe adult, or None. ``adult_must``: the adult has
    to, also where the ladder leaves it to safety or to the child.
    """

    under_16: bool
    under_18: bool
    child: str | None
    adult: str | None
    adult_must: bool


def age_range(regulation: Regulation, on: date, birth_year: int | None, age_band: str | None) -> AgeRange | None:
    """What is known of her age: by the year of birth, narrowed by the age band where both are known; None: nothing.

    Two statements that contradict each other: the wider of both, so that a child is never taken for an adult.
    """
    by_year = AgeRange(max(on.year - birth_year - 1, 0), max(on.year - birth_year, 0)) if birth_year else None
    band = next((b for b in regulation.age_bands if b.code == age_band), None)
    by_band = AgeRange(band.at_least, band.below - 1) if band else None
    if by_year is None or by_band is None:
        return by_year or by_band
    least, most = max(by_year.least, by_band.least), min(by_year.most, by_band.most)
    if least > most:
        return AgeRange(min(by_year.least, by_band.least), max(by_year.most, by_band.most))
    return AgeRange(least, most)


def required(regulation: Regulation, age: AgeRange | None) -> Required | None:
    """What the ladder asks for; None: an adult, or nothing is known of her age.

    Where the age is uncertain, every step it may be on is asked for: the child's strongest form, the adult's first.
    """
    rules = regulation.raw["minors"]
    if age is None or age.least >= rules["protocol_child_under"]:
        return None
    steps = [step for step in rules["ladder"] if _on(regulation, step["when"], age)]
    order = list(regulation.codes("minors.forms"))
    adults = list(regulation.codes("minors.adult_forms"))
    both = [y for y in _years(age) if _holds(regulation, rules["data_law"]["when"], y)]
    child = max((step["child"] for step in steps), key=order.index)
    adult = min((step["adult"] for step in steps), key=adults.index)
    return Required(
        under_16=age.least < rules["legal_child_under"],
        under_18=True,
        child=child if order.index(child) else None,
        adult=adult,
        adult_must=bool(both) or adult == adults[0],
    )


def check(regulation: Regulation, age: AgeRange | None, said: Capacity | None) -> dict[str, Any] | None:
    """Whether a consent may stand, decided by these people; returns what is kept with it (None: an adult alone).

    :raises Invalid: the child's own word is missing, the adult's is, a guardian who may not decide did, or an adult who
        cannot decide now.
    """
    given = said or Capacity()
    if given.cannot_decide:
        raise Invalid(
            "capacity",
            "Lúc này không tự quyết định được: chưa ghi nhận đồng ý; dùng căn cứ “mất hoặc hạn chế năng lực hành vi”.",
            "She cannot decide now: no consent is recorded; use the ground of lacking capacity.",
        )
    barred = given.guardian_is_alleged or given.guardian_sides
    if given.adult is not None and barred:
        raise Invalid(
            "adult",
            "Người đại diện bị cho là có hành vi bạo lực, hoặc đứng về phía người đó, thì không quyết định thay trẻ.",
            "A representative who is said to have used violence, or sides with that person, may not decide.",
        )
    needed = required(regulation, age)
    if needed is None:
        return None if said is None else _kept(age, None, given)
    _check_child(regulation, needed, given)
    if needed.adult_must and given.adult is None:
        if barred:
            raise Invalid(
                "adult",
                "Không có người đại diện an toàn: không ghi nhận đồng ý, dùng căn cứ bảo vệ trẻ em.",
                "There is no safe representative: no consent is recorded, use the child-protection ground.",
            )
        raise Invalid(
            "adult",
            "Ở độ tuổi này cần thêm sự đồng ý của người đại diện an toàn.",
            "At this age a safe representative has to agree as well.",
        )
    if given.adult is not None and given.adult not in regulation.codes("minors.adult_forms"):
        raise Invalid("adult", "Hình thức đồng ý của người lớn chưa đúng.", "There is no such form of an adult.")
    return _kept(age, needed, given)


def _check_child(regulation: Regulation, needed: Required, given: Capacity) -> None:
    order = list(regulation.codes("minors.forms"))
    if given.child is not None and given.child not in order:
        raise Invalid("child", "Hình thức đồng thuận của trẻ chưa đúng.", "There is no such form of a child.")
    if needed.child is not None and (given.child is None or order.index(given.child) < order.index(needed.child)):
        label = regulation.codes("minors.forms")[needed.child].label
        raise Invalid("child", f"Cần ý kiến của chính trẻ: {label.vi}.", f"The child's own word is needed: {label.en}.")


def _kept(age: AgeRange | None, needed: Required | None, given: Capacity) -> dict[str, Any]:
    return {
        **{key: value for key, value in asdict(given).items() if key != "cannot_decide"},
        "age": [age.least, age.most] if age else None,
        "under_16": needed.under_16 if needed else False,
        "under_18": needed is not None,
    }


def _years(age: AgeRange) -> range:
    return range(age.least, min(age.most, OLDEST) + 1)


def _on(regulation: Regulation, when: Mapping[str, Any], age: AgeRange) -> bool:
    return any(_holds(regulation, when, year) for year in _years(age))


def _holds(regulation: Regulation, when: Mapping[str, Any], years: int) -> bool:
    return parse_condition(when, regulation.facts).holds({"age": years})


def local_day(regulation: Regulation, at: datetime) -> date:
    """The day on which her age is reckoned, in the regulation's time zone."""
    return regulation.calendar.local_date(at)
