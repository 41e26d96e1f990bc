"""Format of the sections on urgency, deadlines, the calendar and how long records are kept."""

from __future__ import annotations

from collections.abc import Mapping

from ..calendar import WEEKDAYS
from ..spec import Day, Either, Entry, Flag, Many, Named, Ref, Spec, When, Whole, Word
from .parts import (
    AGENCY_TYPES,
    CERT,
    CLOCK,
    CLOCK_NAME,
    LABEL,
    LENGTH,
    NO_TEXT,
    REMARKS,
    ROLE,
    SERVICE,
    SIDE,
    STATUS,
    TEXT,
    URGENCY,
    VERBS,
    Zone,
    coded,
)

_LADDER = Many(Entry({"after": LENGTH, "side": SIDE, "role": ROLE}))
_REMINDERS = Named(CLOCK_NAME, Many(LENGTH))
_ESCALATE = Named(CLOCK_NAME, _LADDER)
_LOWERING = Entry({"role": ROLE, "reason": Word(("required", "optional"))})
_IMPLIES_URGENCY: Mapping[str, Spec] = {"when": When(), "at_least": URGENCY}

META: Mapping[str, Spec] = {
    "meta": Entry(
        {
            "id": TEXT,
            "schema_version": Word((2,)),
            "version": TEXT,
            "status": Word(("draft", "approved", "in_force", "superseded")),
            "title": LABEL,
            "province": Entry({"code": TEXT}, label=True),
            "time_zone": Zone(),
            "effective_from": Either((NO_TEXT, Day())),
            "legal_instrument": Entry({"number": Either((NO_TEXT, TEXT)), "issuer": LABEL}, REMARKS),
        }
    ),
}

TIMES: Mapping[str, Spec] = {
    "urgency_levels": coded(
        "urgency_levels",
        {
            "order": Whole(),
            "acknowledge": LENGTH,
            "act": LENGTH,
            "clock": CLOCK,
            "phone_first": Flag(),
            "reminders": _REMINDERS,
            "escalate": _ESCALATE,
        },
    ),
    "urgency_rules": coded("urgency_rules", _IMPLIES_URGENCY, least=0),
    "urgency_lowering": _LOWERING,
    "service_overrides": Many(
        Entry(
            {"service": SERVICE, "to": AGENCY_TYPES, "clock": CLOCK, "legal": Flag(), "starts": Word(("sent_at",))},
            {
                **REMARKS,
                "acknowledge": LENGTH,
                "act": LENGTH,
                "when": When(),
                "legal_start": LABEL,
                "met_by": Named(CLOCK_NAME, VERBS),
                "outcomes": Many(Ref(("service_outcomes",)), least=1),
                "reminders": _REMINDERS,
                "escalate": _ESCALATE,
            },
        )
    ),
    "deadline_rules": Entry(
        {
            "starts": Word(("sent_at",)),
            "stricter_wins": Word((True,)),
            "met_by": Entry({"acknowledge": VERBS, "act": VERBS}),
            "ended_by": VERBS,
            "stops": Many(Entry({"status": STATUS, "clocks": Many(CLOCK_NAME, least=1)}, {"when": When()})),
            "legal_never_stops": Word((True,)),
            "imported_records": Word(("none",)),
            "skip": Entry(
                {"who": Many(Word(("denied", "conflict_declared"))), "then": Word(("next_step_up",))},
            ),
        },
        {"cert": CERT},
    ),
    "calendar": Entry(
        {
            "working_week": Many(Word(WEEKDAYS), least=1),
            "sending_day_counts": Word((False,)),
            "due_at": Word(("24:00",)),
            "provisional_counts": Flag(),
            "holidays": Many(Entry({"from": Day(), "to": Day()}, {"provisional": Flag()}, label=True), least=1),
            "working_saturdays": Many(Entry({"day": Day(), "for": Day()}, {"provisional": Flag()})),
        },
        {**REMARKS, "source": TEXT},
    ),
    "statutory_deadlines": coded(
        "statutory_deadlines",
        optional={
            "value": LENGTH,
            "third_party": LENGTH,
            "extension_once": LENGTH,
            "clock": CLOCK,
            "distance_m": Whole(1),
            "text": LABEL,
            "form": Ref(("official_documents",)),
        },
    ),
    "hub_stricter_defaults": coded("hub_stricter_defaults", {"value": LENGTH, "clock": CLOCK}),
    "retention": coded(
        "retention",
        {
            "keep": LENGTH,
            "clock": CLOCK,
            "from": Word(("case_closed", "last_change", "received_at", "entry_at")),
            "then": Word(("erase", "de_identify")),
        },
        {"until_age": Whole(1)},
    ),
    "retention_skips": Many(Word(("imported",))),
    "risk_levels": coded("risk_levels", {"order": Whole(), "review_every": LENGTH, "clock": CLOCK}),
    "risk_signs": coded("risk_signs", optional={"at_least": Ref(("risk_levels",))}),
    "risk_lowering": _LOWERING,
    "age_bands": coded("age_bands", {"at_least": Whole(), "below": Whole(1)}),
}
