"""The one letter that everybody but her gets. Pure: it takes nothing, so it can say nothing about anybody."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter without a name, a number or a date; who signs it adds the date by hand."""

    title: str
    paragraphs: tuple[str, ...]
    signed_by: str


#: locale -> the letter. It takes no argument on purpose: whether there is a record cannot change a letter of it.
LETTERS: Mapping[str, Letter] = {
    "vi": Letter(
        "Trả lời yêu cầu về dữ liệu cá nhân",
        (
            "Kính gửi Ông/Bà,",
            "Chúng tôi đã nhận được yêu cầu của Ông/Bà về dữ liệu cá nhân.",
            "Chúng tôi chỉ trao đổi về dữ liệu cá nhân với chính người có dữ liệu đó. Với mọi người khác,"
            " câu trả lời của chúng tôi luôn là thư này, dù người được hỏi là ai"
            " và dù chúng tôi có giữ dữ liệu nào hay không.",
            "Vì vậy, không thể hiểu thư này là chúng tôi có hay không có dữ liệu về một người nào.",
            "Nếu không đồng ý với câu trả lời này, Ông/Bà có thể khiếu nại đến cơ quan có thẩm quyền về bảo vệ dữ liệu"
            " cá nhân.",
        ),
        "Người phụ trách bảo vệ dữ liệu cá nhân",
    ),
    "en": Letter(
        "Answer to a request about personal data",
        (
            "Dear Sir or Madam,",
            "We have received your request about personal data.",
            "We speak about personal data with the person alone whose data it is. To everybody else our answer is"
            " always this letter, whoever was asked about and whether or not we hold any data.",
            "This letter therefore does not mean that we hold, or do not hold, data about anybody.",
            "If you do not agree with this answer, you can complain to the authority for the protection of personal"
            " data.",
        ),
        "Data-protection officer",
    ),
}
