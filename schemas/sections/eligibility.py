"""What entitles her to aid."""

from schemas.fields import Flag
from schemas.sections.base import SectionSchema


class Eligibility(SectionSchema):
    """What entitles her to aid."""

    poor_household = Flag("Hộ nghèo", "Poor household")
    near_poor = Flag("Hộ cận nghèo", "Near-poor household")
    monthly_social_allowance = Flag("Đang hưởng trợ cấp xã hội hằng tháng", "Receives a monthly social allowance")
    disability_certificate = Flag("Có giấy xác nhận khuyết tật", "Has a disability certificate")
