"""Who represents or looks after her or the child."""

from schemas.fields import Flag, Text
from schemas.sections.base import SectionSchema


class Guardian(SectionSchema):
    """Who represents or looks after her or the child."""

    guardian_name = Text(200, "Họ và tên người giám hộ, người đại diện", "Name of the guardian or representative")
    relation = Text(120, "Quan hệ", "Relation")
    guardian_contact = Text(300, "Cách liên hệ", "How to reach them")
    is_alleged_perpetrator = Flag("Là người bị cho là có hành vi bạo lực", "Is the person said to have used violence")
