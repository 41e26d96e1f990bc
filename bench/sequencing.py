"""How fast waiting entries get their place in the tree."""

from bench.bars import Measured, seconds
from bench.entries import made, queue
from bench.house import House
from referral_hub.audit.sequencing import BATCH, Sequencer, prepare_session

WAITING = 20_000
ROUNDS = 3
BAR = 5000


def sequencing_rate(house: House) -> list[Measured]:
    """Entries a second in batches of 1,000."""
    rates = []
    for _ in range(ROUNDS):
        with house.connect("admin") as connection:
            queue(connection, made(house, WAITING))
        with house.connect("log") as connection:
            prepare_session(connection)
            sequencer = Sequencer(connection)
            rates.append(WAITING / seconds(lambda: _all(sequencer)))  # noqa: B023
    return [Measured(f"entries sequenced (batches of {BATCH:,})", tuple(rates), "a second", bar=BAR, digits=0)]


def _all(sequencer: Sequencer) -> None:
    while sequencer.step(BATCH):
        pass
