"""The part of a sheet about perception as others have published it, beside deployments."""

from collections.abc import Iterator, Sequence

import msgspec

from api.figures import day, item_name, number, whole
from api.sheet.behind import behind
from api.sheet.nouns import Cell, Part, Square, Table, told
from api.sheet.perception import LEVEL, Names, names_of, square, valued, verdict
from api.sheet.police import NO_RATE, rate_cell
from survey.editions import Edition
from survey.reports import (
    Beside,
    Estimate,
    Standing,
    Tile,
)


def published(edition: Edition) -> Iterator[Part]:
    """The last quarter of each item, as a grid and as a table, and what may be concluded."""
    names = names_of(edition)
    for item in dict.fromkeys(row.item for row in edition.beside):
        rows = last_quarter(edition.beside, item)
        areas = {one.area for one in edition.tiles}
        boroughs = [row for row in rows if row.perception.domain in areas]
        force = next((row.perception for row in rows if row.perception.domain not in areas), None)
        yield Part(
            key=f"published-{item.replace('_', '-')}",
            heading=f"{item_name(item)}: published, to {day(rows[0].quarter_end)}",
            words=(words(force),),
            tiles=tuple(tile(one, boroughs, force) for one in edition.tiles),
            tables=(table(boroughs, names),),
            measures=told("published_perception", "deployment_rate"),
            rows=behind(edition, "files"),
        )
    if edition.published_association is not None:
        yield Part(
            key="published",
            heading="Published perception and deployments together",
            verdict=verdict(edition.published_association, "percentage points"),
            points=edition.published_association.caveats,
            measures=told("association"),
        )


def last_quarter(rows: Sequence[Beside], item: str) -> list[Beside]:
    end = max(row.quarter_end for row in rows if row.item == item)
    return [row for row in rows if (row.item, row.quarter_end) == (item, end)]


def words(force: Estimate | None) -> str:
    months = "Per cent of residents over twelve months, as the publisher gave it. "
    if force is None or force.value is None:
        return f"{months}Earlier quarters are in the CSV annex."
    return (
        f"{months}A tile says whether the borough's interval leaves out the figure for the whole "
        f"force, {number(force.value)}. Earlier quarters are in the CSV annex."
    )


def tile(one: Tile, rows: Sequence[Beside], force: Estimate | None) -> Square:
    """A borough's published figure on its place of the grid."""
    mine = next((row.perception for row in rows if row.perception.domain == one.area), None)
    value = mine.value if mine is not None else None
    standing = standing_of(mine, force)
    return square(msgspec.structs.replace(one, value=value, standing=standing))


def standing_of(mine: Estimate | None, force: Estimate | None) -> Standing:
    if mine is None or mine.low is None or mine.high is None:
        return "withheld"
    if force is None or force.value is None or mine.low <= force.value <= mine.high:
        return "within"
    return "below" if mine.high < force.value else "above"


def table(rows: Sequence[Beside], names: Names) -> Table:
    boroughs = sorted(rows, key=lambda row: names(row.perception.domain))
    return Table(
        caption="Published perception beside the quarter's deployments",
        head=("Borough", f"Per cent ({LEVEL})", "Answers", "Deployments · per 10,000"),
        rows=tuple(
            (
                Cell(names(row.perception.domain)),
                valued(row.perception),
                Cell("not published" if row.perception.n is None else whole(row.perception.n)),
                rate_cell(row.deployments),
            )
            for row in boroughs
        ),
        note=NO_RATE,
    )
