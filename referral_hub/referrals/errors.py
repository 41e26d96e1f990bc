"""Named refusals of the referral loop."""

from collections.abc import Sequence
from datetime import datetime

from referral_hub.kernel.clock import LOCAL
from referral_hub.kernel.errors import Conflict, Invalid


class StepNotAllowed(Conflict):
    """The transition table has no such step from here for this side. ``allowed``: the verbs that it has."""

    code = "illegal-transition"

    def __init__(self, verb: str, status_vi: str, status_en: str, allowed: Sequence[str]) -> None:
        super().__init__(
            f"Không làm được bước “{verb}” khi chuyển gửi đang ở trạng thái “{status_vi}”.",
            f"The step “{verb}” is not possible while the referral is “{status_en}”.",
            verb=verb,
            allowed=list(allowed),
        )


class AnsweredAlready(Conflict):
    """Somebody took a step since this person looked; says who, what and when."""

    code = "stale-version"

    def __init__(self, who: str, agency_vi: str, agency_en: str, what_vi: str, what_en: str, at: datetime) -> None:
        when = at.astimezone(LOCAL).strftime("%d/%m/%Y %H:%M")
        super().__init__(
            f"{who} ({agency_vi}) đã làm trước bạn lúc {when}: {what_vi}. Bước của bạn chưa được ghi.",
            f"{who} ({agency_en}) was faster at {when}: {what_en}. Your step was not recorded.",
            who=who,
            at=at,
        )


class NotShareable(Invalid):
    """Categories that may not go, each with its reason (for the owner)."""

    code = "consent-missing"

    def __init__(self, vi: str, en: str, reasons: dict[str, str]) -> None:
        super().__init__("categories", vi, en, reasons=reasons)
