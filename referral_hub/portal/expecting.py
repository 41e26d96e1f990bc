"""Who must act next, in words: for the page of a referral and the rows of a list."""

from typing import Any
from uuid import UUID

from flask import url_for

from referral_hub.access.actors import Actor
from referral_hub.portal.language import _
from referral_hub.portal.notices import may_assign
from referral_hub.portal.words import when
from referral_hub.referrals.expecting import Expected, expected
from referral_hub.referrals.facts import ReferralDetail
from referral_hub.regulation.model import Regulation


def expected_view(actor: Actor, found: ReferralDetail, locale: str) -> dict[str, Any] | None:
    """The line "who acts next", with what the reader can do about it; None when the referral is over."""
    who = expected(actor, found)
    if who is None:
        return None
    return {
        "who": _who(who, found.regulation, locale),
        "person": who.person,
        "raised": who.next.escalated,
        "by": when(who.next.by),
        "otherwise": _otherwise(who, found.regulation, locale),
        "take_href": url_for("portal.take_over", referral_id=found.id) if who.can_take and _may_act(found) else None,
        "assign_href": _assign_href(actor, found, found.id) if who.mine and found.sent_at else None,
    }


def _who(who: Expected, regulation: Regulation, locale: str) -> str:
    role = regulation.label("roles", who.next.role, locale) if who.next.role else None
    agency = who.agency or regulation.label("sides", who.next.side, locale)
    return f"{role}, {agency}" if role and who.agency else agency


def _otherwise(who: Expected, regulation: Regulation, locale: str) -> str | None:
    step = who.next.otherwise
    if step is None or step.role is None:
        return None
    if step.side == "coordinator":
        whom = regulation.label("roles", step.role, locale)
    else:
        side = regulation.label("sides", step.side, locale)
        whom = f"{regulation.label('roles', step.role, locale)} ({side})"
    return _("%(who)s is told at %(when)s", who=whom, when=when(step.at))


def _may_act(found: ReferralDetail) -> bool:
    return found.incoming or found.holds or not found.owns


def _assign_href(actor: Actor, found: ReferralDetail, referral_id: UUID) -> str | None:
    if not may_assign(actor, party=found.incoming, owns=found.owns, holds=found.holds):
        return None
    return url_for("portal.assign", referral_id=referral_id)
