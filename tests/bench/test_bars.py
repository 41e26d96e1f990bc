"""The table of a measurement says truthfully which bars were missed."""

import pytest

from bench.bars import Measured, percentile, table


@pytest.mark.parametrize(
    ("runs", "bar", "at_least", "reached"),
    [
        ((0.7, 0.9, 0.8), 0.9, True, True),
        ((0.7, 0.8), 0.9, True, False),
        ((30.0, 20.0), 20.0, False, True),
        ((30.0, 21.0), 20.0, False, False),
        ((0.1,), None, True, True),
    ],
)
def test_the_best_run_is_held_against_the_bar(
    runs: tuple[float, ...], bar: float | None, at_least: bool, reached: bool
) -> None:
    line = Measured("proofs", runs, bar=bar, at_least=at_least)
    assert line.reached is reached
    assert ("MISSED" in table([line])) is not reached


def test_the_table_shows_bar_best_and_every_run() -> None:
    line = Measured("entries sequenced", (4000.0, 6000.0), "a second", bar=5000, digits=0)
    row = table([line]).splitlines()[-1]
    assert row == (
        "| entries sequenced | at least 5,000 a second | 6,000 a second | 4,000 a second, 6,000 a second | reached |"
    )


def test_the_95th_of_a_hundred_values_is_exceeded_by_five() -> None:
    values = [float(value) for value in range(1, 101)]
    assert 95 <= percentile(values, 95) < 96
