"""Format of the sections on violence, the steps of cases and referrals, first contacts, letters."""

from __future__ import annotations

from collections.abc import Mapping

from ..spec import Entry, Flag, ListName, Many, Named, Ref, Spec, Text, When, Whole, Word
from .parts import (
    AGENCY_TYPES,
    CATEGORIES,
    CLOCK,
    LABEL,
    LENGTH,
    REMARKS,
    ROLE,
    SERVICE_OR_ANY,
    SIDE,
    STATUS,
    TEXT,
    URGENCY,
    VERBS,
    CodeText,
    coded,
)

__all__ = ["CLASSIFICATIONS", "CONTACTS", "LABEL", "WORKFLOW"]

_OBLIGES: Mapping[str, Spec] = {"must_redirect": Flag()}

CLASSIFICATIONS: Mapping[str, Spec] = {
    "gbv_types": coded("gbv_types", {"order": Whole()}),
    "case_contexts": coded("case_contexts"),
    "dv_acts": coded("dv_acts", {"hint": Many(Ref(("gbv_types",)), least=1)}, {"legal_point": TEXT}),
    "dv_act_scope": Many(
        Entry(
            {"relationship": Ref(("relationships",)), "points_by_reference": Many(Ref(("dv_acts",)), least=1)},
            {**REMARKS, "only": TEXT},
        )
    ),
    "relationships": coded("relationships"),
    "sexes": coded("sexes"),
}

WORKFLOW: Mapping[str, Spec] = {
    "case_steps": coded("case_steps"),
    "referral_statuses": coded(
        "referral_statuses",
        {"recipient_sees": Word(("nothing", "preview", "granted", "status"))},
        {"initial": Flag(), "final": Flag()},
    ),
    "transition_needs": coded("transition_needs"),
    "transition_effects": coded("transition_effects"),
    "transitions": Many(
        Entry(
            {"verb": CodeText(), "by": Many(SIDE, least=1), "from": Many(STATUS, least=1), "to": STATUS},
            {
                **REMARKS,
                "when": When(),
                "needs": Many(Ref(("transition_needs",)), least=1),
                "reason": ListName(),
                "outcome": ListName(),
                "effects": Many(Ref(("transition_effects",)), least=1),
            },
            label=True,
        ),
        least=1,
    ),
    "transition_times": Named(Text(), VERBS),
    "decline_reasons": coded("decline_reasons", _OBLIGES),
    "decline_rules": coded(
        "decline_rules", {"when": When(), "only_reasons": Many(Ref(("decline_reasons",)), least=1)}, least=0
    ),
    "hold_reasons": coded("hold_reasons"),
    "not_completed_reasons": coded("not_completed_reasons", _OBLIGES),
    "cancel_reasons": coded("cancel_reasons"),
    "void_reasons": coded("void_reasons"),
    "close_reasons": coded("close_reasons"),
    "closure_reasons": coded("closure_reasons", optional={"after": LENGTH, "clock": CLOCK, "approver": ROLE}),
    "closure_checklist": coded("closure_checklist"),
}

CONTACTS: Mapping[str, Spec] = {
    "caller_kinds": coded("caller_kinds", {"reporter": Flag()}),
    "silent_calls": Entry({"link_by": Word(("keyed_hash_of_number",)), "visible_to": Word(("own_agency",))}),
    "triage_levels": coded("triage_levels", {"order": Whole(), "urgency": URGENCY}),
    "triage_rules": coded("triage_rules", {"when": When(), "at_least": Ref(("triage_levels",))}, least=0),
    "contact_outcomes": coded(
        "contact_outcomes",
        optional={"handover": Ref(("contact_handovers",)), "task": Flag(), "opens_case": Flag()},
    ),
    "contact_handovers": coded(
        "contact_handovers",
        {
            "to": AGENCY_TYPES,
            "carries": CATEGORIES,
            "with_name": Entry(
                {"when": When(), "self": CATEGORIES, "reporter": CATEGORIES, "reporter_only_to": AGENCY_TYPES}
            ),
            "urgency": Word(("from_triage",)),
            "at_least": URGENCY,
            "counted_with": Word(("referrals",)),
        },
    ),
    "call_back": Entry(
        {
            "due": LENGTH,
            "clock": CLOCK,
            "only_in": Ref(("contact_plan",)),
            "tries": Whole(1),
            "between_tries": LENGTH,
            "after_last_try": ROLE,
            "shown_in": Word(("shift_handover",)),
        },
        REMARKS,
    ),
    "intake_channels": coded("intake_channels"),
    "outreach_channels": coded("outreach_channels"),
    "official_documents": coded(
        "official_documents", {"for": Many(SERVICE_OR_ANY, least=1), "number_and_stamp": Flag()}
    ),
}
