"""When a checkpoint counts as sealed: enough agencies have cosigned it, the operator's own not counted. Pure."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from referral_hub.audit.roster import Roster

ALARM_S = 3600
"""Unsealed for longer than this shows on the portal."""


def voices(cosigners: Iterable[str], roster: Roster) -> int:
    """How many agencies stand behind these witnesses; unknown ones and the operator's own are nobody."""
    voters = roster.voters
    return len({voters[name] for name in cosigners if name in voters})


def is_sealed(cosigners: Iterable[str], roster: Roster) -> bool:
    """Whether a checkpoint that ``cosigners`` (names of witnesses) cosigned is sealed. Never without a quorum."""
    return roster.seals and voices(cosigners, roster) >= roster.quorum


def sealed_size(heads: Mapping[int, Collection[str]], roster: Roster) -> int | None:
    """The largest sealed size.

    :param heads: size of a signed head -> names of its cosigners.
    """
    return max((size for size, cosigners in heads.items() if is_sealed(cosigners, roster)), default=None)


def unsealed_s(uncovered_since: datetime | None, roster: Roster, now: datetime) -> float | None:
    """For how long the oldest entry that no sealed head covers has waited, in seconds.

    :param uncovered_since: when it was made; None when every entry is covered.
    :returns: None when nobody is to seal anything (the first year's state).
    """
    if not roster.seals:
        return None
    return 0.0 if uncovered_since is None else max((now - uncovered_since).total_seconds(), 0.0)


def is_alarm(seconds: float | None) -> bool:
    """Whether people should hear of it."""
    return seconds is not None and seconds > ALARM_S
