"""Writes every CSV file of the product, so that spreadsheets show cells as text and run none.

Every cell is guarded as `survey/spreadsheets.py` says.
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from typing import IO

from survey.spreadsheets import guard_cell


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


def append_rows(table: IO[str], rows: Iterable[Sequence[object]]) -> None:
    """Append rows to an open text file, every cell guarded."""
    csv.writer(table).writerows([guard_cell(cell) for cell in row] for row in rows)
