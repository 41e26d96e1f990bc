"""The rules that every table and every function of the door keeps, read from the catalogue of a migrated database."""

import importlib
import re
from collections.abc import Iterator, Mapping

import psycopg
import pytest

from referral_hub import tables
from referral_hub.kernel.db import Base
from referral_hub.regulation.loader import shipped
from schemas.sections import SCHEMAS
from tests.trial import PREFIX, Trial

#: The steps that cross the owner's border. One more needs a review of what it checks and a line here.
DEFINER_FUNCTIONS = {
    *("audit_entry_queue", "audit_payload_belongs", "audit_is_append_only", "audit_must_cover"),
    "log_state",
    *("audit_link_belongs", "log_said", "log_shows", "entry_to_prove", "referral_evidence"),
    *("log_uncovered_since", "store_cosignature"),
    *("erasure_approved", "erase_payloads", "audit_keys"),
    *("door_in_chain", "log_accused", "log_hides", "log_first_uid", "log_reading_recorded", "case_log", "case_readers"),
    *("log_entries", "log_patterns", "log_volume"),
    *("regulation_is_immutable", "referral_keeps_its_past"),
    *("door_mac", "door_actor", "door_has_role", "door_enter", "end_session"),
    *("door_denied", "door_holds", "door_keeps", "door_may_see"),
    *("read_section_history", "replace_consent", "consents_ending"),
    *("door_erasing", "door_is_over", "kept_categories", "erase_parts", "de_identify", "retention_state"),
    *("retention_owners", "retention_drafts", "erase_draft"),
    *("open_subject", "audit_key", "section_keys", "write_section", "read_sections"),
    *("stage_grants", "open_grants", "end_grants", "end_consents", "referral_consents"),
    *("note_key", "write_note", "read_notes"),
    *("take_due", "fire_step", "worker_lag"),
    *("denied_to", "door_hidden", "door_barred", "door_conflicted", "agency_and_above", "mark_account"),
    *("code_is_spoken", "subject_of_code"),
    *("declare_conflict", "door_suspended", "door_is_fresh", "set_emergency_tasks", "open_emergency"),
    *("begin_disclosure", "emergency_is_reviewed"),
    *("search_forgets", "mark_section", "find_cases"),
    "records_named_alike",
    *("own_sessions", "set_own_password", "door_manages", "place_person", "make_person", "invite_person"),
    *("leave_agency", "let_in", "invited", "accept_invitation"),
    *("door_asked", "open_tasks", "door_held", "hold_case", "nothing_goes_out_of_a_hold"),
}
INVOKER_FUNCTIONS = {"roles_of_case_work", "audit_append", "door_agency", "door_person", "door_desk"}

OWNERSHIP = {"subject", "case_id", "owner_id", "agency_id", "sender_id", "recipient_id"}
WITHOUT_ROW_SECURITY = {
    **{name: "public within the hub" for name in ("agency_area", "agency_former_name", "agency_service", "desk")},
    "account": "read before anybody acts; rights by column",
    "audit_entry": "every actor appends; only the log's and the auditor's role read",
    "audit_payload": "every actor appends, sealed; only the log's and the auditor's role read",
    "audit_subject": "written by a trigger, read by the commit check",
}
UNAUDITED = {
    "spoken_code": "written by a trigger with the case or referral, which are audited",
    "data_key": "written with the subject or section it belongs to, which is audited; deleted with an entry of erasure",
    "register_row": "points to rows that are audited",
    "referral_watch": "a timer, derived from the referral",
    "search_mark": "keyed hashes of a section, written with it by the door, which asks for its entry",
}
#: What a recipient may read of a referral before and after its grants; tests/database shows that it sees no other.
READ_BY_RECIPIENTS = ("referral", "referral_event", "access_grant", "deadline_step", "referral_assignment")
COMMANDS = {"SELECT": "r", "INSERT": "a", "UPDATE": "w", "DELETE": "d"}


@pytest.fixture(scope="module")
def catalogue(installation: Trial) -> Iterator[psycopg.Connection]:
    with installation.admin(installation.name) as connection:
        yield connection


def _owned() -> set[str]:
    return {name for name, table in tables.metadata.tables.items() if OWNERSHIP & set(table.columns.keys())}


def test_the_functions_with_rights_of_their_own_are_a_closed_list(catalogue: psycopg.Connection) -> None:
    found = catalogue.execute(
        "SELECT proname, prosecdef FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
    ).fetchall()
    assert {name for name, definer in found if definer} == DEFINER_FUNCTIONS
    assert {name for name, definer in found if not definer} == INVOKER_FUNCTIONS


def test_each_belongs_to_the_door_fixes_its_search_path_and_is_closed_to_the_public(
    catalogue: psycopg.Connection,
) -> None:
    found = catalogue.execute(
        """SELECT p.oid::regprocedure::text, p.proowner::regrole::text, p.proconfig,
                  p.prosqlbody IS NOT NULL,   -- bound to what it names when it was made
                  EXISTS (SELECT 1 FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
                          WHERE a.grantee = 0)
           FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace"""
    ).fetchall()
    assert found
    for name, owner, settings, bound, public in found:
        assert owner == f"{PREFIX}_door", name
        assert bound or "search_path=public, pg_temp" in (settings or []), name
        assert not public, name


def test_the_door_owns_no_table_logs_in_nowhere_and_passes_no_policy(catalogue: psycopg.Connection) -> None:
    flags = "SELECT rolcanlogin, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = %s"
    for role in ("door", "owner"):
        assert catalogue.execute(flags, [f"{PREFIX}_{role}"]).fetchone() == (False,) * 5
    owned = "SELECT relname FROM pg_class WHERE relowner = %s::regrole"
    assert catalogue.execute(owned, [f"{PREFIX}_door"]).fetchall() == []
    makes = "SELECT has_schema_privilege(%s, 'public', 'CREATE')"
    for role in ("door", "app", "stat", "log", "auditor", "backup"):
        assert catalogue.execute(makes, [f"{PREFIX}_{role}"]).fetchone() == (False,), role


def test_nobody_is_a_member_of_another_role_of_the_hub(catalogue: psycopg.Connection) -> None:
    found = catalogue.execute(
        "SELECT m.roleid::regrole::text, m.member::regrole::text FROM pg_auth_members m"
        " WHERE starts_with(m.roleid::regrole::text, %s) AND starts_with(m.member::regrole::text, %s)",
        [f"{PREFIX}_", f"{PREFIX}_"],
    ).fetchall()
    assert found == []


def test_every_table_that_says_whose_it_is_has_row_security_forced(catalogue: psycopg.Connection) -> None:
    flags = dict(
        catalogue.execute(
            "SELECT relname, relrowsecurity AND relforcerowsecurity FROM pg_class"
            " WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
        ).fetchall()
    )
    assert {name for name in _owned() if not flags[name]} == set(WITHOUT_ROW_SECURITY)


def test_every_such_table_is_audited(catalogue: psycopg.Connection) -> None:
    audited = {
        name
        for (name,) in catalogue.execute(
            "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'audited'"
            " AND tgdeferrable AND tginitdeferred AND tgenabled = 'O'"
            " AND (tgtype & 4) > 0 AND (tgtype & 8) > 0 AND (tgtype & 16) > 0"
        )
    }
    assert _owned() - audited == {name for name in WITHOUT_ROW_SECURITY if name.startswith("audit_")} | set(UNAUDITED)


def _rights(catalogue: psycopg.Connection) -> set[tuple[str, str, str]]:
    """(table, role, command) wherever a role of the hub has the right, on the table or on a column."""
    found = set()
    for role in ("app", "door", "stat", "log", "auditor", "owner"):
        for command in COMMANDS:
            columns = (
                "false" if command == "DELETE" else f"has_any_column_privilege('{PREFIX}_{role}', oid, '{command}')"
            )
            rows = catalogue.execute(
                f"SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity"
                f" AND (has_table_privilege('{PREFIX}_{role}', oid, '{command}') OR {columns})".encode()
            )
            found |= {(name, role, command) for (name,) in rows}
    return {right for right in found if right[1] != "owner"}


def _policies(catalogue: psycopg.Connection) -> set[tuple[str, str, str]]:
    rows = catalogue.execute("SELECT tablename, roles, cmd FROM pg_policies WHERE schemaname = 'public'").fetchall()
    return {(table, role.removeprefix(f"{PREFIX}_"), command) for table, roles, command in rows for role in roles}


def test_every_right_on_a_guarded_table_has_its_policy(catalogue: psycopg.Connection) -> None:
    assert _rights(catalogue) - _policies(catalogue) == set()


def test_no_policy_is_written_for_a_right_that_nobody_has(catalogue: psycopg.Connection) -> None:
    assert _policies(catalogue) - _rights(catalogue) == set()


def test_no_policy_speaks_of_everybody(catalogue: psycopg.Connection) -> None:
    assert "public" not in {role for _, role, _ in _policies(catalogue)}


def test_the_application_deletes_and_truncates_nothing(catalogue: psycopg.Connection) -> None:
    found = catalogue.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND"
        " (has_table_privilege(%s, oid, 'DELETE') OR has_table_privilege(%s, oid, 'TRUNCATE'))",
        [f"{PREFIX}_app", f"{PREFIX}_app"],
    ).fetchall()
    assert found == []


def _facts_about_a_person() -> Mapping[str, str]:
    """column name -> where it belongs: fields of the data categories, and the coded facts of cases and contacts."""
    regulation = shipped()
    found = {}
    for code, entry in regulation.codes("data_categories").items():
        if code not in regulation.implied_categories:
            found |= dict.fromkeys(entry.raw.get("fields", ()), code)
    routing = {"id", "survivor", "case_id", "owner_id", "agency_id", "imported", "recorded_at", "recorded_by"}
    routing |= {"regulation_id", "outcome"}  # the outcome of a referral is a code of its service, not of a contact
    for table in ("case_fact", "contact"):
        found |= dict.fromkeys(set(tables.metadata.tables[table].columns.keys()) - routing, table)
    return found


def test_no_column_that_a_recipient_reads_belongs_to_a_data_category() -> None:
    facts = _facts_about_a_person()
    assert {"full_name", "safe_phone", "sex", "age_band", "gbv_type", "risk_level", "address"} <= set(facts)
    for table in READ_BY_RECIPIENTS:
        columns = set(tables.metadata.tables[table].columns.keys())
        assert columns & set(facts) == set(), table


def test_a_header_holds_codes_ids_times_and_no_free_text() -> None:
    """The whole list: a new column of these tables is looked at by whoever adds it here."""
    routing = {
        *("id", "code", "case_id", "owner_id", "case_code", "sender_id", "recipient_id", "desk_id", "service"),
        *("purpose", "urgency", "status", "version", "reason", "outcome", "successor_id", "created_at", "sent_at"),
        *("acknowledged_at", "first_accepted_at", "first_started_at", "ended_at", "acknowledge_due", "act_due"),
        *("act_met_at", "access_ended_at", "regulation_id", "imported"),
    }
    steps = {
        *("id", "referral_id", "case_id", "verb", "from_status", "to_status", "occurred_at", "recorded_at"),
        *("agency_id", "actor", "actor_name", "reason", "outcome", "noted", "imported", "entry_uid"),
    }
    assert set(tables.metadata.tables["referral"].columns.keys()) <= routing
    assert set(tables.metadata.tables["referral_event"].columns.keys()) <= steps


def test_every_data_category_that_holds_content_has_a_schema() -> None:
    regulation = shipped()
    contentless = regulation.implied_categories | {"aggregate"}
    assert set(regulation.codes("data_categories")) - contentless == set(SCHEMAS)


def test_every_model_says_which_class_its_table_is() -> None:
    silent = []
    for mapper in Base.registry.mappers:
        module = importlib.import_module(mapper.class_.__module__)
        said = f"{mapper.class_.__doc__} {module.__doc__}".lower()
        if not re.search(r"class: (sections|routing|facts|plumbing)", said):
            silent.append(mapper.class_.__name__)
    assert silent == []
