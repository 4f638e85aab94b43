"""Opens a table that somebody chose, whatever program wrote it, as sheets of text; finds where its
headings are.

A cell is the text that a person sees: 7 and not 7.0, a day as 2024-03-31.
"""

import csv
import datetime
import io
import re
import zipfile
from collections import Counter
from collections.abc import Sequence

import msgspec
import python_calamine

from survey.files.delimited import BYTE_ORDERS, check_size, comparable_heading
from survey.files.isolation import IsolationError, run_isolated
from survey.files.refusals import unguard_cell, unreadable_file
from survey.files.sheets import MOST_ROWS, cell_text, check_spreadsheet, check_unpacked

EXPECTED = "a table as CSV, Excel (.xlsx) or OpenDocument (.ods)"
MOST_WIDE, MOST_SHEETS = 300, 100
LINES_SEEN = 40  # of a CSV file, by which its separator is told
HEADINGS_SEARCHED, MOST_HEADING_ROWS, ROWS_SEEN = 30, 4, 50
MIDNIGHT = datetime.time()
NUMBER = re.compile(r"^-?[0-9][0-9,]*(?:\.[0-9]+)?%?$")
MARKS = {"", "-", "–", "..", ".", ":", "*", "n/a", "na", "r", "x", "z"}  # in place of a number


class Grid(msgspec.Struct, frozen=True):
    """A sheet as text; row 1 of a spreadsheet is `rows[0]`. A CSV file has one, without a name."""

    name: str
    rows: list[list[str]]


class Headings(msgspec.Struct, frozen=True):
    """Where the headings of a table are: the lowest of their rows, counted from 1, and how many."""

    row: int = 1
    rows: int = 1


def read_grids(name: str, content: bytes, encoding: str = "") -> list[Grid]:
    """Every sheet of a file that is not empty; raises if it is no table. It may block.

    Without an `encoding`, text is read as UTF-8 and else as Excel writes it on Windows.
    """
    check_size(name, content)
    if content.startswith(b"PK\3\4"):
        try:
            grids = run_isolated(parse_workbook, content)
        except IsolationError as failed:
            raise unreadable_file(name, EXPECTED, f"a workbook: {failed}") from failed
    else:
        grids = [parse_text(name, content, encoding)]
    grids = [grid for grid in grids if grid.rows]
    if not grids:
        raise unreadable_file(name, EXPECTED, "a file without rows")
    return grids


def find_grid(name: str, grids: Sequence[Grid], wanted: str) -> Grid:
    """The sheet with a name; without one, the first."""
    grid = next((grid for grid in grids if wanted in ("", grid.name)), None)
    if grid is None:
        seen = ", ".join(repr(grid.name) for grid in grids)[:200] or "none"
        raise unreadable_file(name, f"a sheet {wanted!r}", f"the sheets {seen}")
    return grid


def parse_workbook(content: bytes) -> list[Grid]:
    """Every sheet of a workbook; runs in a child process."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        (check_spreadsheet if "content.xml" in packed.namelist() else check_unpacked)(packed)
    book = python_calamine.load_workbook(io.BytesIO(content))
    grids = []
    for title in book.sheet_names[:MOST_SHEETS]:
        sheet = book.get_sheet_by_name(title)
        if sheet.total_height > MOST_ROWS:
            raise ValueError(f"{sheet.total_height:,} rows in sheet {title!r}")
        # Empty rows at the top count too, or faults would name the wrong row.
        rows = sheet.to_python(skip_empty_area=False)
        grids.append(
            Grid(title, without_edges([[shown_cell(cell) for cell in row] for row in rows]))
        )
    return grids


def shown_cell(cell: object) -> str:
    if isinstance(cell, datetime.datetime) and cell.time() == MIDNIGHT:
        cell = cell.date()
    # A cell may have line breaks, and the database holds no NUL.
    return " ".join(cell_text(cell).replace("\0", "").split())


def parse_text(name: str, content: bytes, encoding: str) -> Grid:
    """The rows of a CSV file, with commas, semicolons or tabs."""
    text = decode_any(name, content, encoding)
    start = "\n".join(text.split("\n", LINES_SEEN)[:LINES_SEEN])
    separator = max(",;\t", key=start.count)
    if not start.count(separator):
        raise unreadable_file(name, EXPECTED, "text without a comma, semicolon or tab")
    try:
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        rows = [[shown_cell(unguard_cell(cell)) for cell in line] for line in lines]
    except csv.Error as wrong:
        raise unreadable_file(name, EXPECTED, f"quotes that are broken ({wrong})") from None
    return Grid("", without_edges(rows))


def decode_any(name: str, content: bytes, encoding: str) -> str:
    order = BYTE_ORDERS.get(content[:2])
    if order is None and b"\0" in content:
        raise unreadable_file(name, EXPECTED, "a file of another kind")
    # What Excel calls Unicode text is UTF-16; any bytes at all are valid in the last.
    for each in [order] if order else [encoding] if encoding else ["utf-8-sig", "cp1252"]:
        try:
            return content.decode(each).removeprefix("\ufeff")
        except UnicodeDecodeError:
            continue
    raise unreadable_file(name, EXPECTED, f"bytes that are not {encoding or 'text'}")


def without_edges(rows: list[list[str]]) -> list[list[str]]:
    """The rows without empty ones at their end, and without what is far to the right."""
    while rows and not any(rows[-1]):
        rows.pop()
    return [row[:MOST_WIDE] for row in rows]


def filled_width(rows: Sequence[list[str]]) -> int:
    """The number of columns up to the last one with anything in it."""
    return max((at for row in rows for at, cell in enumerate(row, 1) if cell), default=0)


def is_number(cell: str) -> bool:
    return bool(NUMBER.match(cell))


def is_filler(cell: str) -> bool:
    """Whether a cell among numbers says that there is none."""
    return cell.casefold() in MARKS


def guess_headings(rows: Sequence[list[str]]) -> Headings:
    """The first row that is as wide as those below it and has more words than they have."""
    for at, row in enumerate(rows[:HEADINGS_SEARCHED]):
        below = [each for each in rows[at + 1 : at + 9] if any(each)]
        filled = [cell for cell in row if cell]
        if len(filled) < 2 or not below:
            continue
        # A title above a table is one long cell, a note beside it two or three.
        usual = sorted(len([cell for cell in each if cell]) for each in below)[len(below) // 2]
        numbers = sum(map(is_number, filled))
        most = max(sum(map(is_number, each)) for each in below)
        dated = numbers and all(len(cell) == 4 for cell in filled if is_number(cell))
        if len(filled) >= max(2, 0.6 * usual) and (dated or numbers < max(1, most)):
            return Headings(at + 1, heading_depth(rows, at))
    return Headings()


def heading_depth(rows: Sequence[list[str]], at: int) -> int:
    """How many rows, up from the lowest, the headings take: those that tell columns apart."""
    depth = 1
    while depth < MOST_HEADING_ROWS and at - depth >= 0:
        above = rows[at - depth]
        now = heading_texts(rows, Headings(at + 1, depth))
        more = heading_texts(rows, Headings(at + 1, depth + 1))
        told_apart = len(set(more) - {""}) > len(set(now) - {""})
        if len([cell for cell in above if cell]) < 2 or not told_apart:
            break
        depth += 1
    return depth


def heading_texts(rows: Sequence[list[str]], headings: Headings) -> list[str]:
    """The text above each column, from the top row of headings down, as the file writes it."""
    top = max(0, headings.row - headings.rows)
    taken = rows[top : headings.row]
    width = filled_width((*taken, *rows[headings.row : headings.row + ROWS_SEEN]))
    texts = [""] * width
    for row in taken:
        lowest = row is taken[-1]
        carried = ""
        for at in range(width):
            cell = row[at] if at < len(row) else ""
            below = taken[-1][at] if at < len(taken[-1]) else ""
            # A heading over several columns is written above the first of them.
            carried = cell or (carried if below and not lowest else "")
            texts[at] = f"{texts[at]} {carried}".strip()
    return texts


def heading_names(rows: Sequence[list[str]], headings: Headings) -> list[str]:
    """A different name for each column: one without a heading is called by its letter, and several
    with the same one are numbered.
    """
    texts = [
        text or f"Column {column_letter(at)}"
        for at, text in enumerate(heading_texts(rows, headings))
    ]
    double = {text for text, times in Counter(map(comparable_heading, texts)).items() if times > 1}
    seen: Counter[str] = Counter()
    names = []
    for text in texts:
        same = comparable_heading(text)
        seen[same] += 1
        names.append(f"{text} ({seen[same]})" if same in double else text)
    return names


def column_letter(at: int) -> str:
    """What a spreadsheet calls the column at a place: A, B, and AA after Z."""
    letters = ""
    at += 1
    while at:
        at, left = divmod(at - 1, 26)
        letters = chr(ord("A") + left) + letters
    return letters
