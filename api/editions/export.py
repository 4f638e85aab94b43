"""The tidy export of an edition as CSV and Parquet: one figure a row."""

import io
from collections.abc import Iterator

from api.editions import with_window_starts
from api.editions.rows import HEAD, ExportCell, ExportRow
from api.editions.rows_perceived import panel_rows, perception_rows, published_rows
from api.editions.rows_police import police_rows
from api.editions.rows_told import about_rows, change_rows, note_rows
from api.editions.rows_written import received_rows, text_rows
from api.process.loading import import_lock
from survey.editions.edition import Edition
from survey.formats.csv_files import write_csv

NUMBERS = ("n", "value", "low", "high")


def render_csv(edition: Edition) -> bytes:
    """UTF-8, comma, CRLF (RFC 4180). A withheld figure is an empty cell with its status."""
    return write_csv([HEAD, *([round_cell(cell) for cell in row] for row in edition_rows(edition))])


def round_cell(cell: ExportCell) -> ExportCell:
    return round(cell, 4) if isinstance(cell, float) else cell


def render_parquet(edition: Edition) -> bytes:
    """The same rows with typed columns: text and 8-byte floats; a withheld figure is null.

    The same edition gives the same bytes: the file holds no time of writing.
    """
    with import_lock("polars"):
        import polars

    schema = {name: polars.Float64 if name in NUMBERS else polars.String for name in HEAD}
    found = [[typed_cell(cell) for cell in row] for row in edition_rows(edition)]
    written_to = io.BytesIO()
    frame = polars.DataFrame(found, schema=schema, orient="row")
    frame.write_parquet(written_to, compression="zstd", statistics=False)
    return written_to.getvalue()


def typed_cell(cell: ExportCell) -> ExportCell:
    """The cell as in the CSV, but never with an apostrophe: Parquet text is never executed."""
    return round(float(cell), 4) if isinstance(cell, int | float) else cell


def edition_rows(edition: Edition) -> Iterator[ExportRow]:
    whole = f"{edition.start}/{edition.end}"
    counted = with_window_starts(edition)
    index, rates = (f"{day}/{edition.end}" for day in (counted.index_from, counted.rates_from))
    yield from about_rows(edition, whole)
    yield from note_rows(edition, whole)
    yield from perception_rows(edition, index)
    yield from police_rows(edition, whole, rates)
    yield from published_rows(edition)
    yield from panel_rows(edition, whole)
    yield from text_rows(edition, index)
    yield from received_rows(edition, whole)
    yield from standing_rows(edition, index)
    yield from change_rows(edition, whole)


def standing_rows(edition: Edition, period: str) -> Iterator[ExportRow]:
    for tile in edition.tiles:
        key = "standing", period, tile.area, "sampled", f"standing of {tile.name}"
        hidden = tile.standing == "withheld"
        yield *key, None, tile.value, None, None, tile.standing, "withheld" if hidden else "shown"
