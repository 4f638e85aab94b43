"""Writes every CSV file of the product, so that spreadsheets show cells as text and run none.

A spreadsheet runs a cell that begins like a formula; an apostrophe before it makes it text. A
cell that begins with an apostrophe gets another one, so that every cell can be read back
unchanged.
"""

import csv
import io
import unicodedata
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

# Tested after NFKC, so that full-width characters count too; NFKC keeps the minus sign U+2212.
RUN_BY_SPREADSHEETS = "=+-@\u2212"
APOSTROPHE = "'"
PASSED_OVER = ("Cc", "Cf", "Zs", "Zl", "Zp")  # blanks, line breaks and characters without width


def write_csv(rows: Iterable[Sequence[object]], *, byte_order_mark: bool = False) -> bytes:
    """The rows, head first, as CSV (RFC 4180) in UTF-8 with every cell guarded."""
    table = io.StringIO(newline="")
    append_rows(table, rows)
    return table.getvalue().encode("utf-8-sig" if byte_order_mark else "utf-8")


def zip_csv(tables: Mapping[str, Iterable[Sequence[object]]]) -> bytes:
    """Several tables as the CSV files of one ZIP, each under its name."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as parts:
        for name, rows in tables.items():
            parts.writestr(f"{name}.csv", write_csv(rows))
    return written.getvalue()


def append_rows(table: Any, rows: Iterable[Sequence[object]]) -> None:
    """Append rows to an open text file, every cell guarded."""
    csv.writer(table).writerows([guard_cell(cell) for cell in row] for row in rows)


def guard_cell(cell: Any) -> Any:
    """The cell, after an apostrophe if a spreadsheet could run it; numbers are unchanged."""
    return APOSTROPHE + cell if isinstance(cell, str) and needs_guard(cell) else cell


def unguard_cell(cell: str) -> str:
    """The cell as it was before `guard_cell`; an apostrophe that guards nothing stays."""
    rest = cell.removeprefix(APOSTROPHE)
    return rest if rest != cell and needs_guard(rest) else cell


def needs_guard(text: str) -> bool:
    """Whether a spreadsheet could run this text, or takes something from its beginning."""
    for place, character in enumerate(text):
        category = unicodedata.category(character)
        if place == 0 and category == "Cc":
            return True
        if category not in PASSED_OVER:
            first = unicodedata.normalize("NFKC", character)[:1]
            return first in RUN_BY_SPREADSHEETS or (place == 0 and character == APOSTROPHE)
    return False
