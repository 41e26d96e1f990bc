"""Medico-legal findings and evidence."""

from schemas.fields import AttachmentId, LongText, Many, Text
from schemas.sections.base import SectionSchema


class Forensic(SectionSchema):
    """Medico-legal findings and evidence."""

    medico_legal_report = LongText(10_000, "Kết luận giám định, giấy chứng nhận thương tích", "Medico-legal report")
    evidence_list = Many(Text(300), 100, "Danh mục chứng cứ", "List of evidence")
    photos = Many(AttachmentId(), 100, "Ảnh", "Photographs")
