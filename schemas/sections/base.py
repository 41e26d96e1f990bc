"""What all section schemas share, and how a page or a table learns the shape of a section."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from marshmallow import RAISE, Schema, fields, post_load

from schemas.fields import Code, Entry, Many
from schemas.wording import Wording


class SectionSchema(Schema):
    """A section of one data category: every field may be missing, no other field may be there."""

    VERSION: ClassVar[int] = 1
    error_messages: dict[str, str] = {
        "type": Wording("Cần một bản ghi gồm các mục có tên.", "A document of named fields is needed."),
        "unknown": Wording("Không có mục này.", "There is no such field."),
    }

    class Meta:
        unknown = RAISE

    @post_load
    def leave_out_what_nobody_filled(self, data: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        """A field that is None says nothing, so the section does not keep it."""
        return {name: value for name, value in data.items() if value is not None}


@dataclass(frozen=True, slots=True)
class FieldShape:
    """How to show one field and ask for it.

    `kind`: text, long_text, code, partial_date, day, phone, identifier, attachment, flag, whole or entry; `many` = a
    list of them; `of` = lists of the regulation for a code; `entries` = the fields of each entry.
    """

    name: str
    kind: str
    vi: str
    en: str
    many: bool = False
    most: int | None = None
    of: tuple[str, ...] = ()
    entries: tuple[FieldShape, ...] = ()

    def label(self, locale: str) -> str:
        """The label in `locale`: English for "en", Vietnamese for everything else."""
        return self.en if locale == "en" else self.vi


def shape_of(schema: type[Schema]) -> tuple[FieldShape, ...]:
    """The fields of a section in the order of its schema."""
    return tuple(_shape(name, field) for name, field in schema().fields.items())


def _shape(name: str, field: fields.Field[Any]) -> FieldShape:
    inner = field.inner if isinstance(field, Many) else field
    said: Mapping[str, Any] = field.metadata
    return FieldShape(
        name=name,
        kind=getattr(inner, "kind", "text"),
        vi=said.get("vi", ""),
        en=said.get("en", ""),
        many=isinstance(field, Many),
        most=getattr(field, "most", None),
        of=inner.of if isinstance(inner, Code) else (),
        entries=tuple(_shape(one, part) for one, part in inner.schema.fields.items())
        if isinstance(inner, Entry)
        else (),
    )
