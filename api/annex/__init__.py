"""The annex of an edition as CSV and Parquet: every table in long form, one figure a row."""

import io
from collections.abc import Iterator

from api.annex.perceived import perceived, published, together
from api.annex.police import police
from api.annex.rows import HEAD, Cell, Row
from api.annex.told import about, moved, told
from api.annex.written import received, written
from api.loading import loading
from api.sheet import windowed
from survey.editions import Edition
from survey.formats.csv_files import write_csv

NUMBERS = ("n", "value", "low", "high")


def csv(edition: Edition) -> bytes:
    """UTF-8, comma, CRLF (RFC 4180). What was withheld is an empty cell with its status."""
    return write_csv([HEAD, *([round_cell(cell) for cell in row] for row in rows(edition))])


def round_cell(cell: Cell) -> Cell:
    return round(cell, 4) if isinstance(cell, float) else cell


def parquet(edition: Edition) -> bytes:
    """The same rows as columns with types: text, and numbers of eight bytes, none where withheld.

    The same edition gives the same bytes: nothing in the file says when it was written.
    """
    with loading("polars"):
        import polars

    schema = {name: polars.Float64 if name in NUMBERS else polars.String for name in HEAD}
    found = [[exact(cell) for cell in row] for row in rows(edition)]
    written_to = io.BytesIO()
    frame = polars.DataFrame(found, schema=schema, orient="row")
    frame.write_parquet(written_to, compression="zstd", statistics=False)
    return written_to.getvalue()


def exact(cell: Cell) -> Cell:
    """As in the CSV, with no apostrophe: a column of text is never run."""
    return round(float(cell), 4) if isinstance(cell, int | float) else cell


def rows(edition: Edition) -> Iterator[Row]:
    whole = f"{edition.start}/{edition.end}"
    counted = windowed(edition)
    index, rates = (f"{day}/{edition.end}" for day in (counted.index_from, counted.rates_from))
    yield from about(edition, whole)
    yield from told(edition, whole)
    yield from perceived(edition, index)
    yield from police(edition, whole, rates)
    yield from published(edition)
    yield from together(edition, whole)
    yield from written(edition, index)
    yield from received(edition, whole)
    yield from standings(edition, index)
    yield from moved(edition, whole)


def standings(edition: Edition, period: str) -> Iterator[Row]:
    for tile in edition.tiles:
        key = "standing", period, tile.area, "sampled", f"standing of {tile.name}"
        hidden = tile.standing == "withheld"
        yield *key, None, tile.value, None, None, tile.standing, "withheld" if hidden else "shown"
