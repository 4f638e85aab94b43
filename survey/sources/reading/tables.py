"""Small tables that an organiser uploads, as CSV or XLSX: every cell as text."""

import csv
import io

import python_calamine
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from survey.files import unreadable_file
from survey.isolation import IsolationError, run_isolated
from survey.problems import Invalid
from survey.spreadsheets import unguard_cell

MOST_BYTES = 2_000_000
MOST_ROWS, MOST_COLUMNS = 5_000, 60
EXPECTED = "a table as CSV or XLSX, of up to 2 MB"


def read_table(name: str, content: bytes, columns: int = MOST_COLUMNS) -> list[list[str]]:
    """The rows of a CSV file, or of the first sheet of a workbook; it blocks.

    Of each row so many columns are read.
    """
    if len(content) > MOST_BYTES:
        raise unreadable_file(name, EXPECTED, f"{len(content) / 1_000_000:.1f} MB")
    if content[:2] != b"PK":
        return parse_csv(name, content, columns)
    try:
        rows = run_isolated(parse_workbook, content, columns)
    except IsolationError:
        raise unreadable_file(name, EXPECTED, "a workbook that cannot be opened") from None
    if len(rows) > MOST_ROWS:
        raise too_many_rows(name)
    return rows


def too_many_rows(name: str) -> Invalid:
    return unreadable_file(name, EXPECTED, f"more than {MOST_ROWS:,} rows")


def parse_workbook(content: bytes, columns: int) -> list[list[str]]:
    """The first sheet of a workbook. For a process of its own: a hostile file may end it."""
    book = python_calamine.load_workbook(io.BytesIO(content))
    sheet = book.get_sheet_by_index(0)
    # One row more, by which too many are noticed.
    rows = sheet.to_python(skip_empty_area=False, nrows=MOST_ROWS + 1)
    return [[cell_text(cell) for cell in row[:columns]] for row in rows]


def cell_text(cell: object) -> str:
    # A spreadsheet keeps 7 as 7.0.
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)


def parse_csv(name: str, content: bytes, columns: int) -> list[list[str]]:
    """The rows of a CSV file in UTF-8 or as Excel writes it, with commas, semicolons or tabs."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    if "\x00" in text:
        raise unreadable_file(name, EXPECTED, "a file of another kind")
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    rows = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            rows.append([unguard_cell(cell) for cell in row[:columns]])
            if len(rows) > MOST_ROWS:
                raise too_many_rows(name)
    except csv.Error:
        raise unreadable_file(name, EXPECTED, "a table with a cell that is not closed") from None
    return rows


def to_workbook(table: list[list[str]]) -> bytes:
    """A workbook with one sheet; every cell is text, so none is ever a formula."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("codes")
    for row in table:
        cells = [WriteOnlyCell(sheet, value=text) for text in row]
        for cell in cells:
            cell.data_type = "s"
        sheet.append(cells)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()
