"""Opens OpenDocument spreadsheets as lists of rows, and refuses files that only look like one.

The library that opens them is written in Rust, where running out of memory ends the whole
process; so a workbook is opened in a child process, after we have checked its XML.
"""

import io
import zipfile

import msgspec
import python_calamine

from survey.isolation import IsolationError, run_isolated
from survey.problems import unreadable_file
from survey.sources.reading import delimited, soundness

CellValue = object
MIMETYPE = b"application/vnd.oasis.opendocument.spreadsheet"
MOST_ROWS = 100_000


class WorkbookSheet(msgspec.Struct, frozen=True):
    """One sheet; row 1 of a spreadsheet is `rows[0]`."""

    name: str
    rows: list[list[CellValue]]

    @property
    def title(self) -> str:
        return comparable_cell(self.rows[0][0]) if self.rows and self.rows[0] else ""

    def where(self, row: int, column: str) -> str:
        return f"sheet {self.name!r}, row {row + 1}, column {column!r}"


def is_spreadsheet(content: bytes) -> bool:
    """True if a zip file starts with its media type, as every OpenDocument file does."""
    return content.startswith(b"PK\3\4") and content[30:38] == b"mimetype"


def read_workbook(name: str, content: bytes) -> list[WorkbookSheet]:
    delimited.check_size(name, content)
    expected = "an OpenDocument spreadsheet (.ods) that opens"
    if not is_spreadsheet(content):
        raise unreadable_file(name, expected, "something else")
    try:
        return run_isolated(parse_workbook, content)
    except IsolationError as failed:
        raise unreadable_file(name, expected, str(failed)) from failed


def parse_workbook(content: bytes) -> list[WorkbookSheet]:
    """Every sheet of a workbook; runs in a child process."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        soundness.check_spreadsheet(packed)
        if packed.read("mimetype").strip() != MIMETYPE:
            raise ValueError("an OpenDocument file that is not a spreadsheet")
    book = python_calamine.load_workbook(io.BytesIO(content))
    return [WorkbookSheet(title, sheet_rows(book, title)) for title in book.sheet_names]


def sheet_rows(book: python_calamine.CalamineWorkbook, title: str) -> list[list[CellValue]]:
    sheet = book.get_sheet_by_name(title)
    if sheet.total_height > MOST_ROWS:
        raise ValueError(f"{sheet.total_height:,} rows in sheet {title!r}")
    return [list(row) for row in sheet.to_python(skip_empty_area=False)]


def comparable_cell(value: CellValue) -> str:
    """A cell for comparison: lower case, single spaces, without the stars that mark subtotals."""
    return " ".join(str(value).casefold().replace("*", " ").split())


def parse_count(value: CellValue) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{str(value)[:40]!r} is not a count")
    if value < 0 or value != int(value):
        raise ValueError(f"{value:g} is not a whole number of 0 or more")
    return int(value)
