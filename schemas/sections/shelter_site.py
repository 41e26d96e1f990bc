"""Where she is sheltered."""

from schemas.fields import Text
from schemas.sections.base import SectionSchema


class ShelterSite(SectionSchema):
    """Where she is sheltered."""

    shelter_site = Text(500, "Nơi tạm lánh", "Shelter site")
