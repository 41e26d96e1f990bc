"""What she has to hear before she answers, in plain words, in both languages. Pure.

Which parts have to be said is the regulation's (``consent.must_state``, PDPL2025 Art. 9); the words stand here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from referral_hub.kernel.errors import Sentence
from referral_hub.regulation.model import NeedToKnow, Regulation


@dataclass(frozen=True, slots=True)
class Asked:
    """What she is asked about: who keeps her record, who would get it, until when at most."""

    row: NeedToKnow
    owner: Sentence
    recipient: Sentence
    until: date


def read_aloud(regulation: Regulation, asked: Asked) -> tuple[Sentence, ...]:
    """The sentences to read out, in the order of ``consent.must_state``; a part nobody wrote words for is its code, so
    that a new duty of the regulation is never passed over in silence."""
    said = {
        "controller": _controller(asked),
        "purpose": _purpose(regulation, asked),
        "data_types": _data_types(regulation, asked),
        "sensitive_flag": Sentence(
            "Đây là thông tin riêng tư, pháp luật coi là dữ liệu cá nhân nhạy cảm và bảo vệ chặt hơn.",
            "This is private: the law calls it sensitive personal data and protects it more strictly.",
        ),
        "rights_and_duties": _rights(asked),
    }
    codes: Iterable[str] = regulation.raw["consent"]["must_state"]
    return tuple(said.get(code, Sentence(code, code)) for code in codes)


def _controller(asked: Asked) -> Sentence:
    owner, to = asked.owner, asked.recipient
    return Sentence(
        f"{owner.vi} giữ hồ sơ của chị. Nếu chị đồng ý, {owner.vi} chuyển thông tin cho {to.vi}, không cho ai khác.",
        f"{owner.en} keeps your record. If you agree, {owner.en} passes information to {to.en}, and to nobody else.",
    )


def _purpose(regulation: Regulation, asked: Asked) -> Sentence:
    row = asked.row
    service = regulation.codes("essential_services")[row.service].label
    purpose = regulation.codes("purposes")[row.purpose].label
    return Sentence(
        f"Để làm gì: {service.vi} ({purpose.vi}). Không dùng vào việc khác.",
        f"What for: {service.en} ({purpose.en}). It is used for nothing else.",
    )


def _data_types(regulation: Regulation, asked: Asked) -> Sentence:
    names = regulation.codes("data_categories")
    ask, least = (
        Sentence("; ".join(names[c].label.vi for c in codes), "; ".join(names[c].label.en for c in codes))
        for codes in (asked.row.ask_order, asked.row.min_order)
    )
    vi = f"Những thông tin có thể chuyển, chị chọn từng mục: {least.vi}."
    en = f"What may be passed on, you choose item by item: {least.en}."
    if asked.row.ask_order:
        vi += f" Những mục hỏi riêng, chị không đồng ý cũng được: {ask.vi}."
        en += f" I ask about these one by one, and you may say no: {ask.en}."
    return Sentence(vi, en)


def _rights(asked: Asked) -> Sentence:
    until = asked.until.strftime("%d/%m/%Y")
    return Sentence(
        "Chị được đồng ý một phần, hoặc từ chối: chị vẫn được hỗ trợ như vậy. Chị muốn dừng lúc nào cũng được,"
        " không cần nói lý do; từ lúc đó nơi nhận không xem được nữa, còn điều họ đã đọc thì không lấy lại được."
        " Chị được hỏi ai đã xem, được yêu cầu sửa hoặc xóa. Nơi nhận phải giữ kín. Khi có gì thay đổi, chị cho chúng"
        f" tôi biết. Lâu nhất là đến ngày {until}; trước đó chúng tôi sẽ hỏi lại chị.",
        "You may agree to a part, or say no: you are helped all the same. You may stop at any time, without a reason;"
        " from then on the recipient sees nothing more, but what they have read cannot be taken back. You may ask who"
        " has seen it, and have it corrected or erased. The recipient has to keep it confidential. Tell us when"
        f" something changes. It lasts until {until} at the latest; we ask you again before.",
    )
