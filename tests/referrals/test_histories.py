"""Random histories of referrals over the real services and PostgreSQL, held against the table as its file says it.

The normal run tells ``NORMAL`` histories; ``REFERRAL_HUB_HISTORIES`` sets another number. Only the clock is made up.
"""

import os
from datetime import timedelta
from typing import Any

import psycopg
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from psycopg.rows import dict_row

from referral_hub.access.gate import Refused
from referral_hub.consent import service as consents
from referral_hub.kernel import clock
from referral_hub.notifications.telling import TELL
from referral_hub.referrals import expecting, queries
from referral_hub.referrals.clocks import ended
from referral_hub.referrals.errors import StepNotAllowed
from referral_hub.referrals.escalating import FIRE, SWEEP
from referral_hub.referrals.rules import WRITTEN_NEEDS, needs_redirect
from tests.builders import a_case, a_consent, a_sent_referral, take
from tests.conftest import Acting
from tests.people import POLICE
from tests.referrals.paths import PERSON, REGULATION, VERBS, another_referral, inputs
from tests.referrals.test_rules import says_the_table
from tests.story import Told
from tests.working import Worker

NORMAL = 100
HISTORIES = int(os.environ.get("REFERRAL_HUB_HISTORIES", NORMAL))
FINAL = {code for code, entry in REGULATION.codes("referral_statuses").items() if entry.raw.get("final")}
TIMES = ("sent_at", "acknowledged_at", "first_accepted_at", "first_started_at", "ended_at", "access_ended_at")
TELLING = {"tell_sender", "tell_recipient"}
STRANGERS = ("minh@tro-giup-phap-ly", "thu@benh-vien-tinh", "kiem@so-y-te")
ENDS = ended(REGULATION)
VERB = st.sampled_from(VERBS)
ANY_BUT_AN_END = st.sampled_from(
    [v for v in VERBS if not {t.target for t in REGULATION.transitions if t.verb == v} & ENDS]
)

_READ = """
SELECT r.*,
  (SELECT count(*) FROM referral_event e WHERE e.referral_id = r.id) AS events,
  (SELECT count(*) FROM access_grant g WHERE g.referral_id = r.id AND g.revoked_at IS NULL) AS live,
  (SELECT count(*) FROM deadline_step d WHERE d.referral_id = r.id) AS fired,
  (SELECT count(*) FROM jobs.procrastinate_jobs j WHERE j.task_name = %(tell)s
    AND j.args->>'referral' = r.id::text AND j.args->>'what' = 'step') AS told_steps,
  (SELECT count(*) FROM jobs.procrastinate_jobs j WHERE j.task_name = %(tell)s
    AND j.args->>'referral' = r.id::text AND j.args->>'what' = 'deadline') AS told_deadlines
FROM referral r WHERE r.id = %(referral)s
"""


class _TakenBack(Exception):
    """The transaction broke after the step."""


class Histories(RuleBasedStateMachine):
    """One referral and whoever meddles with it; ``acting`` and ``admin`` are set by the test."""

    acting: Acting
    admin: psycopg.Connection
    taken: dict[str, int]

    @initialize(grave=st.booleans())
    def lan_sends_it(self, grave: bool) -> None:
        self.now = clock.now()
        risk = {"risk_level": "extreme"} if grave else {}
        with self.acting("lan@anh-duong") as lan:
            case = a_case(lan, now=self.now, **risk)
            consent = a_consent(lan, case, now=self.now)
            self.told = Told(case, consent, a_sent_referral(lan, case, now=self.now))
        self.before = self.row()
        self.steps_told = 1

    @rule(data=st.data(), ends=st.sampled_from([False] * 5 + [True]))
    def somebody_goes_on(self, data: st.DataObject, ends: bool) -> None:
        """A step of the table; one that leads to an end more seldom, or no history would grow long."""
        legal = [(who, verb, to) for who in sorted(PERSON) for verb in VERBS for to in self.allowed(verb, who)]
        wanted = [one for one in legal if (one[2] in ENDS) == ends] or legal
        if wanted:
            side, verb, _ = data.draw(st.sampled_from(wanted), label="legal step")
            self.tries(side, verb)

    @rule(side=st.sampled_from(sorted(PERSON)), verb=ANY_BUT_AN_END)
    def somebody_takes_any_step(self, side: str, verb: str) -> None:
        self.tries(side, verb)

    def tries(self, side: str, verb: str) -> None:
        """Taken exactly where the file allows it, and then told; otherwise nothing happens."""
        found, expected = self.before, self.allowed(verb, side)
        said = self.said(verb, bool(expected))
        try:
            with self.acting(PERSON[side]) as actor:
                reached = {take(actor, self.told.referral, verb, now=self.now, **said)}
        except (StepNotAllowed, Refused):
            reached = set()
        assert reached == expected, (verb, side, found["status"])
        now = self.row()
        assert now["status"] == (next(iter(expected)) if expected else found["status"])
        assert now["events"] == found["events"] + len(expected)
        if expected:
            self.expect_notice(verb, found["status"])
            self.taken[verb] = self.taken.get(verb, 0) + 1

    @rule(side=st.sampled_from(sorted(PERSON)), verb=VERB)
    def a_step_breaks_before_it_is_committed(self, side: str, verb: str) -> None:
        found = self.row()
        if "new_referral" in self.needs(verb):
            return
        try:
            with self.acting(PERSON[side]) as actor:
                take(actor, self.told.referral, verb, now=self.now, **self.said(verb, False))
                raise _TakenBack
        except (_TakenBack, StepNotAllowed, Refused):
            pass
        assert self.row() == found

    @rule(who=st.sampled_from(STRANGERS), verb=VERB)
    def a_stranger_tries(self, who: str, verb: str) -> None:
        found = self.row()
        try:
            with self.acting(who) as actor:
                take(actor, self.told.referral, verb, now=self.now, **self.said(verb, False))
        except Refused:
            pass
        else:
            raise AssertionError(f"{who} took {verb}")
        assert self.row() == found

    @rule(now=st.sampled_from([False] * 5 + [True]))
    def she_withdraws_her_consent(self, now: bool) -> None:
        if not now:
            return
        (withdrawn,) = self.admin.execute(
            "SELECT withdrawn_at IS NOT NULL FROM consent WHERE id = %s", [self.told.consent]
        ).fetchone() or (None,)
        if withdrawn:
            return
        found = self.row()
        with self.acting("lan@anh-duong") as lan:
            consents.withdraw(lan, self.told.consent, now=self.now)
        after = self.row()
        assert after["live"] == 0
        expected = says_the_table("withdraw", found["status"], "sender", self.facts(found))
        assert after["status"] == (next(iter(expected)) if expected else found["status"])
        if expected:
            self.expect_notice("withdraw", found["status"])

    @rule(minutes=st.sampled_from([1, 10, 15, 60, 60 * 12, 60 * 24 * 5]))
    def time_passes_and_the_worker_looks_twice(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        worker = Worker(self.acting, self.admin, self.now)
        status = self.row()["status"]
        for _ in range(2):
            worker.work(self.now, only=SWEEP)
            worker.work(self.now, only=FIRE)
            seen = self.row()
            assert seen["status"] == status, "a deadline names people; it takes no step for them"
            assert seen["told_deadlines"] == seen["fired"], "told of each deadline once"

    @invariant()
    def what_must_hold(self) -> None:
        if not hasattr(self, "before"):
            return
        old, now = self.before, self.row()
        for name in TIMES:
            assert old[name] is None or now[name] == old[name], f"{name} was overwritten"
        if old["status"] in FINAL:
            assert (now["status"], now["events"]) == (old["status"], old["events"]), "what is final was rewritten"
        assert now["fired"] >= old["fired"]
        assert now["access_ended_at"] is None or now["live"] == 0, "access outlived its end"
        assert now["told_steps"] == self.steps_told, "notices are not those of what was committed"
        with self.acting("lan@anh-duong") as lan:
            expected = expecting.expected(lan, queries.detail(lan, self.told.referral, now=self.now))
        assert (expected is None) == (now["status"] in FINAL), "nobody must act next"
        self.before = now

    def teardown(self) -> None:
        """Nothing of this history falls due in the next one."""
        self.admin.execute("UPDATE referral_watch SET look_at = NULL WHERE look_at IS NOT NULL")
        for queue in ("events", "jobs"):
            self.admin.execute(f"DELETE FROM jobs.procrastinate_{queue}".encode())

    def row(self) -> dict[str, Any]:
        """The referral as it is committed, with what hangs on it."""
        with self.admin.cursor(row_factory=dict_row) as cursor:
            found = cursor.execute(_READ, {"tell": TELL, "referral": self.told.referral}).fetchone()
        assert found is not None
        return found

    def allowed(self, verb: str, side: str) -> set[str]:
        """Where the file says this leads."""
        return says_the_table(verb, self.before["status"], side, self.facts(self.before))

    @staticmethod
    def facts(row: dict[str, Any]) -> dict[str, Any]:
        return {"urgency": row["urgency"], "reason_must_redirect": needs_redirect(REGULATION, row["reason"])}

    @staticmethod
    def needs(verb: str) -> set[str]:
        return {need for t in REGULATION.transitions if t.verb == verb for need in t.needs}

    def said(self, verb: str, allowed: bool) -> dict[str, Any]:
        """Whatever the step may ask for; a successor is written only for a step that will be taken."""
        transition = next(t for t in REGULATION.transitions if t.verb == verb)
        facts = self.facts(self.before)
        said = inputs(REGULATION, transition, self.before["service"], **facts)
        said["notes"] = {need: "đã ghi" for need in self.needs(verb) & set(WRITTEN_NEEDS)}
        if allowed and "new_referral" in self.needs(verb):
            said["new_referral"] = another_referral(self.acting, self.told, to=POLICE, service="J3")
        return said

    def expect_notice(self, verb: str, status: str) -> None:
        effects = {e for t in REGULATION.transitions if t.verb == verb and status in t.sources for e in t.effects}
        self.steps_told += bool(effects & TELLING)


def test_no_history_of_a_referral_breaks_the_regulation(acting: Acting, admin_connection: psycopg.Connection) -> None:
    taken: dict[str, int] = {}
    world = {"acting": staticmethod(acting), "admin": admin_connection, "taken": taken}
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        type("InThisWorld", (Histories,), world),
        settings=settings(
            max_examples=HISTORIES,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=HISTORIES == NORMAL,  # the usual run tells the same ones each time
        ),
    )
    assert len(taken) > 7, f"histories that hardly go anywhere prove little: {taken}"
