"""The views of the statistics role. Columns carry the names of the regulation's facts, times and persons."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Boolean, Column, DateTime, MetaData, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY

# A metadata of its own: the views are made by the migrations' SQL and are no tables of the hub.
_METADATA = MetaData()


def _view(name: str, *, times: str, codes: str = "", flags: str = "", lists: str = "", persons: str = "") -> Table:
    return Table(
        f"stat_{name}",
        _METADATA,
        Column("id", Uuid),
        Column("agency_ids", ARRAY(Uuid)),
        *(Column(column, DateTime(timezone=True)) for column in times.split()),
        *(Column(column, Text) for column in codes.split()),
        *(Column(column, Boolean) for column in f"imported {flags}".split()),
        *(Column(column, ARRAY(Text)) for column in lists.split()),
        *(Column(column, Uuid) for column in persons.split()),
    )


#: kind of record of the regulation -> the view that holds its records
VIEWS: Mapping[str, Table] = {
    "contact": _view(
        "contact",
        times="received_at",
        codes="channel caller_kind triage contact_outcome gbv_type area outreach_channel",
        flags="related_to_gender",
    ),
    "referral": _view(
        "referral",
        times="sent_at acknowledged_at first_accepted_at ended_at",
        codes="service urgency status sender_type recipient_type decline_reason risk_level gbv_type area"
        " statistics_consent",
        flags="acknowledged_in_time acknowledge_due_past",
        lists="ever",
        persons="survivor",
    ),
    "service_episode": _view(
        "service_episode",
        times="first_started_at ended_at received_at",
        codes="service provider_type risk_level gbv_type area statistics_consent",
        flags="on_site",
        persons="survivor perpetrator",
    ),
    "disclosure": _view(
        "disclosure",
        times="disclosed_at",
        codes="statistics_consent",
        flags="reviewed_in_time review_due_past",
        persons="survivor",
    ),
    "consent": _view("consent", times="given_at withdrawn_at", codes="statistics_consent", persons="survivor"),
}

#: kind of record -> its facts, times and persons
FACTS_OF: Mapping[str, frozenset[str]] = {
    kind: frozenset(view.c.keys()) - {"id", "agency_ids"} for kind, view in VIEWS.items()
}
