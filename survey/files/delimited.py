"""Reads untrusted delimited text, and names the row and column of each fault; writes all CSV."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Protocol, TypeVar

import msgspec

from survey.files.refusals import bad_causes, bad_cells, guard_cell, too_large_file, unreadable_file
from survey.problems import Fault
from survey.sentences import with_noun

MOST_CAUSES, MOST_PLACES = 20, 5
DIGITS = re.compile(r"[0-9]+(?:[.,][0-9]+)*")
ROW = re.compile(r"row ([0-9]+)")
T = TypeVar("T")
MOST_BYTES = 64_000_000
MOST_STREAMED = 400_000_000
LONGEST_LINE = 20_000
BYTE_ORDERS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
LINE_END = "\r\n"


class FaultCause:
    """Faults that differ only in place and digits, and so have one cause."""

    def __init__(self, first: Fault) -> None:
        self.first = first
        self.more = 0
        self.places: list[str] = []

    def add(self, fault: Fault) -> None:
        self.more += 1
        if len(self.places) < MOST_PLACES:
            self.places.append(fault.where)

    def as_fault(self) -> Fault:
        """One fault that stands for all faults of this cause, with the first places where it
        occurs.
        """
        if not self.more:
            return self.first
        rows = [row[1] for place in self.places if (row := ROW.match(place))]
        named = ", ".join(rows) if len(rows) == len(self.places) else "; ".join(self.places)
        noun = "row" if len(rows) == len(self.places) else "place"
        rest = " and others" if self.more > len(self.places) else ""
        like = f"{with_noun(self.more, f'more {noun}')} like this: {named}{rest}"
        return Fault(self.first.where, f"{self.first.sentence}, and {like}")


class Faults:
    """The faults of a file by cause: the first twenty causes, and how many other faults there
    are.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.causes: dict[tuple[str, str], FaultCause] = {}
        self.more = 0

    def add(self, fault: Fault) -> None:
        # Without this, one wrong column of a long file would fill the list with its own rows.
        key = DIGITS.sub("#", fault.where), DIGITS.sub("#", fault.sentence)
        if key in self.causes:
            self.causes[key].add(fault)
        elif len(self.causes) < MOST_CAUSES:
            self.causes[key] = FaultCause(fault)
        else:
            self.more += 1

    def refuse(self) -> None:
        """Raise if anything was added."""
        if self.causes:
            causes = tuple(cause.as_fault() for cause in self.causes.values())
            raise bad_causes(self.name, causes, self.more)


class BadCell(Exception):
    """One cell that cannot be used; `parse_rows` collects them."""

    def __init__(self, where: str, sentence: str) -> None:
        super().__init__(sentence)
        self.fault = Fault(where, sentence)


class DelimitedRow(msgspec.Struct, frozen=True):
    """One row; `number` is its line in the file, where the header is line 1, as in a
    spreadsheet.
    """

    number: int
    cells: dict[str, str]

    def take(self, column: str, parse: Callable[[str], T]) -> T:
        try:
            return parse(self.cells[column])
        except ValueError as wrong:
            raise BadCell(f"row {self.number}, column {column!r}", str(wrong)) from wrong

    def wrong(self, sentence: str) -> BadCell:
        return BadCell(f"row {self.number}", sentence)


class DelimitedTable(msgspec.Struct, frozen=True):
    """A file as text: its header and its lines, before any cell is parsed."""

    name: str
    header: tuple[str, ...]
    lines: list[tuple[int, list[str]]]

    def rows(self) -> Iterator[DelimitedRow]:
        for number, cells in self.lines:
            yield DelimitedRow(number, dict(zip(self.header, cells, strict=True)))


class DelimitedStream(msgspec.Struct, frozen=True):
    """A large file, read row by row; only the wanted columns become cells."""

    name: str
    header: tuple[str, ...]
    places: dict[str, int]
    content: bytes
    encoding: str

    def rows(self) -> Iterator[DelimitedRow]:
        file = io.TextIOWrapper(io.BytesIO(self.content), self.encoding, newline="")
        # Row by row: as lists of cells, 400 MB would take several times the memory.
        lines = split_rows(self.name, file, commonest_delimiter(first_line(self.content)))
        next(lines)
        for number, cells in lines:
            if len(cells) != len(self.header):
                sentence = f"has {len(cells)} cells where the header has {len(self.header)}"
                raise bad_cells(self.name, (Fault(f"row {number}", sentence),))
            yield DelimitedRow(
                number, {name: cells[at].strip() for name, at in self.places.items()}
            )


class RowSource(Protocol):
    """A source that can be read row by row."""

    @property
    def name(self) -> str: ...

    def rows(self) -> Iterator[DelimitedRow]: ...


def load_file(path: Path, *, streamed: bool = False) -> bytes:
    """A file's content; raises if the file is too large, before all of it is in memory."""
    most = MOST_STREAMED if streamed else MOST_BYTES
    with path.open("rb") as file:
        # One byte too many says enough, however large the file is.
        content = file.read(most + 1)
    check_size(path.name, content, streamed=streamed)
    return content


def check_size(name: str, content: bytes, *, streamed: bool = False) -> None:
    most = MOST_STREAMED if streamed else MOST_BYTES
    if len(content) > most:
        raise too_large_file(name, most)


def parse_rows(table: RowSource, parse: Callable[[DelimitedRow], T]) -> list[T]:
    """The result of `parse` for every row; raises with the faults of all rows together."""
    faults = Faults(table.name)
    parsed = []
    for row in table.rows():
        try:
            parsed.append(parse(row))
        except BadCell as bad:
            faults.add(bad.fault)
    faults.refuse()
    return parsed


def read_table(
    name: str, content: bytes, *, columns: tuple[str, ...], encodings: tuple[str, ...] = ("utf-8",)
) -> DelimitedTable:
    """The table of a file that must have these columns, in any order."""
    check_size(name, content)
    check_lines(name, content)
    text, _ = decode_text(name, content, encodings)
    lines = list(split_rows(name, io.StringIO(text, newline=""), commonest_delimiter(text)))
    if not lines:
        raise unreadable_file(name, "a header and at least one row", "an empty file")
    header = tuple(comparable_heading(cell) for cell in lines[0][1])
    # Spreadsheets write empty columns at the end of each row; `trim_rows` cuts their cells too.
    while header and not header[-1]:
        header = header[:-1]
    wanted = ", ".join(columns)
    missing = [column for column in columns if comparable_heading(column) not in header]
    if missing:
        raise unreadable_file(name, f"the columns {wanted}", header_as_words(header))
    double = sorted({column for column in header if header.count(column) > 1})
    if double:
        raise unreadable_file(name, f"the columns {wanted}, each once", f"{double[0]!r} twice")
    if len(lines) == 1:
        raise unreadable_file(name, "at least one row below the header", "a header alone")
    named = len(header)
    width = len(lines[0][1])
    faults = Faults(name)
    rows = []
    for number, cells in lines[1:]:
        if not named <= len(cells) <= width:
            sentence = f"has {len(cells)} cells where the header has {width}"
            faults.add(Fault(f"row {number}", sentence))
        rows.append((number, [cell.strip() for cell in cells[:named]]))
    faults.refuse()
    return DelimitedTable(name, header, rows)


def read_stream(
    name: str,
    content: bytes,
    *,
    columns: tuple[str, ...],
    wanted: Callable[[str], bool],
    encodings: tuple[str, ...] = ("utf-8",),
) -> DelimitedStream:
    """A large file that must have these columns; of its other columns only those that `wanted`
    accepts are read.
    """
    check_size(name, content, streamed=True)
    check_lines(name, content)
    # Decoded as a whole first: a bad byte in the last row is refused before any is counted.
    _, encoding = decode_text(name, content, encodings)
    header = read_header(content)
    missing = [column for column in columns if comparable_heading(column) not in header]
    if missing:
        seen = f"{len(header)} columns, {', '.join(missing)} not among them"
        raise unreadable_file(name, f"the columns {', '.join(columns)}", seen)
    places = {column: at for at, column in enumerate(header) if column and wanted(column)}
    if len(places) < sum(1 for column in header if column and wanted(column)):
        raise unreadable_file(name, "each column once", "one of them twice")
    return DelimitedStream(name, header, places, content, encoding)


def check_lines(name: str, content: bytes) -> None:
    start, number = 0, 1
    while start < len(content):
        end = content.find(b"\n", start)
        end = len(content) if end < 0 else end
        # Refused before it is split: one line can hold millions of cells.
        if end - start > LONGEST_LINE:
            sentence = f"is longer than {LONGEST_LINE:,} bytes; a line break or a quote is missing"
            raise bad_cells(name, (Fault(f"row {number}", sentence),))
        start, number = end + 1, number + 1


def decode_text(name: str, content: bytes, encodings: tuple[str, ...]) -> tuple[str, str]:
    """The text of a file, and the first of these encodings in which it can be read."""
    # Named first, as UTF-16 has a NUL in every other byte of English text.
    if content[:2] in BYTE_ORDERS:
        raise unreadable_file(name, "text in UTF-8", f"text in {BYTE_ORDERS[content[:2]]}")
    if b"\0" in content:
        where = byte_position(content, content.index(b"\0"))
        raise unreadable_file(name, "text in UTF-8", f"a NUL byte in {where}: not text")
    marked = content.startswith(b"\xef\xbb\xbf")
    # With a byte order mark it is UTF-8, whatever else the format allows.
    for encoding in ("utf-8-sig",) if marked else encodings:
        try:
            return content.decode(encoding), encoding
        except UnicodeDecodeError as error:
            seen = f"the byte 0x{content[error.start]:02x} in {byte_position(content, error.start)}"
    raise unreadable_file(name, "text in UTF-8 (in Excel: Save as, CSV UTF-8)", seen)


def byte_position(content: bytes, offset: int) -> str:
    row = content.count(b"\n", 0, offset) + 1
    start = content.rfind(b"\n", 0, offset)
    return f"row {row}, byte {offset - start}"


def split_rows(name: str, text: Iterable[str], sign: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(text, delimiter=sign, strict=True)
    before = 0
    try:
        for cells in reader:
            # An open quote would swallow rows silently; published cells have no line breaks.
            if reader.line_num > before + 1:
                raise csv.Error("a quotation mark is opened on one line and closed on another")
            before = reader.line_num
            if any(cell.strip() for cell in cells):
                yield before, cells
    except csv.Error as error:
        sentence = f"the quotes are broken ({error})"
        raise bad_cells(name, (Fault(f"row {before + 1}", sentence),)) from error


def comparable_heading(cell: str) -> str:
    """A column's name for comparison: lower case, single spaces."""
    return " ".join(cell.casefold().split())


def read_header(content: bytes) -> tuple[str, ...]:
    """The headings of a file's first line, however broken the rest may be."""
    first = first_line(content)
    try:
        cells = next(
            csv.reader([first.replace("\0", "")], delimiter=commonest_delimiter(first)), []
        )
    except csv.Error:
        return ()
    return tuple(comparable_heading(cell) for cell in cells)


def first_line(content: bytes) -> str:
    # This only recognises a file, so bytes that cannot be read are left to `decode_text` to name.
    return content[:LONGEST_LINE].split(b"\n", 1)[0].decode("utf-8-sig", "replace")


def commonest_delimiter(text: str) -> str:
    # Counted in the header alone, as the cells below may hold decimal commas.
    first = text.split("\n", 1)[0]
    return max(",;\t", key=first.count)


def header_as_words(header: tuple[str, ...]) -> str:
    """The header in words, for a refusal; it is cut to a line or two."""
    line = ", ".join(cell for cell in header if cell)
    return f"a first row with {line[:160]!r}" if line else "a first row without any heading"


def write_csv(rows: Iterable[Sequence[object]], *, byte_order_mark: bool = False) -> bytes:
    """The rows, head first, as CSV (RFC 4180) in UTF-8 with every cell guarded."""
    table = io.StringIO(newline="")
    append_rows(table, rows)
    return table.getvalue().encode("utf-8-sig" if byte_order_mark else "utf-8")


def csv_cells(cells: Iterable[object]) -> str:
    """Some cells of a row as CSV, each with a comma before it and guarded against formulas."""
    guarded = [guard_cell(cell) for cell in cells]
    text = io.StringIO(newline="")
    if guarded:
        # After another cell: one that is empty and alone in its row would be put into quotes.
        csv.writer(text, lineterminator="").writerow(["", *guarded])
    return text.getvalue()


def append_rows(table: IO[str], rows: Iterable[Sequence[object]]) -> None:
    """Append rows to an open text file, every cell guarded."""
    csv.writer(table).writerows([guard_cell(cell) for cell in row] for row in rows)
