"""Who reported, where it was not the survivor."""

from schemas.fields import Code, Phone, Text
from schemas.sections.base import SectionSchema


class Reporter(SectionSchema):
    """Who reported, where it was not the survivor."""

    reporter_name = Text(200, "Họ và tên người báo tin", "Name of the person reporting")
    reporter_phone = Phone("Điện thoại người báo tin", "Telephone of the person reporting")
    reporter_relation = Code("caller_kinds", "Người báo tin là", "The person reporting is")
