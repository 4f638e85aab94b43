"""A codebook as a CSV table, one row per theme, for spreadsheets."""

import csv
import io
from collections.abc import Iterator

from survey.coding.codebooks import Codebook, Theme
from survey.files import bad_cells, unreadable_file
from survey.formats.codebook_files.shared import (
    MOST_FAULTS,
    CodebookFile,
    ThemeFromFile,
    check_file_size,
)
from survey.formats.csv_files import write_csv
from survey.formats.tidying import printable_text
from survey.problems import Fault
from survey.spreadsheets import unguard_cell
from survey.surveys.instruments import Wording

COLUMNS = ("id", "name", "description", "seeds", "examples", "counterexamples", "pinned")
OTHER_NAME = "name_"  # and a language code: name_ar
YES, NO = ("yes", "true", "1"), ("no", "false", "0")


def to_csv(book: Codebook) -> bytes:
    """The codebook as CSV in UTF-8 with a byte order mark; a cell has one text per line."""
    others = sorted({code for theme in book.themes for code in theme.name} - {"en"})
    head = (*COLUMNS, *(OTHER_NAME + code for code in others))
    rows = [
        (*theme_cells(theme), *(theme.name.get(code, "") for code in others))
        for theme in book.themes
    ]
    # Without the mark, Excel reads a CSV in the old code page of its country.
    return write_csv([head, *rows], byte_order_mark=True)


def theme_cells(theme: Theme) -> tuple[str, ...]:
    return (
        theme.id,
        theme.name.get("en", ""),
        theme.description,
        cell_lines(theme.seeds),
        cell_lines(theme.examples),
        cell_lines(theme.counterexamples),
        "yes" if theme.pinned else "no",
    )


def cell_lines(texts: tuple[str, ...]) -> str:
    return "\n".join(" ".join(text.split()) for text in texts)


def read(name: str, content: bytes) -> CodebookFile:
    """The themes in a table; the only required column is `name`."""
    check_file_size(name, content)
    rows = csv_table(name, content)
    if not rows:
        raise unreadable_file(name, "a header and a row for each theme", "an empty file")
    header = [cell.strip().casefold() for cell in rows[0]]
    if "name" not in header or len(set(header)) < len(header):
        seen = ", ".join(header)[:160]
        raise unreadable_file(name, f"the columns {', '.join(COLUMNS)}, each once", repr(seen))
    unread = [one for one in header if one not in COLUMNS and not one.startswith(OTHER_NAME)]
    notes = tuple(f"The column {one[:60]!r} is not known here and was not read." for one in unread)
    offers, faults = [], []
    for number, row in enumerate(rows[1:], start=2):
        where = f"row {number}"
        if not any(cell.strip() for cell in row):
            continue
        try:
            offers.append(theme_from_row(where, header, row))
        except ValueError as wrong:
            faults.append(Fault(where, str(wrong)))
    if faults:
        raise bad_cells(name, tuple(faults[:MOST_FAULTS]), len(faults[MOST_FAULTS:]))
    return CodebookFile(tuple(offers), notes)


def csv_table(name: str, content: bytes) -> list[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        seen = f"the byte 0x{content[error.start]:02x} in line {row}"
        wanted = "text in UTF-8 (in Excel: Save as, CSV UTF-8)"
        raise unreadable_file(name, wanted, seen) from error
    sign = max(",;\t", key=text.split("\n", 1)[0].count)
    table = csv.reader(io.StringIO(text, newline=""), delimiter=sign, strict=True)
    rows: list[list[str]] = []
    try:
        # The rows before a fault stay in the list, and so number it.
        rows.extend(table)
    except csv.Error as error:
        fault = Fault(f"row {len(rows) + 1}", f"the quotes are broken ({error})")
        raise bad_cells(name, (fault,)) from error
    return rows


def theme_from_row(where: str, header: list[str], row: list[str]) -> ThemeFromFile:
    """The theme in a row; raises ValueError with what is wrong."""
    if len(row) != len(header):
        raise ValueError(f"has {len(row)} cells where the header has {len(header)}")
    # The apostrophe that keeps a spreadsheet from running a cell is ours, not the author's.
    cell = {
        column: printable_text(unguard_cell(text)) for column, text in zip(header, row, strict=True)
    }
    name: Wording = dict(theme_names(cell))
    if not cell.get("id") and "en" not in name:
        raise ValueError("has neither an id nor a name")
    return ThemeFromFile(
        where=where,
        id=cell.get("id", ""),
        name=name,
        description=cell.get("description", ""),
        seeds=cell_texts(cell.get("seeds", "")),
        examples=cell_texts(cell.get("examples", "")),
        counterexamples=cell_texts(cell.get("counterexamples", "")),
        pinned=parse_yes_or_no(cell.get("pinned", "")),
    )


def theme_names(cell: dict[str, str]) -> Iterator[tuple[str, str]]:
    for column, text in cell.items():
        if text and (column == "name" or column.startswith(OTHER_NAME)):
            yield column.removeprefix("name").removeprefix("_") or "en", text


def cell_texts(cell: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for line in cell.split("\n") if (text := line.strip())))


def parse_yes_or_no(cell: str) -> bool | None:
    word = cell.casefold()
    if word and word not in YES + NO:
        raise ValueError(f"pinned is yes or no, not {cell[:40]!r}")
    return word in YES if word else None
