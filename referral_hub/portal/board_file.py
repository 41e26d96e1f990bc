"""The board as a workbook, for the minutes of the monthly meeting. Text cells alone, so no cell is ever a formula."""

from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from referral_hub.portal.language import _

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def workbook(view: Mapping[str, Any]) -> bytes:
    """Four sheets out of what the page shows: the finding with the stages, agencies, overdue, rules."""
    book = Workbook()
    book.remove(book.worksheets[0])
    head = [[view["sentence"]], [view["period_text"]], [view["printed_at"]], [], [_("Stage"), _("Open")]]
    _sheet(book, _("Summary"), [*head, *([one["label"], one["count"]] for one in view["stages"])], bold=(1, 5))
    names = (_("Agency"), _("Overdue"), _("Waiting for an answer"), _("In service"), _("Back with the sender"))
    times = (_("Acknowledged"), _("Half within"), _("Nine of ten within"))
    keys = ("name", "overdue", "waiting", "running", "returned", "acknowledged", "median", "slow")
    _sheet(book, _("Agencies"), [[*names, *times], *([one[key] for key in keys] for one in view["agencies"])])
    titles = [_("Referral"), _("Deadline"), _("Urgency"), _("Service"), _("Status"), _("From"), _("To")]
    late = (
        [
            one["code"],
            one["clock"]["text"],
            *(one[key] for key in ("urgency_label", "service", "status", "sender", "recipient")),
        ]
        for one in view["overdue"]
    )
    _sheet(book, _("Overdue"), [titles, *late])
    missed = ([one["rule"], one["times"], one["agencies"]] for one in view["breaches"])
    _sheet(book, _("Rules missed"), [[_("Rule"), _("Times"), _("Agencies")], *missed])
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def _sheet(book: Workbook, title: str, rows: Iterable[list[Any]], bold: tuple[int, ...] = (1,)) -> None:
    sheet: Worksheet = book.create_sheet(title)
    for number, values in enumerate(rows, 1):
        for place, value in enumerate(values, 1):
            cell = sheet.cell(number, place)
            cell.value = value
            if isinstance(value, str):
                cell.data_type = "s"
            cell.alignment = Alignment(wrap_text=len(values) > 1, vertical="top")
            cell.font = Font(bold=number in bold)
    for letter in "ABCDEFGH":
        sheet.column_dimensions[letter].width = 36 if letter == "A" else 20
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
