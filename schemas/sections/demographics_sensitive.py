"""Ethnicity, religion, sexual orientation and gender identity, in her own words."""

from schemas.fields import Text
from schemas.sections.base import SectionSchema


class DemographicsSensitive(SectionSchema):
    """Ethnicity, religion, sexual orientation and gender identity, in her own words."""

    ethnicity = Text(80, "Dân tộc", "Ethnicity")
    religion = Text(80, "Tôn giáo", "Religion")
    sogi = Text(200, "Xu hướng tính dục, bản dạng giới", "Sexual orientation, gender identity")
