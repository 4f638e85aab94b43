"""Writes every CSV file of the product, so that spreadsheets show cells as text and run none.

Every cell is guarded as `survey/files.py` says.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import IO

from survey.files import guard_cell

LINE_END = "\r\n"


def write_csv(rows: Iterable[Sequence[object]], *, byte_order_mark: bool = False) -> bytes:
    """The rows, head first, as CSV (RFC 4180) in UTF-8 with every cell guarded."""
    table = io.StringIO(newline="")
    append_rows(table, rows)
    return table.getvalue().encode("utf-8-sig" if byte_order_mark else "utf-8")


def csv_cells(cells: Iterable[object]) -> str:
    """Some cells of a row as CSV, every cell guarded and after a comma."""
    guarded = [guard_cell(cell) for cell in cells]
    text = io.StringIO(newline="")
    if guarded:
        # After another cell: one that is empty and alone in its row would be put into quotes.
        csv.writer(text, lineterminator="").writerow(["", *guarded])
    return text.getvalue()


def append_rows(table: IO[str], rows: Iterable[Sequence[object]]) -> None:
    """Append rows to an open text file, every cell guarded."""
    csv.writer(table).writerows([guard_cell(cell) for cell in row] for row in rows)
