"""Importing an old register: rows become cases, contacts, consents, referrals and services, through the real services.

Two times are kept, occurred and recorded. The import speaks as ``system:register-import`` for the agency, never in an
officer's name, and fires no deadline, notice or retention.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import require
from referral_hub.audit.acts import Act
from referral_hub.audit.recording import Entry, record
from referral_hub.cases.facts import CaseFacts, ServiceGiven
from referral_hub.cases.service import close_case, open_case, record_service
from referral_hub.intake import pastreferrals
from referral_hub.intake.contacts import NewContact, record_contacts
from referral_hub.intake.models import RegisterRow
from referral_hub.intake.register import Register, Row, plan
from referral_hub.intake.register.layout import (
    AREA,
    BIRTH_YEAR,
    CALLED_AT,
    CALLER,
    CALLS,
    CHANNEL,
    CONTENT,
    FILE_CODE,
    FILES,
    GBV_TYPE,
    HEARD_OF,
    HELD_AT,
    NAME,
    OPENED_AT,
    OUTCOME,
    OUTREACH,
    OUTREACH_CHANNEL,
    PERPETRATORS,
    REACHED,
    REFERRALS,
    RELATED_FILE_CODE,
    RELATIONSHIP,
    RESULT,
    RISK,
    SEX,
)
from referral_hub.intake.register.model import Moment, Remark, Value
from referral_hub.intake.register.model import remark as make_remark
from referral_hub.kernel.db import db
from referral_hub.kernel.ids import new_id
from referral_hub.outreach.service import NewActivity, record_activity
from referral_hub.perpetrators.service import NewRecord, open_record
from referral_hub.regulation import store
from referral_hub.regulation.importing import fold
from referral_hub.regulation.model import Regulation
from referral_hub.vault.current import keyring

BATCH = 1000
TASK = "register-import"

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Imported:
    """What an import did: rows by sheet, and what people should know. Nobody's name or number is in it."""

    added: Counter[str] = field(default_factory=Counter)
    unchanged: Counter[str] = field(default_factory=Counter)
    remarks: list[Remark] = field(default_factory=list)


def import_register(
    actor: Actor, register: Register, *, now: datetime, progress: Progress = lambda done, total: None
) -> Imported:
    """Everything new in ``register``; unchanged rows are skipped, changed ones reported and not applied.

    :raises Refused: not the import task of an agency.
    """
    require(actor, Action.REGISTER_IMPORT)
    return _Import(actor, register, now, progress).run()


class _Import:
    def __init__(self, actor: Actor, register: Register, now: datetime, progress: Progress) -> None:
        self.actor, self.register, self.now, self.progress = actor, register, now, progress
        self.regulation_id, self.regulation = store.in_force(now)
        self.result = Imported(remarks=list(register.remarks))
        all_rows = (row for rows in register.rows.values() for row in rows)
        self.last = max((at for row in all_rows for at in _instants(row, self.regulation)), default=now)
        self.known = {
            (row.sheet, row.key): (row.digest, row.subject)
            for row in db.session.execute(
                select(RegisterRow.sheet, RegisterRow.key, RegisterRow.digest, RegisterRow.subject).where(
                    RegisterRow.agency_id == actor.agency_id
                )
            )
        }
        self.cases: dict[str, UUID] = {
            key: subject for (sheet, key), (_, subject) in self.known.items() if sheet == FILES
        }
        self.first_heard = self._first_heard()
        self.agencies = pastreferrals.agencies_by_type()
        #: one man in two rows is known to be one by name, year of birth and the case he belongs to
        self.people: dict[tuple[UUID | None, str, Value], UUID] = {}
        self.total = sum(len(rows) for rows in register.rows.values())
        self.done = 0

    def run(self) -> Imported:
        opened = [self._file(row) for row in self._new(FILES)]
        self._calls(self._new(CALLS))
        for row in self._new(REFERRALS):
            self._referral(row)
        for row in self._new(PERPETRATORS):
            self._perpetrator(row)
        for row in self._new(OUTREACH):
            self._activity(row)
        for case_id in opened:
            close_case(self.actor, case_id, None, occurred=self.last, now=self.now)
        if added := self.result.added.total():
            record(self.actor, Entry(Act.REGISTER_IMPORTED, self.actor.agency_id, count=added), now=self.now)
        return self.result

    def _new(self, sheet: str) -> list[Row]:
        """The rows of a sheet that were not imported before; the others are counted or remarked on."""
        new = []
        for row in self.register.rows.get(sheet, ()):
            before = self.known.get((sheet, row.key))
            if before is None:
                new.append(row)
                continue
            self._step()
            if before[0] == _blind(row):
                self.result.unchanged[sheet] += 1
            else:
                self.result.remarks.append(make_remark(sheet, row.number, None, "changed-since-import"))
        return new

    def _step(self, rows: int = 1) -> None:
        self.done += rows
        self.progress(self.done, self.total)

    def _note(self, rows: Iterable[tuple[Row, UUID]]) -> None:
        noted = [
            {
                "id": new_id(),
                "agency_id": self.actor.agency_id,
                "sheet": row.sheet,
                "key": row.key,
                "digest": _blind(row),
                "subject": subject,
                "imported_at": self.now,
            }
            for row, subject in rows
        ]
        if noted:
            db.session.execute(insert(RegisterRow), noted)
            self.result.added[str(noted[0]["sheet"])] += len(noted)
            self._step(len(noted))

    def _file(self, row: Row) -> UUID:
        opened = plan.instant_of(_moment(row.values[OPENED_AT]), self.regulation)
        stated = plan.facts(row, self.regulation)
        case_id = open_case(
            self.actor,
            CaseFacts(
                received_at=self.first_heard.get(row.key, opened),
                channel=None,
                risk_level=_code(row.values[RISK]),
                **_person(row, stated, self.regulation),
            ),
            plan.sections(row, self.regulation),
            occurred=opened,
            imported=True,
            now=self.now,
        )
        for episode in plan.episodes(row, self.regulation):
            given = ServiceGiven(episode.service, episode.started_at, episode.ended_at, on_site=episode.on_site)
            record_service(self.actor, case_id, given, imported=True, now=self.now)
        self.cases[row.key] = case_id
        self._note([(row, case_id)])
        return case_id

    def _first_heard(self) -> dict[str, datetime]:
        """file code -> when its first call came in."""
        first: dict[str, datetime] = {}
        for row in self.register.rows.get(CALLS, ()):
            code = row.values[FILE_CODE]
            if isinstance(code, str):
                at = plan.instant_of(_moment(row.values[CALLED_AT]), self.regulation)
                first[code] = min(at, first.get(code, at))
        return first

    def _calls(self, rows: list[Row]) -> None:
        for start in range(0, len(rows), BATCH):
            batch = rows[start : start + BATCH]
            contacts = [self._contact(row) for row in batch]
            ids = record_contacts(
                self.actor, contacts, self.regulation_id, self.regulation, imported=True, now=self.now
            )
            self._note(zip(batch, ids, strict=True))

    def _contact(self, row: Row) -> NewContact:
        stated = plan.facts(row, self.regulation)
        values = row.values
        return NewContact(
            received_at=plan.instant_of(_moment(values[CALLED_AT]), self.regulation),
            channel=str(values[CHANNEL]),
            related_to_gender=bool(stated["related_to_gender"]),
            triage=str(stated["triage"]),
            caller_kind=_code(values[CALLER]),
            outcome=_code(values[OUTCOME]),
            outreach_channel=_code(values[HEARD_OF]),
            case_id=self.cases.get(str(values[FILE_CODE])),
            **_person(row, stated, self.regulation),
        )

    def _referral(self, row: Row) -> None:
        past = plan.past_referral(row, self.regulation)
        if past is None:
            return
        case_id = self.cases[past.file_code]
        own_type = self.actor.agency_type == past.recipient_type
        if own_type:
            for episode in plan.episodes(row, self.regulation):
                given = ServiceGiven(episode.service, episode.started_at, episode.ended_at, on_site=episode.on_site)
                record_service(self.actor, case_id, given, imported=True, now=self.now)
            self._note([(row, case_id)])
            return
        recipients = self.agencies.get(past.recipient_type, ())
        if len(recipients) != 1:
            self.result.remarks.append(make_remark(row.sheet, row.number, None, "recipient-unclear"))
            self._step()
            return
        told = pastreferrals.replay(self.actor, case_id, recipients[0], past, last=self.last, now=self.now)
        self.result.remarks += [
            make_remark(row.sheet, row.number, None, one.code, one.quote(self.regulation)) for one in told
        ]
        self._note([(row, case_id)])

    def _perpetrator(self, row: Row) -> None:
        case_id = self.cases.get(str(row.values[RELATED_FILE_CODE]))
        same = (case_id, fold(str(row.values[NAME])), row.values[BIRTH_YEAR])
        person = self.people.setdefault(same, new_id())
        (episode,) = plan.episodes(row, self.regulation) or (None,)
        at = episode.started_at if episode else self.last
        record_id = open_record(
            self.actor,
            NewRecord(plan.sections(row, self.regulation), case_id, person),
            occurred=at,
            imported=True,
            now=self.now,
        )
        if episode is not None:
            given = ServiceGiven(episode.service, at, episode.ended_at, _code(row.values[RESULT]), episode.on_site)
            record_service(self.actor, record_id, given, imported=True, now=self.now)
        self._note([(row, record_id)])

    def _activity(self, row: Row) -> None:
        reached = row.values[REACHED]
        activity = record_activity(
            self.actor,
            NewActivity(
                channel=str(row.values[OUTREACH_CHANNEL]),
                content=str(row.values[CONTENT] or ""),
                people_reached=reached if isinstance(reached, int) else None,
                held_at=plan.instant_of(_moment(row.values[HELD_AT]), self.regulation),
            ),
            imported=True,
            now=self.now,
        )
        self._note([(row, activity)])


def _blind(row: Row) -> str:
    """What a row said, so that only this hub can tell: a name and a telephone number are few enough to try them all."""
    return keyring().blind("register-row", row.digest).hex()


def _person(row: Row, stated: Mapping[str, object], regulation: Regulation) -> dict[str, Any]:
    age = stated.get("age")
    born = row.values[BIRTH_YEAR]
    return {
        "sex": _code(row.values[SEX]),
        "birth_year": born if isinstance(born, int) else None,
        "age_band": regulation.age_band(age) if isinstance(age, int) else None,
        "area": _code(row.values[AREA]),
        "gbv_type": _code(row.values[GBV_TYPE]),
        "relationship": _code(row.values[RELATIONSHIP]),
    }


def _instants(row: Row, regulation: Regulation) -> list[datetime]:
    return [plan.instant_of(value, regulation) for value in row.values.values() if isinstance(value, Moment)]


def _moment(value: Value) -> Moment:
    assert isinstance(value, Moment)
    return value


def _code(value: Value) -> str | None:
    return value if isinstance(value, str) else None
