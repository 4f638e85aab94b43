"""Tables of figures with intervals, on the page and in files: declared once, by their columns."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from api.editions.cells import interval_cell
from api.editions.report import ReportCell, ReportTable, text_cell
from api.editions.rows import ExportRow, bounded_row
from api.formatting import format_count
from api.translating import edition_gettext as _
from survey.editions.figures import FigureTable


class IntervalColumn(NamedTuple):
    """A figure of each row: its heading on the page, and what files say before and after the row.

    It is `of` a count of the table, or of the row's own, which then has a column before it.
    """

    figure: str
    head: str
    before: str
    after: str
    method: str
    of: str = ""


def interval_table(
    table: FigureTable,
    columns: Sequence[IntervalColumn],
    head: str,
    *,
    caption: str,
    names: Mapping[str, str] | None = None,
    note: str = "",
    blank_note: str = "",
) -> ReportTable:
    """The table as a page shows it, the last column first; `head` heads its rows.

    `names` are the words of the rows, if these are no words. `blank_note` is said where a figure of
    the first column is withheld.
    """
    own = not columns[0].of
    rows = [(row, table.figure(columns[0].figure, row).value) for row in table.rows]
    return ReportTable(
        caption=caption,
        head=(
            head,
            *([_("People")] if own else []),
            *(column.head for column in reversed(columns)),
        ),
        rows=tuple(
            (
                ReportCell(_(names[row]) if names else row),
                *([text_cell(format_count(table.row_count(row)))] if own else []),
                *(interval_cell(table.figure(column.figure, row)) for column in reversed(columns)),
            )
            for row, _value in rows
        ),
        note=blank_note if blank_note and any(value is None for _row, value in rows) else note,
    )


def interval_rows(
    table: FigureTable, columns: Sequence[IntervalColumn], key: tuple[str, str, str, str]
) -> Iterator[ExportRow]:
    """The figures of the table for files, row by row."""
    for row in table.rows:
        for column in columns:
            n = table.count(column.of) if column.of else table.row_count(row)
            measure = f"{column.before}{row}{column.after}"
            yield bounded_row(
                (*key, measure), n, table.figure(column.figure, row).cells, column.method
            )
