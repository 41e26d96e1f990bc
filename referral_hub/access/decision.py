"""The consent decision: which categories a recipient may get, with basis or reason. Pure: stdlib only.

Live consents, intersected with the need-to-know row of the regulation (``min``; ``ask`` needs its own named consent;
``deny`` beats general consent; what is not listed is denied), minus denials, at ``now``. Exceptions without
consent join here as another basis once they exist.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID


class Reason(StrEnum):
    """Why a category is withheld. For the owner's eyes only."""

    NO_DATA = "no-data"
    NOT_NEEDED = "not-needed"
    NEVER = "never"
    NOT_ASKED_BY_NAME = "not-asked-by-name"
    NO_CONSENT = "no-consent"
    NOT_YET = "not-yet"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    DENIED = "denied"
    NOT_ATTACHED = "not-attached"
    ACCESS_ENDED = "access-ended"


@dataclass(frozen=True, slots=True)
class NeedRow:
    """The need-to-know row of (service, type of recipient).

    Everything outside ``minimum`` and ``ask`` is denied; ``deny`` only tells "blocked" from "not needed".
    """

    minimum: frozenset[str]
    ask: frozenset[str]
    deny: frozenset[str]


@dataclass(frozen=True, slots=True)
class ConsentFact:
    """A recorded consent. ``categories`` maps a category to whether she named it on its own."""

    id: UUID
    purpose: str
    service: str
    recipient: UUID
    categories: frozenset[str]
    named: frozenset[str]
    given_at: datetime
    valid_until: datetime
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True)
class DenialFact:
    """She said: not them. ``category`` None means everything."""

    category: str | None
    agency: UUID | None = None
    desk: UUID | None = None
    account: UUID | None = None


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who would see it. ``desk`` and ``account`` None: the agency as a whole, before anybody opened it."""

    agency: UUID
    desk: UUID | None = None
    account: UUID | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be shared with whom, for what."""

    service: str
    purpose: str
    recipient: Recipient
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """The category may go; ``consent`` is what it rests on, until ``until``."""

    category: str
    consent: UUID
    until: datetime


@dataclass(frozen=True, slots=True)
class Withheld:
    """The category may not go."""

    category: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Decision:
    """One verdict for each category asked about, in the order asked."""

    verdicts: tuple[Shown | Withheld, ...]

    @property
    def shown(self) -> tuple[Shown, ...]:
        """What may go."""
        return tuple(v for v in self.verdicts if isinstance(v, Shown))

    @property
    def withheld(self) -> tuple[Withheld, ...]:
        """What may not."""
        return tuple(v for v in self.verdicts if isinstance(v, Withheld))


def decide(
    question: Question,
    need: NeedRow | None,
    consents: Iterable[ConsentFact],
    denials: Iterable[DenialFact],
    *,
    held: Collection[str] | None = None,
    now: datetime,
) -> Decision:
    """The verdict for every category of ``question``.

    :param need: None when the regulation has no row for this service and recipient: nothing may go.
    :param held: categories the case has content for; None when that does not matter.
    """
    matching = [
        c
        for c in consents
        if (c.purpose, c.service, c.recipient) == (question.purpose, question.service, question.recipient.agency)
    ]
    said_no = list(denials)
    return Decision(tuple(_verdict(c, question, need, matching, said_no, held, now) for c in question.categories))


def _verdict(
    category: str,
    question: Question,
    need: NeedRow | None,
    consents: list[ConsentFact],
    denials: list[DenialFact],
    held: Collection[str] | None,
    now: datetime,
) -> Shown | Withheld:
    if need is None or category not in need.minimum | need.ask:
        return Withheld(category, Reason.NEVER if need and category in need.deny else Reason.NOT_NEEDED)
    if any(_concerns(d, category, question.recipient) for d in denials):
        return Withheld(category, Reason.DENIED)
    if held is not None and category not in held:
        return Withheld(category, Reason.NO_DATA)
    covering = [c for c in consents if category in (c.categories if category in need.minimum else c.named)]
    live = [c for c in covering if c.withdrawn_at is None and c.given_at <= now < c.valid_until]
    if live:
        longest = max(live, key=lambda c: (c.valid_until, c.id))
        return Shown(category, longest.id, longest.valid_until)
    return Withheld(category, _why_not(category, need, consents, covering, now))


def _why_not(
    category: str, need: NeedRow, consents: list[ConsentFact], covering: list[ConsentFact], now: datetime
) -> Reason:
    if any(c.withdrawn_at is not None for c in covering):
        return Reason.WITHDRAWN
    if any(c.valid_until <= now for c in covering):
        return Reason.EXPIRED
    if covering:
        return Reason.NOT_YET
    if category in need.ask and any(category in c.categories for c in consents):
        return Reason.NOT_ASKED_BY_NAME
    return Reason.NO_CONSENT


def _concerns(denial: DenialFact, category: str, recipient: Recipient) -> bool:
    if denial.category not in (None, category):
        return False
    return (
        (denial.agency is not None and denial.agency == recipient.agency)
        or (denial.desk is not None and denial.desk == recipient.desk)
        or (denial.account is not None and denial.account == recipient.account)
    )


@dataclass(frozen=True, slots=True)
class OwnerLine:
    """For the owner: a category, and why it is shared or not."""

    category: str
    shown: bool
    reason: Reason | None
    until: datetime | None


def view(decision: Decision, audience: Literal["owner", "recipient"]) -> tuple[OwnerLine, ...]:
    """What each side may know of the decision: the owner everything, the recipient only what is shown."""
    lines = tuple(
        OwnerLine(v.category, True, None, v.until)
        if isinstance(v, Shown)
        else OwnerLine(v.category, False, v.reason, None)
        for v in decision.verdicts
    )
    return lines if audience == "owner" else tuple(line for line in lines if line.shown)
