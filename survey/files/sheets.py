"""Opens OpenDocument spreadsheets as lists of rows, and refuses files that only look like one.

The library that opens them is written in Rust, where running out of memory ends the whole
process; so a workbook is opened in a child process, after we have checked its XML.
"""

import csv
import io
import zipfile
from xml.parsers import expat

import msgspec
import python_calamine

from survey.files import delimited
from survey.files.isolation import IsolationError, run_isolated
from survey.files.refusals import unguard_cell, unreadable_file
from survey.problems import Invalid

REPEATED_ROWS = "table:number-rows-repeated"
REPEATED_COLUMNS = "table:number-columns-repeated"
CELLS = ("table:table-cell", "table:covered-table-cell")
VALUE = "office:value-type"
MOST_PARTS = 1_000
MOST_UNPACKED = 300_000_000
MOST_CELLS = 3_000_000
# The library allocates the whole rectangle: 771 bytes with one far cell once asked for 46 GB.
MOST_AREA = 10_000_000
PIECE = 1 << 16
CellValue = object
MIMETYPE = b"application/vnd.oasis.opendocument.spreadsheet"
MOST_ROWS = 100_000
MOST_BYTES = 2_000_000
MOST_TABLE_ROWS, MOST_COLUMNS = 5_000, 60
EXPECTED = "a table as CSV or XLSX, of up to 2 MB"


class UnsoundSpreadsheet(ValueError):
    """The reason why a spreadsheet is not opened."""


class CellCounter:
    """Counts the filled cells that a workbook declares, and the area of its largest sheet."""

    def __init__(self) -> None:
        self.filled = 0
        self.begin_sheet()

    def begin_sheet(self) -> None:
        self.rows = self.before = 0  # repeats of this row; rows before it
        self.column = self.height = self.width = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "table:table":
            self.begin_sheet()
        elif tag == "table:table-row":
            self.before += self.rows
            self.rows = parse_repeats(attributes.get(REPEATED_ROWS, "1"))
            self.column = 0
        elif tag in CELLS:
            repeated = parse_repeats(attributes.get(REPEATED_COLUMNS, "1"))
            self.column += repeated
            # Sheets end in a million empty rows, repeated at no cost: only filled cells count.
            if VALUE in attributes or "table:formula" in attributes:
                self.fill(repeated)

    def fill(self, repeated: int) -> None:
        self.filled += self.rows * repeated
        self.height = self.before + self.rows
        self.width = max(self.width, self.column)
        if self.filled > MOST_CELLS:
            raise UnsoundSpreadsheet(f"more than {MOST_CELLS:,} filled cells")
        if self.height * self.width > MOST_AREA:
            raise UnsoundSpreadsheet(f"a sheet of {self.height:,} rows and {self.width:,} columns")


def check_spreadsheet(packed: zipfile.ZipFile) -> None:
    """Raise unless the XML is well formed and of ordinary size."""
    check_unpacked(packed)
    try:
        with packed.open("content.xml") as file:
            parser = expat.ParserCreate()
            parser.StartElementHandler = CellCounter().start
            # Only a document type can declare entities, and entities can grow without end.
            parser.StartDoctypeDeclHandler = refuse_doctype
            while piece := file.read(PIECE):
                parser.Parse(piece, False)
            parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise UnsoundSpreadsheet(f"XML that is broken ({error})") from error


def check_unpacked(packed: zipfile.ZipFile, most: int = MOST_UNPACKED) -> None:
    """Raise if the parts of a zip file are too many or too large; their sizes are measured, because
    a stated size may be false.
    """
    parts = packed.infolist()
    if len(parts) > MOST_PARTS:
        raise UnsoundSpreadsheet(f"{len(parts):,} parts")
    left = most
    for part in parts:
        stated, part.file_size = part.file_size, left + 2 * PIECE  # else it reads what is stated
        with packed.open(part) as file:
            size = 0
            while piece := file.read(PIECE):
                size += len(piece)
                if size > left:
                    raise UnsoundSpreadsheet(f"more than {most:,} bytes when unpacked")
        left -= size
        part.file_size = stated
        if size != stated:
            raise UnsoundSpreadsheet(f"a part of {size:,} bytes that says it has {stated:,}")


def refuse_doctype(*_: object) -> None:
    raise UnsoundSpreadsheet("a document type, which may contain anything")


def parse_repeats(text: str) -> int:
    # `isdigit` alone accepts digits such as '²', which `int` does not.
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise UnsoundSpreadsheet(f"a cell repeated {text[:20]!r} times")
    return int(text)


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
    # The name of the first part comes after a zip head of 30 bytes.
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
        check_spreadsheet(packed)
        if packed.read("mimetype").strip() != MIMETYPE:
            raise ValueError("an OpenDocument file that is not a spreadsheet")
    book = python_calamine.load_workbook(io.BytesIO(content))
    return [WorkbookSheet(title, sheet_rows(book, title)) for title in book.sheet_names]


def sheet_rows(book: python_calamine.CalamineWorkbook, title: str) -> list[list[CellValue]]:
    sheet = book.get_sheet_by_name(title)
    if sheet.total_height > MOST_ROWS:
        raise ValueError(f"{sheet.total_height:,} rows in sheet {title!r}")
    # Empty rows at the top count too, or faults would name the wrong row.
    return [list(row) for row in sheet.to_python(skip_empty_area=False)]


def comparable_cell(value: CellValue) -> str:
    """A cell for comparison: lower case, single spaces, without the stars that mark subtotals."""
    return " ".join(str(value).casefold().replace("*", " ").split())


def parse_count(value: CellValue) -> int:
    # In Python a bool is an int: TRUE in a cell would be a count of 1.
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{str(value)[:40]!r} is not a count")
    if value < 0 or value != int(value):
        raise ValueError(f"{value:g} is not a whole number of 0 or more")
    return int(value)


def read_table(name: str, content: bytes, columns: int = MOST_COLUMNS) -> list[list[str]]:
    """The rows of a CSV file, or of the first sheet of a workbook; it blocks.

    Each row is read up to `columns`.
    """
    if len(content) > MOST_BYTES:
        raise unreadable_file(name, EXPECTED, f"{len(content) / 1_000_000:.1f} MB")
    if content[:2] != b"PK":
        return parse_csv(name, content, columns)
    try:
        rows = run_isolated(parse_table_workbook, content, columns)
    except IsolationError:
        raise unreadable_file(name, EXPECTED, "a workbook that cannot be opened") from None
    if len(rows) > MOST_TABLE_ROWS:
        raise too_many_rows(name)
    return rows


def too_many_rows(name: str) -> Invalid:
    return unreadable_file(name, EXPECTED, f"more than {MOST_TABLE_ROWS:,} rows")


def parse_table_workbook(content: bytes, columns: int) -> list[list[str]]:
    """The first sheet of a workbook. Run it in a separate process: a hostile file may end the
    process.
    """
    book = python_calamine.load_workbook(io.BytesIO(content))
    sheet = book.get_sheet_by_index(0)
    # One row more, by which too many are noticed.
    rows = sheet.to_python(skip_empty_area=False, nrows=MOST_TABLE_ROWS + 1)
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
            if len(rows) > MOST_TABLE_ROWS:
                raise too_many_rows(name)
    except csv.Error:
        raise unreadable_file(name, EXPECTED, "a table with a cell that is not closed") from None
    return rows


def to_workbook(table: list[list[str]]) -> bytes:
    """A workbook with one sheet; every cell is text, so none is ever a formula."""
    from openpyxl import Workbook  # slow to load
    from openpyxl.cell import WriteOnlyCell

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
