"""The one place that asks the machine what time it is; everything else takes ``now`` as an argument."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

#: Decisions (which day is it, when is a day over) are made in the time of the province.
LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")


def now() -> datetime:
    """The moment, aware, in UTC."""
    return datetime.now(UTC)
