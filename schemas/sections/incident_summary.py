"""What happened, by codes alone, without a narrative."""

from schemas.fields import Code, Many, PartialDate
from schemas.sections.base import SectionSchema


class IncidentSummary(SectionSchema):
    """What happened, by codes alone, without a narrative."""

    gbv_type = Code("gbv_types", "Loại bạo lực", "Type of violence")
    dv_acts = Many(Code("dv_acts"), 30, "Hành vi bạo lực gia đình", "Acts of domestic violence")
    incident_date = PartialDate("Ngày xảy ra", "Date of the incident")
    commune_code = Code(
        ("admin_units.units", "areas_former"), "Nơi xảy ra (xã, phường, đặc khu)", "Commune of the incident"
    )
    relationship = Code(
        "relationships", "Quan hệ với người có hành vi bạo lực", "Relationship to the person who used violence"
    )
    context_flags = Many(Code("case_contexts"), 30, "Bối cảnh", "Context")
