"""Finding the sheets of the form in a workbook, and the row with the headings in a sheet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from referral_hub.intake.register.cells import is_empty
from referral_hub.intake.register.spelling import heading_key
from referral_hub.intake.register.workbook import RawRow

MOST_ROWS_ABOVE = 50


@dataclass(frozen=True, slots=True)
class Headings:
    """The row of the headings: where each column of the form stands (from 0), and what is wrong with them."""

    row: int
    places: Mapping[str, int]
    missing: tuple[str, ...]
    twice: tuple[str, ...]
    unknown: tuple[str, ...]  # letters of the columns that the form does not have

    def repeated_by(self, cells: Sequence[object]) -> bool:
        """The row `cells` prints the headings once more, as at the top of a page."""
        for column, place in self.places.items():
            cell = cells[place] if place < len(cells) else None
            if not isinstance(cell, str) or heading_key(cell) != heading_key(column):
                return False  # nearly every row parts company at its first cell
        return True


def sheets_of_form(titles: Sequence[str], form: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """For each sheet of the form the titles that name it; case, marks, blanks and underscores do not count."""
    return {sheet: tuple(title for title in titles if heading_key(title) == heading_key(sheet)) for sheet in form}


def find_headings(rows: Iterator[RawRow], columns: Sequence[str]) -> Headings | None:
    """The first row that names at least half of `columns` (and two of them); it consumes `rows` up to there.

    Titles and empty rows above are passed over. None if the first rows hold no such row.
    """
    for _, (number, cells) in zip(range(MOST_ROWS_ABOVE), rows, strict=False):
        found = _headings(number, cells, columns)
        if len(found.places) >= max(2, (len(columns) + 1) // 2):
            return found
    return None


def _headings(number: int, cells: Sequence[object], columns: Sequence[str]) -> Headings:
    by_key = {heading_key(column): column for column in columns}
    places: dict[str, int] = {}
    twice: list[str] = []
    unknown: list[str] = []
    for place, cell in enumerate(cells):
        column = by_key.get(heading_key(str(cell))) if not is_empty(cell) else None
        if column is None:
            unknown += [] if is_empty(cell) else [column_letters(place)]
        elif column in places:
            twice.append(column)
        else:
            places[column] = place
    missing = tuple(column for column in columns if column not in places)
    return Headings(number, places, missing, tuple(twice), tuple(unknown))


def column_letters(place: int) -> str:
    """The letters by which a spreadsheet calls its column number `place` (from 0): A, B, ... Z, AA."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
