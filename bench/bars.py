"""What was measured beside the bar it has to reach."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measured:
    """One line of the table. ``at_least``: the bar is a floor, otherwise a ceiling; no bar: for information.

    ``runs``: all that was measured. The best of them counts: whatever else runs on the machine only makes it worse.
    """

    what: str
    runs: tuple[float, ...]
    unit: str = ""
    bar: float | None = None
    at_least: bool = True
    digits: int = 2

    @property
    def best(self) -> float:
        return max(self.runs) if self.at_least else min(self.runs)

    @property
    def reached(self) -> bool:
        if self.bar is None:
            return True
        return self.best >= self.bar if self.at_least else self.best <= self.bar


def table(lines: Sequence[Measured]) -> str:
    """The lines as a table in Markdown."""
    rows = ["| what | bar | best | all runs | |", "|---|---|---|---|---|"]
    for line in lines:
        sign = "at least" if line.at_least else "at most"
        bar = "" if line.bar is None else f"{sign} {_figure(line.bar, line)}"
        runs = ", ".join(_figure(run, line) for run in line.runs)
        mark = "" if line.bar is None else "reached" if line.reached else "MISSED"
        rows.append(f"| {line.what} | {bar} | {_figure(line.best, line)} | {runs} | {mark} |")
    return "\n".join(rows)


def _figure(value: float, line: Measured) -> str:
    return f"{value:,.{line.digits}f}{' ' + line.unit if line.unit else ''}"


def seconds(work: Callable[[], object]) -> float:
    """How long ``work`` takes by the clock."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def percentile(values: Sequence[float], share: int) -> float:
    """The value that ``share`` percent do not exceed."""
    return statistics.quantiles(values, n=100, method="inclusive")[share - 1]
