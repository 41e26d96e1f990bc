"""Age band and sex of the survivor."""

from schemas.fields import Code
from schemas.sections.base import SectionSchema


class DemographicsMin(SectionSchema):
    """Age band and sex of the survivor."""

    age_band = Code("age_bands", "Nhóm tuổi", "Age band")
    sex = Code("sexes", "Giới tính", "Sex")
