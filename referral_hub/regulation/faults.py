"""What can be wrong with a regulation file, as data that a person or a program can read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .labels import Label
from .messages import MESSAGES


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: the file, the place in it (`need_to_know[3].min[2]`), the rule broken, and the rule in words."""

    file: str
    path: str
    rule: str
    message: Label

    def text(self, locale: str = "vi") -> str:
        """One line for a person: `file: path: words [rule]`."""
        place = f"{self.file}: {self.path}" if self.path else self.file
        return f"{place}: {self.message.text(locale)} [{self.rule}]"


class RegulationFaults(Exception):
    """The file cannot be used. `faults` lists everything that was found, never empty."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults: tuple[Fault, ...] = tuple(faults)
        super().__init__("\n".join(fault.text("en") for fault in self.faults))


def fault(file: str, path: str, rule: str, **words: object) -> Fault:
    """A fault whose message is the one of `rule`, filled with `words`."""
    vi, en = MESSAGES[rule]
    return Fault(file, path, rule, Label(vi.format(**words), en.format(**words)))
