"""What makes a consent valid. Pure; the lists come in from the regulation."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from referral_hub.access.decision import NeedRow
from referral_hub.consent.capacity import Capacity
from referral_hub.kernel.errors import Invalid


@dataclass(frozen=True, slots=True)
class NewConsent:
    """What is to be recorded. ``named``: the categories she agreed to one by one, by name.

    ``evidence``: what the method asks for (``scan_hash``, ``witness_user_id``, ...). ``explained_by``: account of who
    explained it to her. ``valid_until`` None: the regulation's default validity. ``capacity``: who decided, where
    it was not an adult alone.
    """

    purpose: str
    service: str
    recipient_id: UUID
    categories: frozenset[str]
    method: str
    named: frozenset[str] = frozenset()
    evidence: Mapping[str, Any] = field(default_factory=dict)
    explained_by: UUID | None = None
    given_at: datetime | None = None
    valid_until: datetime | None = None
    capacity: Capacity | None = None


@dataclass(frozen=True, slots=True)
class MethodRule:
    """A method of the regulation and the evidence it demands."""

    code: str
    evidence: tuple[str, ...]


def check(
    new: NewConsent, need: NeedRow | None, purpose: str | None, method: MethodRule | None, imported: bool
) -> None:
    """Whether ``new`` can stand as a consent.

    :param need: the need-to-know row of (service, recipient type); None: the regulation sends nothing there.
    :param purpose: the purpose of that row.
    :raises Invalid: naming the field and what is wrong.
    """
    if need is None or purpose is None:
        raise Invalid(
            "service",
            "Quy chế không cho chuyển dịch vụ này tới đơn vị này.",
            "The regulation does not send this service to this agency.",
        )
    if new.purpose != purpose:
        raise Invalid("purpose", f"Mục đích của dịch vụ này là “{purpose}”.", f"This service's purpose is “{purpose}”.")
    if not new.categories:
        raise Invalid("categories", "Hãy chọn ít nhất một nhóm thông tin.", "Choose at least one data category.")
    _check_categories(new, need)
    if method is None:
        raise Invalid("method", f"Không có hình thức “{new.method}”.", f"There is no method “{new.method}”.")
    missing = [key for key in method.evidence if not new.evidence.get(key)]
    if missing and not imported:
        raise Invalid(
            "evidence",
            f"Thiếu bằng chứng cho hình thức này: {', '.join(missing)}.",
            f"Evidence missing for this method: {', '.join(missing)}.",
        )


def _check_categories(new: NewConsent, need: NeedRow) -> None:
    blocked = sorted(new.categories - need.minimum - need.ask)
    if blocked:
        raise Invalid(
            "categories",
            f"Quy chế không cho chia sẻ với đơn vị này: {', '.join(blocked)}.",
            f"The regulation never shares with this agency: {', '.join(blocked)}.",
            categories=blocked,
        )
    if not new.named <= new.categories:
        raise Invalid("named", "Mục được hỏi riêng phải nằm trong các mục đồng ý.", "Named categories must be agreed.")
    unnamed = sorted((new.categories & need.ask) - new.named)
    if unnamed:
        raise Invalid(
            "named",
            f"Cần hỏi riêng từng mục: {', '.join(unnamed)}.",
            f"These need to be asked about by name: {', '.join(unnamed)}.",
            categories=unnamed,
        )


def shareable(categories: Collection[str], need: NeedRow | None) -> tuple[frozenset[str], frozenset[str]]:
    """Split what an old register says into what a general consent can cover and what the regulation holds back."""
    allowed = frozenset(categories) & (need.minimum if need else frozenset())
    return allowed, frozenset(categories) - allowed
