"""Health status and treatment."""

from schemas.fields import LongText, Text, Whole
from schemas.sections.base import SectionSchema


class Medical(SectionSchema):
    """Health status and treatment."""

    injuries = LongText(4_000, "Thương tích", "Injuries")
    pregnancy = Text(300, "Thai kỳ", "Pregnancy")
    treatment = LongText(4_000, "Khám, điều trị", "Treatment")
    hours_since_incident = Whole(0, 100_000, "Số giờ từ khi xảy ra", "Hours since the incident")
