"""The contact rule: how to reach her without danger."""

from schemas.fields import Flag, Phone, Text
from schemas.sections.base import SectionSchema


class Contact(SectionSchema):
    """The contact rule: how to reach her without danger."""

    safe_phone = Phone("Số điện thoại an toàn", "Safe telephone number")
    safe_times = Text(300, "Giờ gọi an toàn", "Safe times to call")
    may_leave_message = Flag("Có thể để lại tin nhắn", "A message may be left")
    pretext = Text(300, "Cách xưng khi gọi", "Who to say is calling")
    do_not_contact = Flag("Không liên hệ", "Do not contact")
