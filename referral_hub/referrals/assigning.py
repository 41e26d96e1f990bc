"""Giving a referral to a colleague, and taking it over: from then on that person is named as the one who acts."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select, update

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import Refused, require
from referral_hub.audit.acts import Act
from referral_hub.audit.recording import Entry, record
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Conflict, Invalid, NotFound
from referral_hub.kernel.events import publish
from referral_hub.kernel.ids import new_id
from referral_hub.liaisons.models import Account
from referral_hub.referrals.events import Assigned
from referral_hub.referrals.models import Referral, ReferralAssignment
from referral_hub.referrals.people import tellable
from referral_hub.referrals.stepping import relation
from referral_hub.regulation import store


def assign(actor: Actor, referral_id: UUID, account_id: UUID, *, now: datetime) -> None:
    """Give it to ``account_id``, a colleague; whoever had it before has it no longer.

    :raises Refused: no party (not found), or a colleague who does not decide this.
    :raises Invalid: not a colleague with an active account, or somebody who must not be given this case.
    """
    row = _locked(referral_id, Action.REFERRAL_ASSIGN)
    require(actor, Action.REFERRAL_ASSIGN, subject=row.case_id, relation=relation(actor, row))
    known = db.session.scalar(
        select(Account.id).where(Account.id == account_id, Account.active, Account.agency_id == actor.agency_id)
    )
    if known is None or not tellable(row.case_id, [account_id]):
        # one sentence for both: that somebody may not be given it is for the owner to know
        raise Invalid("account", "Hãy chọn một đồng nghiệp khác.", "Choose another colleague.")
    _give(actor, row, account_id, "assigned", now)


def colleagues(actor: Actor, referral_id: UUID) -> list[tuple[UUID, str]]:
    """Whom it can be given to: active people of the actor's agency, by name.

    :raises Refused: as :func:`assign`.
    """
    row = db.session.execute(select(*Referral.__table__.columns).where(Referral.id == referral_id)).first()
    if row is None:
        raise Refused(Action.REFERRAL_ASSIGN, referral_id, NotFound())
    require(actor, Action.REFERRAL_ASSIGN, subject=row.case_id, relation=relation(actor, row))
    people = select(Account.id, Account.name).where(Account.agency_id == actor.agency_id, Account.active)
    return [(one.id, one.name) for one in db.session.execute(people.order_by(Account.name))]


def take_over(actor: Actor, referral_id: UUID, *, now: datetime) -> None:
    """ "I take this": the acting person answers for it on the side of their agency.

    :raises Refused: no party (not found), or a colleague who may not answer.
    :raises Conflict: it is over.
    """
    row = _locked(referral_id, Action.REFERRAL_TAKE)
    require(actor, Action.REFERRAL_TAKE, subject=row.case_id, relation=relation(actor, row))
    regulation = store.version(row.regulation_id)
    if regulation.codes("referral_statuses")[row.status].raw.get("final"):
        raise Conflict("Chuyển gửi này đã kết thúc.", "This referral is over.")
    assert actor.account_id is not None  # the gate lets people pass alone
    _give(actor, row, actor.account_id, "taken", now)


def _locked(referral_id: UUID, action: Action) -> Row[Any]:
    row = db.session.execute(
        select(*Referral.__table__.columns).where(Referral.id == referral_id).with_for_update()
    ).first()
    if row is None:
        raise Refused(action, referral_id, NotFound())
    return row


def _give(actor: Actor, row: Row[Any], account_id: UUID, how: str, now: datetime) -> None:
    present = db.session.scalar(
        select(ReferralAssignment.account_id).where(
            ReferralAssignment.referral_id == row.id,
            ReferralAssignment.agency_id == actor.agency_id,
            ReferralAssignment.until.is_(None),
        )
    )
    if present == account_id:
        return
    payload = {"referral": str(row.id), "account": str(account_id), "how": how}
    record(actor, Entry(Act.REFERRAL_ASSIGNED, row.case_id, payload, why=row.purpose), now=now)
    db.session.execute(
        update(ReferralAssignment)
        .where(
            ReferralAssignment.referral_id == row.id,
            ReferralAssignment.agency_id == actor.agency_id,
            ReferralAssignment.until.is_(None),
        )
        .values(until=now)
    )
    assignment = new_id()
    db.session.execute(
        insert(ReferralAssignment).values(
            id=assignment,
            referral_id=row.id,
            case_id=row.case_id,
            agency_id=actor.agency_id,
            account_id=account_id,
            how=how,
            since=now,
            given_by=actor.person,
        )
    )
    if account_id != actor.account_id:
        publish(Assigned(row.id, row.owner_id, assignment))
