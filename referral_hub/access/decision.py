"""The consent decision: which categories a recipient may get, with basis or reason. Pure: stdlib only.

Live consents, intersected with the need-to-know row of the regulation (``min``; ``ask`` needs its own named consent;
``deny`` beats general consent; what is not listed is denied), and live exceptions, each for its own referral or its own
person; minus denials and conflicts, at ``now``. The database decides the same again (``door_may_see``).
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
    CONFLICT = "conflict"
    ON_HOLD = "on-hold"
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
    """She said: not them. ``category`` None means everything; ``with_units``: the agency and every unit under it."""

    category: str | None
    agency: UUID | None = None
    desk: UUID | None = None
    account: UUID | None = None
    with_units: bool = False


@dataclass(frozen=True, slots=True)
class ConflictFact:
    """This person must not see the case: declared, or known by the name of somebody described for it."""

    account: UUID


@dataclass(frozen=True, slots=True)
class ExceptionFact:
    """Without her consent, under a ground of the regulation: a disclosure for one ``referral``, or an opening by one
    ``account``. ``until`` None: as long as the referral runs."""

    id: UUID
    ground: str
    recipient: UUID
    categories: frozenset[str]
    since: datetime
    until: datetime | None = None
    referral: UUID | None = None
    account: UUID | None = None


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who would see it. ``desk`` and ``account`` None: the agency as a whole, before anybody opened it.

    ``above``: the agencies it belongs to, itself left out.
    """

    agency: UUID
    desk: UUID | None = None
    account: UUID | None = None
    above: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be shared with whom, for what; ``referral`` when there is one already."""

    service: str
    purpose: str
    recipient: Recipient
    categories: tuple[str, ...]
    referral: UUID | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """The category may go. ``basis_id``: the consent or the exception it rests on, until ``until``."""

    category: str
    basis_id: UUID
    until: datetime | None
    basis: Literal["consent", "exception"] = "consent"


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
    conflicts: Iterable[ConflictFact] = (),
    exceptions: Iterable[ExceptionFact] = (),
    held: Collection[str] | None = None,
    on_hold: bool = False,
    now: datetime,
) -> Decision:
    """The verdict for every category of ``question``.

    :param need: None when the regulation has no row for this service and recipient: nothing may go by consent.
    :param held: categories the case has content for; None when that does not matter.
    :param on_hold: somebody called and said stop, and she has not been called back yet: consents count for nothing.
    """
    recipient = question.recipient
    facts = _Facts(
        need or NeedRow(frozenset(), frozenset(), frozenset()),
        [
            c
            for c in consents
            if (c.purpose, c.service, c.recipient) == (question.purpose, question.service, recipient.agency)
        ],
        [e for e in exceptions if _applies(e, question, now)],
        list(denials),
        recipient.account is not None and any(c.account == recipient.account for c in conflicts),
        held,
        on_hold,
    )
    return Decision(tuple(_verdict(category, recipient, facts, now) for category in question.categories))


@dataclass(frozen=True, slots=True)
class _Facts:
    need: NeedRow
    consents: list[ConsentFact]
    exceptions: list[ExceptionFact]
    denials: list[DenialFact]
    in_conflict: bool
    held: Collection[str] | None
    on_hold: bool


def _applies(exception: ExceptionFact, question: Question, now: datetime) -> bool:
    """A disclosure counts for its own referral, an opening for its own person; both from their moment on."""
    recipient = question.recipient
    return (
        exception.recipient == recipient.agency
        and exception.since <= now
        and (exception.until is None or now < exception.until)
        and (exception.referral is None or exception.referral == question.referral)
        and (exception.account is None or exception.account == recipient.account)
    )


def _verdict(category: str, recipient: Recipient, facts: _Facts, now: datetime) -> Shown | Withheld:
    need = facts.need
    exception = next((e for e in facts.exceptions if category in e.categories), None)
    if exception is None and category not in need.minimum | need.ask:
        return Withheld(category, Reason.NEVER if category in need.deny else Reason.NOT_NEEDED)
    if any(_concerns(d, category, recipient) for d in facts.denials):
        return Withheld(category, Reason.DENIED)
    if facts.in_conflict:
        return Withheld(category, Reason.CONFLICT)
    if facts.held is not None and category not in facts.held:
        return Withheld(category, Reason.NO_DATA)
    if exception is not None:
        return Shown(category, exception.id, exception.until, "exception")
    if facts.on_hold:
        return Withheld(category, Reason.ON_HOLD)
    covering = [c for c in facts.consents if category in (c.categories if category in need.minimum else c.named)]
    live = [c for c in covering if c.withdrawn_at is None and c.given_at <= now < c.valid_until]
    if live:
        longest = max(live, key=lambda c: (c.valid_until, c.id))
        return Shown(category, longest.id, longest.valid_until)
    return Withheld(category, _why_not(category, need, facts.consents, covering, now))


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
        or (denial.with_units and denial.agency in recipient.above)
        or (denial.desk is not None and denial.desk == recipient.desk)
        or (denial.account is not None and denial.account == recipient.account)
    )


@dataclass(frozen=True, slots=True)
class OwnerLine:
    """For the owner: a category, and why it is shared or not. ``basis``: what it rests on, where it is shared."""

    category: str
    shown: bool
    reason: Reason | None
    until: datetime | None
    basis: Literal["consent", "exception"] | None = None


def view(decision: Decision, audience: Literal["owner", "recipient"]) -> tuple[OwnerLine, ...]:
    """What each side may know of the decision: the owner everything, the recipient only what is shown."""
    lines = tuple(
        OwnerLine(v.category, True, None, v.until, v.basis)
        if isinstance(v, Shown)
        else OwnerLine(v.category, False, v.reason, None)
        for v in decision.verdicts
    )
    return lines if audience == "owner" else tuple(line for line in lines if line.shown)
