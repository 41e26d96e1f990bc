"""The log's process: sequence, sign, publish, for as long as it runs; or once."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import psycopg

from referral_hub.audit.leading import Leader, Place, ask_leader, connected, last_queued, leading, signed_size
from referral_hub.audit.memory import SignerRefusal
from referral_hub.audit.sequencing import BATCH
from referral_hub.audit.stored import LogDamaged
from referral_hub.kernel.errors import EnvironmentFault, HubError, Sentence
from referral_hub.kernel.faults import environment_fault

Say = Callable[[Sentence], None]


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Seconds. ``tick``: between looks at an empty queue; ``checkpoint``: between two checkpoints of a growing log;
    ``standby``: between tries to lead; ``refused``: until a refusal is looked at again; ``repeat``: until the same
    fault is said again; ``longest_pause``: between tries to reach a database that is gone."""

    tick: float = 0.25
    checkpoint: float = 10.0
    standby: float = 1.0
    refused: float = 10.0
    repeat: float = 600.0
    longest_pause: float = 30.0


@dataclass(slots=True)
class _Faults:
    """One line for each fault, not one for each try."""

    say: Say
    rhythm: Rhythm
    _said: dict[str, float] = field(default_factory=dict)
    _pause: float = 0.25

    def tell(self, sentence: Sentence) -> float:
        """Say it, unless it was said lately. Gives the seconds to wait before the next try."""
        now = time.monotonic()
        if now - self._said.get(sentence.en, float("-inf")) >= self.rhythm.repeat:
            self._said[sentence.en] = now
            self.say(sentence)
        self._pause = min(self._pause * 2, self.rhythm.longest_pause)
        return self._pause

    def over(self) -> None:
        """It works again."""
        self._said.clear()
        self._pause = 0.25


def run(place: Place, stop: threading.Event, say: Say, rhythm: Rhythm = Rhythm()) -> None:
    """Lead the log until ``stop`` is set, or wait until nobody else does.

    A lost database is tried again. A signer that refuses stops all: entries wait in the queue until somebody has run
    the command it names.

    :param say: where a sentence for the operator goes.
    """
    faults = _Faults(say, rhythm)
    while not stop.is_set():
        try:
            with leading(place) as leader:
                if leader is not None:
                    faults.over()
                    _work(leader, stop, rhythm)
            pause = rhythm.standby
        except (SignerRefusal, LogDamaged) as refusal:
            faults.tell(refusal.sentence)
            pause = rhythm.refused
        except HubError as fault:
            pause = faults.tell(fault.sentence)
        except (psycopg.Error, OSError) as error:
            pause = faults.tell(sentence_for(error))
        stop.wait(pause)


def _work(leader: Leader, stop: threading.Event, rhythm: Rhythm) -> None:
    """One leader's days. The first entry after a quiet time is covered at once, what follows in the next checkpoint."""
    sealed = refreshed = float("-inf")
    asked = False
    while not stop.is_set():
        taken = leader.sequencer.step()
        now = time.monotonic()
        if leader.has_grown and (asked or now - sealed >= rhythm.checkpoint):
            leader.checkpoint()
            sealed, asked = now, False
        elif now - refreshed >= rhythm.checkpoint:
            leader.heads.refresh()
            refreshed = now
        if taken < BATCH:
            asked = leader.wait(rhythm.tick) or asked


@dataclass(frozen=True, slots=True)
class Once:
    """What one run did. ``sequenced``: entries that got their place; ``size``: entries under the newest checkpoint;
    ``elsewhere``: another process leads and did it."""

    sequenced: int
    size: int
    elsewhere: bool = False


def run_once(place: Place, patience_s: float = 60.0) -> Once:
    """Everything that is committed now gets its place and a published checkpoint.

    If another process leads, it is asked to, and waited for.

    :raises SignerRefusal: the tree does not continue what was signed: nothing was added to it.
    :raises LogDamaged: the stored tree contradicts itself.
    :raises EnvironmentFault: another process leads and does not get there within ``patience_s``.
    """
    until = time.monotonic() + patience_s
    with connected(place) as connection:
        waiting = last_queued(connection)
    while True:
        with leading(place) as leader:
            if leader is not None:
                return _do_once(leader)
        if ask_leader(place, waiting, min(2.0, patience_s)):
            with connected(place) as connection:
                return Once(0, signed_size(connection), elsewhere=True)
        if time.monotonic() > until:
            raise EnvironmentFault(
                "Một tiến trình “log run” khác đang giữ nhật ký mà chưa xong: hãy xem thông báo của nó.",
                "Another `log run` holds the log and does not get there: see what it says.",
            )


def _do_once(leader: Leader) -> Once:
    sequenced = 0
    while taken := leader.sequencer.step():
        sequenced += taken
    if leader.has_grown:
        leader.checkpoint()
    else:
        leader.heads.refresh()
    return Once(sequenced, leader.signer.memory.size)


def sentence_for(error: psycopg.Error | OSError) -> Sentence:
    """What the database or the machine said, for the operator; never a value of a row."""
    if isinstance(error, psycopg.Error):
        fault = environment_fault(error)
        if fault is not None:
            return fault.sentence
        state = error.sqlstate or type(error).__name__
        return Sentence(
            f"Nhật ký: cơ sở dữ liệu báo lỗi {state}; sẽ thử lại.",
            f"The log: the database reports {state}; it is tried again.",
        )
    what = f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror or error)
    return Sentence(
        f"Nhật ký: máy không cho đọc hoặc ghi ({what}); sẽ thử lại.",
        f"The log: the machine does not allow this ({what}); it is tried again.",
    )
