"""What the killed process runs: imports little, since it starts twenty times."""

import threading
from multiprocessing.synchronize import Event

from referral_hub.audit.leading import Place
from referral_hub.audit.running import Rhythm, run

HASTE = Rhythm(tick=0.01, checkpoint=0.02, standby=0.02, refused=0.05, longest_pause=0.2)


def run_for_ever(where: Place, begun: Event) -> None:
    """`log run` until it is killed."""
    begun.set()
    run(where, threading.Event(), lambda sentence: print(sentence.en, flush=True), HASTE)
