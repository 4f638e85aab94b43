"""JSON for deployments: what editions have published, and the tables of publishers themselves.

Nothing else leaves: figures that no publisher has put out are told by published editions alone, so
that this API, put beside the editions, tells nothing more.
"""

import datetime
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

import msgspec
from litestar import get
from litestar.params import QueryParameter

from api import paging
from api.paging import Page
from api.refusals import refusals
from api.wiring import Cursor, FromDatabase, Limit
from survey.reports import Rate
from survey.store import deployments, reports
from survey.store.database import Connection

EDITIONS_AT_ONCE = 8
EditionKey = tuple[datetime.date, str, int, int]
EDITION_KEY = "period kind number place"
FIRST: EditionKey = (datetime.date.min, "", 0, -1)
PublisherKey = tuple[int, str, datetime.date, str, str, str]
PUBLISHER_KEY = "import area start_on measure tactic category"
START: PublisherKey = (0, "", datetime.date.min, "", "", "")
AsOf = Annotated[
    datetime.date | None,
    QueryParameter(required=False, description="only what stood as known on this day"),
]


class Figure(msgspec.Struct, frozen=True):
    """Uses of a device in one area as a published edition gives them.

    `kind`, `period` and `number` name the edition, `area` is a code or the city's name. `count` is
    rounded; it is null and `status` 'withheld' for none and for few alike.
    """

    kind: str
    period: datetime.date
    number: int
    known_on: datetime.date
    area: str
    start: datetime.date
    end: datetime.date
    count: int | None
    status: Literal["shown", "withheld"]


class PublishedFigure(msgspec.Struct, frozen=True):
    """A count that its publisher has put out itself, exactly as it did."""

    source: str
    known_on: datetime.date
    area: str
    start: datetime.date
    end: datetime.date
    measure: str
    tactic: str
    group: str
    count: int


class Uses(msgspec.Struct, frozen=True):
    """The part of an edition that is read here."""

    end: datetime.date
    data_as_of: datetime.date
    deployments: tuple[Rate, ...] = ()
    rates_from: datetime.date | None = None


@get(
    "/api/v1/deployments",
    summary="List deployment figures of the published editions",
    responses=refusals(),
    tags=["deployments"],
)
async def every(database: FromDatabase, after: Cursor = None, limit: Limit = 50) -> Page[Figure]:
    """Uses by borough, oldest edition first: the same figures that the editions give."""
    behind = paging.decode(after, EditionKey) or FIRST
    rows = []
    async with database.connection() as connection:
        async for row in figures_behind(connection, behind):
            rows.append(row)
            if len(rows) > limit:
                break
    return paging.page_of(rows, limit, figure, EDITION_KEY)


async def figures_behind(
    connection: Connection, behind: EditionKey
) -> AsyncIterator[dict[str, Any]]:
    """The rows of published editions behind a cursor, a few editions at a time."""
    first = behind[:3]
    while editions := await reports.published_from(connection, first, EDITIONS_AT_ONCE):
        for edition in editions:
            for row in rows_of(edition):
                if tuple(row[name] for name in EDITION_KEY.split()) > behind:
                    yield row
        if len(editions) < EDITIONS_AT_ONCE:
            return
        last = editions[-1]
        first = last["start_on"], last["kind"], last["number"] + 1


def rows_of(edition: Any) -> list[dict[str, Any]]:
    read = msgspec.json.decode(edition["body"], type=Uses)
    return [
        {
            "kind": edition["kind"],
            "period": edition["start_on"],
            "number": edition["number"],
            "known_on": read.data_as_of,
            "area": rate.domain,
            "start": read.rates_from or edition["start_on"],
            "end": read.end,
            "count": rate.events,
            "status": "withheld" if rate.events is None else "shown",
            "place": place,
        }
        for place, rate in enumerate(read.deployments)
    ]


def figure(row: dict[str, Any]) -> Figure:
    return Figure(**{name: row[name] for name in Figure.__struct_fields__})


@get(
    "/api/v1/deployments/published",
    summary="List the tables of publishers",
    responses=refusals(),
    tags=["deployments"],
)
async def published(
    database: FromDatabase, after: Cursor = None, limit: Limit = 50, as_of: AsOf = None
) -> Page[PublishedFigure]:
    """Every count of every file that is a publisher's own table, or as known on a day."""
    behind = paging.decode(after, PublisherKey) or START
    async with database.connection() as connection:
        rows = await deployments.published(connection, behind, limit + 1, as_of)
    return paging.page_of(rows, limit, published_figure, PUBLISHER_KEY)


def published_figure(row: Any) -> PublishedFigure:
    return PublishedFigure(
        source=row["source"],
        known_on=row["known_on"],
        area=row["area"],
        start=row["start_on"],
        end=row["end_on"],
        measure=row["measure"],
        tactic=row["tactic"],
        group=row["category"],
        count=row["count"],
    )


HANDLERS: list[Any] = [every, published]
