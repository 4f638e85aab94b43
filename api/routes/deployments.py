"""JSON for deployments: what editions have published, and the tables of publishers themselves.

Nothing else leaves: figures that no publisher has put out are told by published editions alone, so
that this API, put beside the editions, tells nothing more.
"""

import datetime
from collections.abc import AsyncIterator, Iterator
from operator import itemgetter
from typing import Annotated, Any, Literal

import msgspec
from litestar import get
from litestar.params import QueryParameter

from api import paging
from api.paging import Page
from api.refusals import refusals
from api.wiring import Cursor, FromDatabase, Limit
from survey.deployments import PublisherCount
from survey.reports import Rate
from survey.store import deployments, reports
from survey.store.database import Connection
from survey.store.reports import PublishedEdition

EDITIONS_AT_ONCE = 8
EditionKey = tuple[datetime.date, str, int, int]
FIRST: EditionKey = (datetime.date.min, "", 0, -1)
PublisherKey = tuple[int, str, datetime.date, str, str, str]
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
    found = []
    async with database.connection() as connection:
        async for one in figures_behind(connection, behind):
            found.append(one)
            if len(found) > limit:
                break
    return paging.page_of(found, limit, make=itemgetter(1), key=itemgetter(0))


async def figures_behind(
    connection: Connection, behind: EditionKey
) -> AsyncIterator[tuple[EditionKey, Figure]]:
    """Figures of published editions behind a cursor, with their keys, a few editions at a time."""
    first = behind[:3]
    while editions := await reports.published_editions(connection, first, EDITIONS_AT_ONCE):
        for edition in editions:
            for key, figure in figures_of(edition):
                if key > behind:
                    yield key, figure
        if len(editions) < EDITIONS_AT_ONCE:
            return
        last = editions[-1]
        first = last.start, last.kind, last.number + 1


def figures_of(edition: PublishedEdition) -> Iterator[tuple[EditionKey, Figure]]:
    uses = msgspec.json.decode(edition.body, type=Uses)
    for place, rate in enumerate(uses.deployments):
        figure = Figure(
            kind=edition.kind,
            period=edition.start,
            number=edition.number,
            known_on=uses.data_as_of,
            area=rate.domain,
            start=uses.rates_from or edition.start,
            end=uses.end,
            count=rate.events,
            status="withheld" if rate.events is None else "shown",
        )
        yield (edition.start, edition.kind, edition.number, place), figure


@get(
    "/api/v1/deployments/published",
    operation_id="ApiV1DeploymentsPublishedPublished",
    summary="List the tables of publishers",
    responses=refusals(),
    tags=["deployments"],
)
async def publisher_tables(
    database: FromDatabase, after: Cursor = None, limit: Limit = 50, as_of: AsOf = None
) -> Page[PublishedFigure]:
    """Every count of every file that is a publisher's own table, or as known on a day."""
    behind = paging.decode(after, PublisherKey) or START
    async with database.connection() as connection:
        found = await deployments.publisher_counts(connection, behind, limit + 1, as_of)
    return paging.page_of(found, limit, published_figure, publisher_key)


def published_figure(found: PublisherCount) -> PublishedFigure:
    return PublishedFigure(
        source=found.source, known_on=found.known_on, **msgspec.structs.asdict(found.count)
    )


def publisher_key(found: PublisherCount) -> PublisherKey:
    count = found.count
    return found.number, count.area, count.start, count.measure, count.tactic, count.group


HANDLERS: list[Any] = [every, publisher_tables]
