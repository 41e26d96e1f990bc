"""What she does when it becomes dangerous."""

from schemas.fields import LongText
from schemas.sections.base import SectionSchema


class SafetyPlan(SectionSchema):
    """What she does when it becomes dangerous."""

    safety_plan = LongText(10_000, "Kế hoạch an toàn", "Safety plan")
