"""What the check of the log says: one finding, in words that help whoever reads it first."""

from dataclasses import dataclass
from typing import Literal

from referral_hub.kernel.errors import Sentence

Kind = Literal["edited", "missing", "inserted", "reordered", "payload-missing", "payload-kept", "tile", "head"]

#: code -> (kind, Vietnamese, English); ``{what}`` says more where there is more to say.
CAUSES: dict[str, tuple[Kind, str, str]] = {
    "edited": ("edited", "đã bị sửa sau khi ghi", "was changed after it was written"),
    "edited-between": (
        "edited",
        "hoặc một mục sau đó, trước {what}, đã bị sửa",
        "or one after it, before {what}, was changed",
    ),
    "leaf": (
        "edited",
        "còn nguyên, nhưng mã băm ghi cạnh nó đã bị sửa",
        "is whole, but the hash kept beside it was changed",
    ),
    "not-canonical": ("edited", "không còn đúng dạng đã ghi", "is not in the form in which entries are written"),
    "columns": ("edited", "không khớp với các cột của chính nó", "does not agree with its own columns"),
    "payload": (
        "edited",
        "có nội dung niêm kín đã bị sửa hoặc đổi",
        "has a sealed content that was changed or exchanged",
    ),
    "payload-added": (
        "inserted",
        "không có nội dung niêm kín, nhưng có người đã thêm vào",
        "has no sealed content, but somebody added one",
    ),
    "missing": ("missing", "đã mất", "is gone"),
    "missing-leaf": ("missing", "đã mất khỏi cây nhật ký", "is gone from the tree of the log"),
    "missing-queued": ("missing", "(đang chờ, số {what}) đã mất", "(waiting, number {what}) is gone"),
    "inserted": (
        "inserted",
        "không có trong nhật ký đã ký: có người đã chèn vào",
        "is not in the log that was signed: somebody put it there",
    ),
    "inserted-aside": (
        "inserted",
        "không có trong cây cũng không trong hàng đợi: có người đã chèn vào, hoặc đã gỡ khỏi hàng đợi",
        "is neither in the tree nor in the queue: somebody put it there, or took it out of the queue",
    ),
    "queued-again": (
        "inserted",
        "đã có chỗ nhưng lại bị đưa vào hàng đợi",
        "has its place but was put into the queue again",
    ),
    "reordered": ("reordered", "không còn đúng chỗ: thứ tự đã bị đổi", "is not at its place: the order was changed"),
    "payload-missing": (
        "payload-missing",
        "đã mất nội dung niêm kín mà không có mục xóa nào sau đó",
        "has lost its sealed content, and no later entry says that it was erased",
    ),
    "payload-kept": (
        "payload-kept",
        "vẫn còn nội dung đã được xóa theo yêu cầu: hãy xóa lại",
        "still has the content that was erased: erase it again",
    ),
    "tile": ("tile", "có mã băm sai trong ô {what}", "has a wrong hash above it in tile {what}"),
    "tile-missing": ("tile", "thiếu ô {what} phía trên", "has no tile {what} above it"),
    "tile-added": ("tile", "chưa có, nhưng ô {what} đã có", "is not there yet, but its tile {what} is"),
    "head": ("head", "kết thúc một mốc nhật ký đã bị sửa", "ends a checkpoint that was changed"),
    "head-signature": (
        "head",
        "kết thúc một mốc nhật ký có chữ ký sai",
        "ends a checkpoint whose signature does not hold",
    ),
    "head-missing": (
        "head",
        "kết thúc mốc đã công bố mà cơ sở dữ liệu không còn",
        "ends the published checkpoint, which the database does not have",
    ),
    "head-beyond": ("head", "kết thúc một mốc lớn hơn nhật ký", "ends a checkpoint larger than the log"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """The first bad entry. ``seq``: its place in the log, from 0 (of a head: its size); None for one that has none."""

    cause: str
    seq: int | None = None
    uid: str | None = None
    what: str = ""

    @property
    def kind(self) -> Kind:
        """What happened."""
        return CAUSES[self.cause][0]

    @property
    def sentence(self) -> Sentence:
        """The finding in words."""
        _kind, vi, en = CAUSES[self.cause]
        name_vi, name_en = self._name()
        return Sentence(f"{name_vi} {vi.format(what=self.what)}.", f"{name_en} {en.format(what=self.what)}.")

    def _name(self) -> tuple[str, str]:
        of = f" ({self.uid})" if self.uid else ""
        if self.kind == "head":
            last = max((self.seq or 0) - 1, 0)
            return f"Mục số {last}", f"Entry {last}"
        if self.seq is None:
            return f"Một mục chưa có chỗ{of}", f"An entry without a place{of}"
        return f"Mục số {self.seq}{of}", f"Entry {self.seq}{of}"
