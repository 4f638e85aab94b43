"""A codebook as a table: one row a theme, whole, for spreadsheets."""

import csv
import io
from collections.abc import Iterator

from survey.codebooks import Codebook, Theme
from survey.formats.codebooks import MOST_FAULTS, Offer, Offered, check_size
from survey.formats.csv_files import unguard_cell, write_csv
from survey.formats.tidying import tidy
from survey.instruments import Wording
from survey.problems import Fault, bad_cells, unreadable_file

COLUMNS = ("id", "name", "description", "seeds", "examples", "counterexamples", "pinned")
OTHER_NAME = "name_"  # and a language code: name_ar
YES, NO = ("yes", "true", "1"), ("no", "false", "0")


def written(book: Codebook) -> bytes:
    """UTF-8 with a mark that spreadsheets look for; several texts stand on a line each."""
    others = sorted({code for theme in book.themes for code in theme.name} - {"en"})
    head = (*COLUMNS, *(OTHER_NAME + code for code in others))
    rows = [
        (*cells(theme), *(theme.name.get(code, "") for code in others)) for theme in book.themes
    ]
    return write_csv([head, *rows], byte_order_mark=True)


def cells(theme: Theme) -> tuple[str, ...]:
    return (
        theme.id,
        theme.name.get("en", ""),
        theme.description,
        lines(theme.seeds),
        lines(theme.examples),
        lines(theme.counterexamples),
        "yes" if theme.pinned else "no",
    )


def lines(texts: tuple[str, ...]) -> str:
    return "\n".join(" ".join(text.split()) for text in texts)


def read(name: str, content: bytes) -> Offered:
    """What a table says; only the column `name` must be there, and a row a theme."""
    check_size(name, content)
    rows = table_of(name, content)
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
            offers.append(offered(where, header, row))
        except ValueError as wrong:
            faults.append(Fault(where, str(wrong)))
    if faults:
        raise bad_cells(name, tuple(faults[:MOST_FAULTS]), len(faults[MOST_FAULTS:]))
    return Offered(tuple(offers), notes)


def table_of(name: str, content: bytes) -> list[list[str]]:
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
        rows.extend(table)
    except csv.Error as error:
        fault = Fault(f"row {len(rows) + 1}", f"the quotes are broken ({error})")
        raise bad_cells(name, (fault,)) from error
    return rows


def offered(where: str, header: list[str], row: list[str]) -> Offer:
    """Raises ValueError with what is wrong."""
    if len(row) != len(header):
        raise ValueError(f"has {len(row)} cells where the header has {len(header)}")
    cell = {column: tidy(unguard_cell(text)) for column, text in zip(header, row, strict=True)}
    name: Wording = dict(names(cell))
    if not cell.get("id") and "en" not in name:
        raise ValueError("has neither an id nor a name")
    return Offer(
        where=where,
        id=cell.get("id", ""),
        name=name,
        description=cell.get("description", ""),
        seeds=several(cell.get("seeds", "")),
        examples=several(cell.get("examples", "")),
        counterexamples=several(cell.get("counterexamples", "")),
        pinned=yes_or_no(cell.get("pinned", "")),
    )


def names(cell: dict[str, str]) -> Iterator[tuple[str, str]]:
    for column, text in cell.items():
        if text and (column == "name" or column.startswith(OTHER_NAME)):
            yield column.removeprefix("name").removeprefix("_") or "en", text


def several(cell: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for line in cell.split("\n") if (text := line.strip())))


def yes_or_no(cell: str) -> bool | None:
    word = cell.casefold()
    if word and word not in YES + NO:
        raise ValueError(f"pinned is yes or no, not {cell[:40]!r}")
    return word in YES if word else None
