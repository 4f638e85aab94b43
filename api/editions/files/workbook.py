"""An edition as the spreadsheet that analysts of the UK government publish.

The rules are those of the Analysis Function ("Releasing statistics in spreadsheets"): a cover
sheet, a list of contents, notes, one table a sheet that begins in column A, no merged, hidden or
empty cells, and shorthand in square brackets for what is not a number.
"""

import io
import re
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.table import Table
from openpyxl.worksheet.worksheet import Worksheet

from api.editions.files import edition_rows
from api.editions.report import ReportView
from api.editions.rows import HEAD, ExportCell
from survey.editions import Edition

WITHHELD, NOT_APPLICABLE, LOW_RELIABILITY = "[c]", "[z]", "[u]"
SHORTHAND = (
    (WITHHELD, "withheld to protect people, or no data: we do not say which"),
    (NOT_APPLICABLE, "not applicable: this row has no such figure"),
    (LOW_RELIABILITY, "low reliability: fewer than 100 respondents"),
)
COLUMNS = {
    "period": "Period",
    "domain": "Area code",
    "name": "Area name",
    "stream": "Stream",
    "measure": "Measure",
    "n": "Number",
    "value": "Value",
    "low": "Lower 95% limit",
    "high": "Upper 95% limit",
    "method": "Method or words",
    "status": "Status",
    "shorthand": "Shorthand",
}
NUMBERS = ("n", "value", "low", "high")
# An Excel sheet's name has at most 31 characters, and none of these.
LONGEST_NAME = 31
FORBIDDEN = re.compile(r"[\[\]:*?/\\]")
WIDEST = 60
HEADING, BOLD = Font(name="Arial", size=14, bold=True), Font(name="Arial", size=11, bold=True)
PLAIN = Font(name="Arial", size=11)
WRAPPED = Alignment(wrap_text=True, vertical="top")


class SheetTable(NamedTuple):
    """A table as it goes on a sheet of its own: a heading, its columns and its rows."""

    sheet: str
    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str | float, ...], ...]


def render_workbook(edition: Edition, view: ReportView) -> bytes:
    """The workbook as .xlsx. Every text is written as text, so none is ever a formula."""
    tables = list(sheet_tables(edition))
    book = Workbook()
    book.remove(book.active)
    book.properties.creator = "Soundings"
    book.properties.title = f"{view.title}, {view.label}"
    add_sheet(book, "Cover_sheet", cover_lines(view), bold=(0,))
    lines = ["Contents", *(f"{table.title}" for table in tables)]
    sheet = add_sheet(book, "Contents", lines, bold=(0,))
    for number, sheet_table in enumerate(tables, 2):
        cell = sheet.cell(number, 1)
        cell.hyperlink = Hyperlink(ref=cell.coordinate, location=f"'{sheet_table.sheet}'!A1")
        cell.font = Font(name="Arial", size=11, underline="single", color="0A5A63")
    notes = SheetTable("Notes", "Notes", ("Note", "Text"), tuple(note_rows(edition, view)))
    for sheet_table in (notes, *tables):
        add_table(book, sheet_table)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def cover_lines(view: ReportView) -> list[str]:
    synthetic = ["Synthetic data: every figure was made up."] if view.synthetic else []
    return [
        f"{view.title}, {view.label}",
        f"{view.period}. Edition {view.number}, data as of {view.as_of}.",
        *synthetic,
        "One table is on each worksheet; the list of contents names them.",
        "Shorthand in place of a number:",
        *(f"{sign} {meaning}" for sign, meaning in SHORTHAND),
        *view.attribution,
        f"Fingerprint (SHA-256): {view.sha256}",
    ]


def note_rows(edition: Edition, view: ReportView) -> Iterator[tuple[str, str]]:
    """What a reader must know, numbered as the Analysis Function asks."""
    for number, words in enumerate((*view.correction, *edition.caveats, *view.notes), 1):
        yield f"[note {number}]", words


def sheet_tables(edition: Edition) -> Iterator[SheetTable]:
    """The export rows by table; a column that a table does not use is left out."""
    by_table: dict[str, list[dict[str, ExportCell]]] = {}
    for row in edition_rows(edition):
        cells = dict(zip(HEAD, row, strict=True))
        by_table.setdefault(str(cells["table"]), []).append(cells)
    taken: set[str] = set()
    for title, rows in by_table.items():
        flagged = any(row["status"] == "flagged" for row in rows)
        columns = [
            column
            for column in COLUMNS
            if (flagged if column == "shorthand" else any(has_value(row[column]) for row in rows))
        ]
        taken.add(sheet := sheet_name(title, taken))
        yield SheetTable(
            sheet=sheet,
            title=title[:1].upper() + title[1:],
            head=tuple(COLUMNS[column] for column in columns),
            rows=tuple(tuple(shown_cell(row, column) for column in columns) for row in rows),
        )


def has_value(cell: ExportCell) -> bool:
    return cell is not None and cell != ""


def shown_cell(row: dict[str, ExportCell], column: str) -> str | float:
    """The cell, with shorthand where there is no number, so that no cell is empty."""
    if column == "shorthand":
        return LOW_RELIABILITY if row["status"] == "flagged" else NOT_APPLICABLE
    cell = row[column]
    if cell is not None and cell != "":
        return round(cell, 4) if isinstance(cell, float) else cell
    hidden = row["status"] == "withheld" and column in NUMBERS
    return WITHHELD if hidden else NOT_APPLICABLE


def sheet_name(title: str, taken: Collection[str]) -> str:
    """A name that Excel takes and that no other sheet has."""
    name = FORBIDDEN.sub("", title).replace(" ", "_")[:LONGEST_NAME]
    number = 2
    while name in taken:
        ending = f"_{number}"
        name = name[: LONGEST_NAME - len(ending)] + ending
        number += 1
    return name


def add_sheet(
    book: Workbook, name: str, lines: Sequence[str], *, bold: Sequence[int] = ()
) -> Worksheet:
    """A sheet of sentences, one a row."""
    sheet = book.create_sheet(name)
    sheet.column_dimensions["A"].width = WIDEST + 20
    for number, words in enumerate(lines):
        write_cell(sheet, (number + 1, 1), words, HEADING if number in bold else PLAIN)
    return sheet


def add_table(book: Workbook, table: SheetTable) -> None:
    """A sheet with its heading, what it holds, and one table from column A."""
    sheet = book.create_sheet(table.sheet)
    write_cell(sheet, (1, 1), table.title, HEADING, wrap=False)
    write_cell(sheet, (2, 1), "This worksheet contains one table.", PLAIN, wrap=False)
    for column, words in enumerate(table.head, 1):
        write_cell(sheet, (3, column), words, BOLD)
        longest = max([len(words), *(len(str(row[column - 1])) for row in table.rows)])
        sheet.column_dimensions[get_column_letter(column)].width = min(longest + 2, WIDEST)
    for line, row in enumerate(table.rows, 4):
        for column, cell in enumerate(row, 1):
            write_cell(sheet, (line, column), cell, PLAIN)
    last = f"{get_column_letter(len(table.head))}{3 + len(table.rows)}"
    # The name of a table is unique in the book, without blanks.
    name = "table_" + re.sub(r"\W", "_", table.sheet)
    sheet.add_table(Table(displayName=name, ref=f"A3:{last}"))


def write_cell(
    sheet: Worksheet, place: tuple[int, int], value: str | float, font: Font, *, wrap: bool = True
) -> None:
    cell = sheet.cell(*place, value=value)
    if isinstance(value, str):
        # openpyxl would make a formula of a text that begins with '='.
        cell.data_type = "s"
    cell.font = font
    if wrap:
        cell.alignment = WRAPPED
