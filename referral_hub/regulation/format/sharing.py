"""Format of the sections on who exists, what is known about a person, and who may be told."""

from __future__ import annotations

from collections.abc import Mapping

from ..spec import Day, Either, Entry, Flag, ListName, Many, Named, Ref, Spec, Text, When, Whole, Word
from .parts import (
    AGENCY_TYPE,
    AGENCY_TYPES,
    CATEGORIES,
    CATEGORY,
    CERT,
    CLOCK,
    EXCEPTION,
    LABEL,
    LENGTH,
    REMARKS,
    ROLE,
    SERVICE,
    SERVICE_OR_ANY,
    SIDE,
    TEXT,
    CodeText,
    coded,
)

FIELDS = Many(Text(), least=1)
SECTOR = Ref(("sectors",))

PEOPLE: Mapping[str, Spec] = {
    "facts": coded(
        "facts",
        {"type": Word(("code", "list", "number", "flag"))},
        {"of": Either((Many(ListName(), least=1), ListName())), "values": Many(CodeText(), least=1), "unit": TEXT},
    ),
    "sectors": coded("sectors"),
    "agency_roles": coded("agency_roles"),
    "sides": coded("sides"),
    "legal_sources": coded("legal_sources", optional={"in_force": Day(), "repealed": Day()}),
    "agency_types": coded(
        "agency_types",
        {"sector": SECTOR, "role": Ref(("agency_roles",)), "data_access": Word(("case", "own", "aggregate"))},
    ),
    "former_names": Many(
        Entry({"now": AGENCY_TYPE, "old_vi": TEXT, "old_en": TEXT, "until": Either((Word((None,)), Day()))}, REMARKS)
    ),
    "next_unit_up": Many(Entry({"from": AGENCY_TYPE, "to": AGENCY_TYPE}, REMARKS)),
    "essential_services": coded("essential_services", {"sector": SECTOR, "by": AGENCY_TYPES, "referable": Flag()}),
    "service_outcomes": coded("service_outcomes", {"for": Many(SERVICE_OR_ANY, least=1)}),
    "roles": coded("roles", {"may": LABEL}),
    "approver_chain": Entry(
        {
            "own_act": Flag(),
            "steps": Many(
                Entry(
                    {
                        "order": Whole(1),
                        "of": Word(("own_agency", "parent_agency", "coordinator")),
                        "role": Ref(("roles",), also=("named_role",)),
                    }
                ),
                least=1,
            ),
        },
        REMARKS,
    ),
    "special_protection": coded("special_protection"),
}

CATEGORIES_AND_MATRIX: Mapping[str, Spec] = {
    "data_categories": coded(
        "data_categories",
        {"class": Word(("basic", "sensitive", "none")), "handling": Word((0, 1, 2, 3, 4)), "fields": FIELDS},
    ),
    "implied_categories": CATEGORIES,
    "never_shared_by_default": CATEGORIES,
    "owner_only": CATEGORIES,
    "location_rule": Entry({"category": CATEGORY, "empty_while_sheltered": CATEGORY}, REMARKS, label=True),
    "contact_plan": coded("contact_plan", {"shared": Flag()}),
    "preview": Entry({"always": FIELDS, "if_granted": Named(CATEGORY, FIELDS), "recipient_sentence": LABEL}),
    "purposes": coded("purposes"),
    "need_to_know": Many(
        Entry(
            {
                "service": SERVICE,
                "to": AGENCY_TYPES,
                "purpose": Ref(("purposes",)),
                "min": CATEGORIES,
                "ask": CATEGORIES,
                "deny": CATEGORIES,
            },
            REMARKS,
        ),
        least=1,
    ),
    "aggregate_recipients": Entry(
        {
            "to": AGENCY_TYPES,
            "purpose": Ref(("purposes",)),
            "min": CATEGORIES,
            "deny_rest": Word((True,)),
            "record_level": Word((False,)),
        },
        REMARKS,
    ),
}

_INFORM = Entry(
    {"timing": Word(("before",)), "unless": Many(Ref(("inform_unless",)))},
    {"vi": TEXT, "en": TEXT},
)
_METHOD_OPTIONS: Mapping[str, Spec] = {
    "used_for": LABEL,
    "caution": TEXT,
    "default_on": Flag(),
    "confirm_within": LENGTH,
    "clock": CLOCK,
}

CONSENT: Mapping[str, Spec] = {
    "consent": Entry(
        {
            "scope": FIELDS,
            "must_state": FIELDS,
            "methods": coded("consent.methods", {"evidence": FIELDS}, _METHOD_OPTIONS),
            "rules": coded("consent.rules"),
            "default_validity": LENGTH,
            "clock": CLOCK,
            "reminders": Many(Entry({"before": LENGTH, "side": SIDE, "role": ROLE})),
            "statistics_consent_default": Word(("not_asked",)),
            "withdrawal": Entry(
                {
                    "check_questions": Whole(),
                    "otherwise_hold": Entry(
                        {
                            "sends": Word((False,)),
                            "reads": Word((False,)),
                            "safe_call_back_within": LENGTH,
                            "clock": CLOCK,
                        }
                    ),
                    "maybe_coerced": Entry({"when": When(), "task_for": ROLE}, label=True),
                    "representative_needs": ROLE,
                },
                REMARKS,
            ),
        },
        REMARKS,
    ),
    "minors": Entry(
        {
            "legal_child_under": Whole(1),
            "protocol_child_under": Whole(1),
            "data_law": Entry({"when": When(), "both": FIELDS}, REMARKS, label=True),
            "forms": coded("minors.forms"),
            "adult_forms": coded("minors.adult_forms"),
            "ladder": coded(
                "minors.ladder",
                {"when": When(), "child": Ref(("minors.forms",)), "adult": Ref(("minors.adult_forms",))},
            ),
            "conflict_rule": Entry(
                {"when": When(), "guardian_decides": Word((False,)), "use_exception": EXCEPTION}, REMARKS, label=True
            ),
        },
        REMARKS,
    ),
    "inform_unless": coded("inform_unless"),
    "consent_exceptions": coded(
        "consent_exceptions",
        {
            "limit": Word(("listed", "named_in_document", "need_to_know_min")),
            "approver": ROLE,
            "break_glass": Flag(),
            "inform_survivor": _INFORM,
            "review_by": ROLE,
            "review_within": LENGTH,
            "clock": CLOCK,
        },
        {
            "to": AGENCY_TYPES,
            "max": Many(Entry({"to": AGENCY_TYPES, "categories": CATEGORIES}), least=1),
            "only_from": AGENCY_TYPES,
            "never": CATEGORIES,
            "document_fields": FIELDS,
            "second_review": Entry({"by": ROLE, "within": LENGTH}),
            "beyond_data_access": Flag(),
            "hide_from": Many(Word(("accused_agency", "its_parents", "its_children")), least=1),
        },
    ),
    "emergency": Entry(
        {
            "disclosure": Entry(
                {
                    "grounds": Word(("break_glass",)),
                    "approver_told": Word(("same_transaction",)),
                    "waits_for_approver": Word((False,)),
                }
            ),
            "opening": Entry(
                {
                    "grounds": Many(EXCEPTION, least=1),
                    "needs": Many(Word(("exact_code", "ground", "reason", "sign_in_again")), least=1),
                    "reason_min_chars": Whole(1),
                    "window": LENGTH,
                    "clock": CLOCK,
                    "shows": Word(("max_of_ground",)),
                    "export": Flag(),
                    "onward_referral": Flag(),
                    "wrong_code_and_forbidden_look_alike": Word((True,)),
                    "told_at_once": Many(ROLE, least=1),
                }
            ),
            "review": Entry(
                {
                    "open_review_blocks": Word((False,)),
                    "overdue": Many(
                        Entry(
                            {
                                "after": Either((Word(("due",)), LENGTH)),
                                "effect": Word(("alert", "suspend_non_emergency_work")),
                            },
                            {"roles": Many(ROLE, least=1), "from": Word(("emergency_act",)), "given_back_by": ROLE},
                        )
                    ),
                    "counted": Flag(),
                    "clock": CLOCK,
                    "grounds_never_suspended": Many(EXCEPTION),
                }
            ),
            "denials": Entry(
                {"account": Word(("holds",)), "desk": Word(("holds",)), "unit": Word(("holds", "next_unit_up"))}
            ),
            "numbers": coded("emergency.numbers", {"number": TEXT}),
            "cert": CERT,
        }
    ),
    "open_legal_questions": coded("open_legal_questions", least=0),
}
