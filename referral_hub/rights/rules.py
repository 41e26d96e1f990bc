"""What can be asked, by whom, how it is answered, and until when. Pure; the lengths stand in the regulation."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from referral_hub.regulation.durations import parse_duration
from referral_hub.regulation.model import Regulation

ASKERS = ("herself", "representative", "other")
#: kind -> the entry of ``statutory_deadlines`` that says until when it is carried out
KINDS: Mapping[str, str] = {
    "access": "dsr_access_rectify_provide",
    "correction": "dsr_access_rectify_provide",
    "restriction": "dsr_withdraw_restrict_object",
    "objection": "dsr_withdraw_restrict_object",
    "withdrawal": "dsr_withdraw_restrict_object",
    "erasure": "dsr_erase",
}
ERASURE = "erasure"
FIRST_ANSWER = "dsr_first_answer"
#: How hers ends. Everybody else has one answer, ``LETTER``.
DONE, PARTLY, REFUSED = "done", "partly", "refused"
ANSWERS = (DONE, PARTLY, REFUSED, "taken-back")
LETTER = "letter"


@dataclass(frozen=True, slots=True)
class Due:
    """Until when there is a first answer, and until when it is carried out; instants in UTC."""

    first: datetime
    final: datetime


def due(regulation: Regulation, kind: str, received_at: datetime) -> Due:
    """The statutory clocks of a request received at ``received_at`` (any zone). KeyError for an unknown kind.

    The longer periods of third parties and extensions are not taken: the shortest counts.
    """
    entries = regulation.codes("statutory_deadlines")

    def end(code: str) -> datetime:
        return parse_duration(entries[code].raw["value"]).due(received_at, regulation.calendar)

    return Due(end(FIRST_ANSWER), end(KINDS[kind]))
