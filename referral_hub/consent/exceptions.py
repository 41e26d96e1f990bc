"""The grounds on which something goes without her consent, read from the regulation. Pure.

Legal sources stand with each ground (``consent_exceptions``: PDPL2025 Art. 19(1), CHILD2016 Art. 51, ...).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from referral_hub.kernel.errors import Invalid
from referral_hub.regulation.durations import parse_duration
from referral_hub.regulation.labels import Label
from referral_hub.regulation.model import Regulation

Use = Literal["disclosure", "opening"]
#: What a disclosure says about telling her when she was told before.
TOLD = "told"


@dataclass(frozen=True, slots=True)
class Ground:
    """A ground that may be used at once. ``shows``: type of agency -> the most that it may get."""

    code: str
    label: Label
    basis: str
    shows: dict[str, tuple[str, ...]]
    approver: str
    reviews: tuple[tuple[str, str], ...]
    inform_unless: tuple[str, ...]
    never_suspended: bool

    def most(self, agency_type: str) -> tuple[str, ...]:
        """The categories that an agency of this type may get; empty: none under this ground."""
        return self.shows.get(agency_type, ())


def grounds(regulation: Regulation, use: Use) -> dict[str, Ground]:
    """The grounds that a disclosure or an opening may name without waiting for anybody, in the order of the file."""
    rules = regulation.raw["emergency"]
    opening = rules["opening"]["grounds"]
    return {
        raw["code"]: Ground(
            raw["code"],
            Label(raw["vi"], raw["en"]),
            raw["basis"],
            {to: tuple(most["categories"]) for most in raw["max"] for to in most["to"]},
            raw["approver"],
            _reviews(raw),
            tuple(raw["inform_survivor"]["unless"]),
            raw["code"] in rules["review"]["grounds_never_suspended"],
        )
        for raw in regulation.raw["consent_exceptions"]
        if raw["break_glass"] and raw["limit"] == "listed" and (use == "disclosure" or raw["code"] in opening)
    }


def chosen(regulation: Regulation, use: Use, code: str) -> Ground:
    """:raises Invalid: no ground of this code may be used at once."""
    found = grounds(regulation, use).get(code)
    if found is None:
        raise Invalid("ground", "Hãy chọn một căn cứ trong danh sách.", "Choose a ground of the list.")
    return found


def check_reason(regulation: Regulation, reason: str) -> str:
    """The reason without blanks around it.

    :raises Invalid: shorter than the regulation asks for.
    """
    least = int(regulation.raw["emergency"]["opening"]["reason_min_chars"])
    said = " ".join(reason.split())
    if len(said) < least:
        raise Invalid(
            "reason",
            f"Hãy ghi rõ lý do, ít nhất {least} ký tự.",
            f"Say why, in at least {least} characters.",
        )
    if len(said) > 2_000:
        raise Invalid("reason", "Tối đa 2.000 ký tự.", "At most 2,000 characters.")
    return said


def opening_ends(regulation: Regulation, at: datetime) -> datetime:
    """When an opening ends that begins at ``at``."""
    return parse_duration(regulation.raw["emergency"]["opening"]["window"]).due(at, regulation.calendar)


def suspends_at(regulation: Regulation, at: datetime) -> tuple[datetime, str]:
    """From when an open review takes away non-emergency work, and the role that gives it back."""
    rule = next(
        step for step in regulation.raw["emergency"]["review"]["overdue"] if step["effect"].startswith("suspend")
    )
    return parse_duration(rule["after"]).due(at, regulation.calendar), rule["given_back_by"]


def alerted_roles(regulation: Regulation) -> tuple[str, ...]:
    """Who is alerted when a review is overdue."""
    rule = next(step for step in regulation.raw["emergency"]["review"]["overdue"] if step["effect"] == "alert")
    return tuple(rule["roles"])


def units_upwards(regulation: Regulation, agency_type: str) -> tuple[str, ...]:
    """The types of the units to pass on to, one step at a time, when a unit of this type is denied."""
    up = {step["from"]: step["to"] for step in regulation.raw["next_unit_up"]}
    found: list[str] = []
    here = up.get(agency_type)
    while here is not None and here not in found:
        found.append(here)
        here = up.get(here)
    return tuple(found)


def best_service(regulation: Regulation, agency_type: str, offered: Iterable[str], wanted: Sequence[str]) -> str | None:
    """The service under which an emergency reaches this agency: of those it offers, one whose purpose is the first of
    the regulation's list (protecting life), and which needs most of what the ground may show."""
    offers = set(offered)
    rows = [row for (_service, to), row in regulation.matrix.items() if to == agency_type and row.service in offers]
    first = next(iter(regulation.codes("purposes")))
    ranked = sorted(rows, key=lambda row: (row.purpose != first, -len(row.min & set(wanted)), row.service))
    return ranked[0].service if ranked else None


def _reviews(raw: dict[str, object]) -> tuple[tuple[str, str], ...]:
    """(role, within) of the review and of the second one, if there is one."""
    found = [(str(raw["review_by"]), str(raw["review_within"]))]
    second = raw.get("second_review")
    if isinstance(second, dict) or hasattr(second, "get"):
        found.append((str(second["by"]), str(second["within"])))  # type: ignore[index]
    return tuple(found)
