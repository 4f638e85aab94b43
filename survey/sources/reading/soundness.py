"""Checks a spreadsheet's XML before it is opened, because the library that opens it trusts it.

Measured with python-calamine 0.9.1: a missing closing tag makes it loop for ever, one row
that says it is repeated becomes that many, and a sheet takes memory for every cell down to its
last: a file of 771 bytes asked for 46 GB.
"""

import zipfile
from typing import IO
from xml.parsers import expat

REPEATED_ROWS = "table:number-rows-repeated"
REPEATED_COLUMNS = "table:number-columns-repeated"
CELLS = ("table:table-cell", "table:covered-table-cell")
VALUE = "office:value-type"
MOST_PARTS = 1_000
MOST_UNPACKED = 300_000_000
MOST_CELLS = 3_000_000
MOST_AREA = 10_000_000
PIECE = 1 << 16


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
            check_content(file)
    except expat.ExpatError as error:
        raise UnsoundSpreadsheet(f"XML that is broken ({error})") from error


def check_unpacked(packed: zipfile.ZipFile, most: int = MOST_UNPACKED) -> None:
    """Raise if the parts are too many or too large; measured, as a stated size may be false."""
    parts = packed.infolist()
    if len(parts) > MOST_PARTS:
        raise UnsoundSpreadsheet(f"{len(parts):,} parts")
    left = most
    for part in parts:
        stated, part.file_size = part.file_size, left + 2 * PIECE  # else it reads what is stated
        with packed.open(part) as file:
            found = 0
            while piece := file.read(PIECE):
                found += len(piece)
                if found > left:
                    raise UnsoundSpreadsheet(f"more than {most:,} bytes when unpacked")
        left -= found
        part.file_size = stated
        if found != stated:
            raise UnsoundSpreadsheet(f"a part of {found:,} bytes that says it has {stated:,}")


def check_content(file: IO[bytes]) -> None:
    parser = expat.ParserCreate()
    parser.StartElementHandler = CellCounter().start
    parser.StartDoctypeDeclHandler = refuse_doctype
    while piece := file.read(PIECE):
        parser.Parse(piece, False)
    parser.Parse(b"", True)


def refuse_doctype(*_: object) -> None:
    raise UnsoundSpreadsheet("a document type, which may contain anything")


def parse_repeats(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise UnsoundSpreadsheet(f"a cell repeated {text[:20]!r} times")
    return int(text)
