"""The duress word and the questions that tell her from somebody else; only the owner ever reads them."""

from schemas.fields import Entry, Many, Text
from schemas.sections.base import SectionSchema


class CheckQuestion(SectionSchema):
    """One question with the answer that she agreed on; one without the other checks nothing."""

    question = Text(200, "Câu hỏi", "Question", required=True)
    answer = Text(200, "Câu trả lời", "Answer", required=True)


class ContactCheck(SectionSchema):
    """The duress word and the questions that tell her from somebody else; only the owner ever reads them."""

    duress_word = Text(60, "Từ báo động", "Duress word")
    check_questions = Many(Entry(CheckQuestion), 5, "Câu hỏi kiểm tra", "Check questions")
