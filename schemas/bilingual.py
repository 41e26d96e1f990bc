"""What every field of a document shares: a label and faults in two languages."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, types

from schemas.wording import Wording


class Said:
    """Mix-in: a label in two languages, optional unless `required`, and faults in two languages."""

    error_messages: types.ErrorMessages
    default_error_messages: types.ErrorMessages = {
        "required": Wording("Cần điền mục này.", "This is needed."),
        "null": Wording("Cần điền mục này.", "This is needed."),
        "validator_failed": Wording("Giá trị không hợp lệ.", "The value is not valid."),
        "invalid": Wording("Giá trị không đúng dạng.", "The value has the wrong form."),
        "invalid_utf8": Wording("Giá trị không đúng dạng.", "The value has the wrong form."),
        "type": Wording("Giá trị không đúng dạng.", "The value has the wrong form."),
        "too_long": Wording("Dài quá {most} ký tự.", "Longer than {most} characters."),
        "too_many": Wording("Nhiều hơn {most} mục.", "More than {most} entries."),
    }

    def make_error(self, key: str, **kwargs: Any) -> ValidationError:
        """The fault `key` of this field, in both languages."""
        said = self.error_messages[key]
        return ValidationError(said.filled(**kwargs) if isinstance(said, Wording) else str(said))


def labelled(vi: str, en: str, options: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    options.setdefault("allow_none", not options.get("required", False))
    options["metadata"] = {"vi": vi, "en": en, **metadata, **options.get("metadata", {})}
    return options
