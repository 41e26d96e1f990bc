"""What she needs to be able to use a service."""

from schemas.fields import Code, Flag, Text
from schemas.sections.base import SectionSchema


class AccessNeeds(SectionSchema):
    """What she needs to be able to use a service."""

    language = Text(80, "Ngôn ngữ", "Language")
    interpreter = Flag("Cần phiên dịch", "Needs an interpreter")
    disability_support = Text(500, "Hỗ trợ do khuyết tật", "Support because of a disability")
    preferred_worker_sex = Code("sexes", "Muốn gặp nhân viên là", "Wishes to meet a worker who is")
