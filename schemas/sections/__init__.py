"""The content of each data category of the regulation that holds content: one schema each, and one door to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError

from schemas.sections.access_needs import AccessNeeds
from schemas.sections.base import FieldShape, SectionSchema, shape_of
from schemas.sections.child import Children
from schemas.sections.contact import Contact
from schemas.sections.contact_check import ContactCheck
from schemas.sections.demographics_min import DemographicsMin
from schemas.sections.demographics_sensitive import DemographicsSensitive
from schemas.sections.eligibility import Eligibility
from schemas.sections.forensic import Forensic
from schemas.sections.guardian import Guardian
from schemas.sections.identity import Identity
from schemas.sections.identity_doc import IdentityDoc
from schemas.sections.incident_detail import IncidentDetail
from schemas.sections.incident_summary import IncidentSummary
from schemas.sections.legal import Legal
from schemas.sections.location import Location
from schemas.sections.medical import Medical
from schemas.sections.perpetrator import Perpetrator
from schemas.sections.psychosocial import Psychosocial
from schemas.sections.reporter import Reporter
from schemas.sections.residence import Residence
from schemas.sections.risk import Risk
from schemas.sections.safety_plan import SafetyPlan
from schemas.sections.shelter_site import ShelterSite
from schemas.wording import Wording

SCHEMAS: Mapping[str, type[SectionSchema]] = {
    "demographics_min": DemographicsMin,
    "identity": Identity,
    "identity_doc": IdentityDoc,
    "demographics_sensitive": DemographicsSensitive,
    "contact": Contact,
    "residence": Residence,
    "location": Location,
    "incident_summary": IncidentSummary,
    "incident_detail": IncidentDetail,
    "risk": Risk,
    "safety_plan": SafetyPlan,
    "medical": Medical,
    "forensic": Forensic,
    "psychosocial": Psychosocial,
    "legal": Legal,
    "eligibility": Eligibility,
    "child": Children,
    "guardian": Guardian,
    "perpetrator": Perpetrator,
    "access_needs": AccessNeeds,
    "contact_check": ContactCheck,
    "shelter_site": ShelterSite,
    "reporter": Reporter,
}

SHAPES: Mapping[str, tuple[FieldShape, ...]] = {category: shape_of(schema) for category, schema in SCHEMAS.items()}

FIELD_LABELS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    category: {field.name: (field.vi, field.en) for field in shape} for category, shape in SHAPES.items()
}

_UNKNOWN_CATEGORY = Wording("Không có nhóm thông tin này.", "There is no such data category.")


def version(category: str) -> int:
    """The version of the schema that `load` applies to `category`; stored with each section."""
    return SCHEMAS[category].VERSION


def load(category: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """The content of a section as it is kept: JSON-ready, normalised, without what nobody filled.

    Raises marshmallow's ValidationError; `schemas.wording.in_locale` turns its messages into one language.
    """
    schema = SCHEMAS.get(category)
    if schema is None:
        raise ValidationError(_UNKNOWN_CATEGORY, "category")
    loaded: dict[str, Any] = schema().load(data)
    return loaded
