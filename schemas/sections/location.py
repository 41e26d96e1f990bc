"""Where she is now; never a shelter site."""

from schemas.fields import Text
from schemas.sections.base import SectionSchema


class Location(SectionSchema):
    """Where she is now; never a shelter site."""

    current_place = Text(500, "Nơi đang ở hiện tại", "Current place")
