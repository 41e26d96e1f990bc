"""Where she lives; the area may be a unit of today or a former district of an old record."""

from schemas.fields import Code, Text
from schemas.sections.base import SectionSchema


class Residence(SectionSchema):
    """Where she lives; the area may be a unit of today or a former district of an old record."""

    commune_code = Code(("admin_units.units", "areas_former"), "Xã, phường, đặc khu", "Commune-level unit")
    address = Text(300, "Địa chỉ", "Address")
