"""Number and picture of her identity paper."""

from schemas.fields import AttachmentId, Identifier
from schemas.sections.base import SectionSchema


class IdentityDoc(SectionSchema):
    """Number and picture of her identity paper."""

    personal_id_number = Identifier("Số định danh cá nhân, số giấy tờ", "Personal identity number")
    id_image = AttachmentId("Ảnh giấy tờ", "Picture of the paper")
