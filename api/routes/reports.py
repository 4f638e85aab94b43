"""JSON for editions, for counts of deployments as published, and for areas and residents."""

import datetime
from collections.abc import AsyncIterator, Iterator
from operator import itemgetter
from typing import Annotated, Any, Literal

import msgspec
from litestar import get
from litestar.params import FromPath, PathParameter, QueryParameter

from analysis.editions import gate
from api import clock, dependencies
from api.dependencies import Cursor, FromDatabase, PageLimit, ResultPage
from api.error_handlers import problem_responses
from survey.deployments import PublisherCount
from survey.editions import Edition
from survey.editions.actions import EditionKind
from survey.editions.figures import CountedDays, Rate
from survey.places import (
    Area,
    Population,
    PopulationDimension,
    missing_boundaries,
    populations_in_year,
)
from survey.store import deployments, editions, places
from survey.store import editions as reports
from survey.store.database import Connection
from survey.store.editions import EditionLine, PublishedEdition

Kind = Annotated[EditionKind, PathParameter()]
Number = Annotated[
    int | None,
    QueryParameter(ge=1, le=1_000_000, required=False, description="the last one where absent"),
]
Key = tuple[datetime.date, str, int]
EDITIONS_AT_ONCE = 8
EditionKey = tuple[datetime.date, str, int, int]
FIRST: EditionKey = (datetime.date.min, "", 0, -1)  # figures are counted from 0
PublisherKey = tuple[int, str, datetime.date, str, str, str]
START: PublisherKey = (0, "", datetime.date.min, "", "", "")
AsOf = Annotated[
    datetime.date | None,
    QueryParameter(required=False, description="only what stood as known on this day"),
]
Code = Annotated[str, PathParameter(pattern=r"^[A-Za-z0-9_-]{1,30}$")]
Year = Annotated[
    int | None,
    QueryParameter(ge=1900, le=2100, required=False, description="this year where absent"),
]


class EditionListItem(msgspec.Struct, frozen=True):
    """An edition in the list; `sha256` is the hash of its bytes, `withdrawn` the reason why the
    working group withdrew it, or empty.
    """

    kind: str
    start: datetime.date
    end: datetime.date
    number: int
    sha256: str
    withdrawn: str


def edition_list_item(line: EditionLine) -> EditionListItem:
    return msgspec.convert(line, EditionListItem, from_attributes=True)


@get(
    "/api/v1/reports", summary="List the editions", responses=problem_responses(), tags=["reports"]
)
async def list_editions(
    database: FromDatabase, after: Cursor = None, limit: PageLimit = 50
) -> ResultPage[EditionListItem]:
    """The published editions, the newest period first. An edition never changes; a correction is a
    new edition.
    """
    async with database.connection() as connection:
        page = await editions.load_page(
            connection, dependencies.decode_cursor(after, Key), limit + 1
        )
    return dependencies.build_page(page, limit, edition_list_item, EditionLine.key)


@get(
    "/api/v1/reports/{kind:str}/{start:date}",
    summary="Read an edition",
    responses=problem_responses(404),
    tags=["reports"],
)
async def read(
    database: FromDatabase, kind: Kind, start: FromPath[datetime.date], number: Number = None
) -> Edition:
    """The edition of the week or month that begins on this day."""
    async with database.connection() as connection:
        stored = await editions.get(connection, kind, start, number)
    # An edition from before today's gate would give away what that hides.
    return gate.as_served(stored)


class DeploymentFigure(msgspec.Struct, frozen=True):
    """Uses of a device in one area as a published edition gives them.

    `kind`, `period` and `number` name the edition, `area` is a code or the city's name. `count` is
    exact if it is from a publisher's own table; others are rounded, and if they are zero or small,
    null with the `status` 'withheld'.
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
    """A count exactly as its publisher released it."""

    source: str
    known_on: datetime.date
    area: str
    start: datetime.date
    end: datetime.date
    measure: str
    tactic: str
    group: str
    count: int


class EditionUses(msgspec.Struct, frozen=True):
    """The fields of a stored edition that the list of deployments needs."""

    end: datetime.date
    data_as_of: datetime.date
    deployments: tuple[Rate, ...] = ()
    rates_from: datetime.date | None = None
    rates_counted: CountedDays | None = None


@get(
    "/api/v1/deployments",
    summary="List deployment figures of the published editions",
    responses=problem_responses(),
    tags=["deployments"],
)
async def list_deployments(
    database: FromDatabase, after: Cursor = None, limit: PageLimit = 50
) -> ResultPage[DeploymentFigure]:
    """Uses by borough, oldest edition first: the same figures that the editions give."""
    behind = dependencies.decode_cursor(after, EditionKey) or FIRST
    figures = []
    async with database.connection() as connection:
        async for figure in figures_after(connection, behind):
            figures.append(figure)
            if len(figures) > limit:
                break
    return dependencies.build_page(figures, limit, make=itemgetter(1), key=itemgetter(0))


async def figures_after(
    connection: Connection, behind: EditionKey
) -> AsyncIterator[tuple[EditionKey, DeploymentFigure]]:
    """The figures of published editions that come after the key `behind`, each with its key; a few
    editions are loaded at a time.
    """
    # From the edition in the cursor on: some of its figures may have been on the page before.
    first = behind[:3]
    while editions := await reports.load_published(connection, first, EDITIONS_AT_ONCE):
        for edition in editions:
            for key, figure in edition_figures(edition):
                if key > behind:
                    yield key, figure
        if len(editions) < EDITIONS_AT_ONCE:
            return
        last = editions[-1]
        first = last.start, last.kind, last.number + 1


def edition_figures(edition: PublishedEdition) -> Iterator[tuple[EditionKey, DeploymentFigure]]:
    uses = msgspec.json.decode(edition.body, type=EditionUses)
    start, end = uses.rates_from or edition.start, uses.end
    if uses.rates_counted:
        start, end = uses.rates_counted.span
    for place, rate in enumerate(uses.deployments):
        figure = DeploymentFigure(
            kind=edition.kind,
            period=edition.start,
            number=edition.number,
            known_on=uses.data_as_of,
            area=rate.domain,
            start=start,
            end=end,
            count=rate.events,
            status="withheld" if rate.events is None else "shown",
        )
        yield (edition.start, edition.kind, edition.number, place), figure


@get(
    "/api/v1/deployments/published",
    operation_id="ApiV1DeploymentsPublishedPublished",
    summary="List the tables of publishers",
    responses=problem_responses(),
    tags=["deployments"],
)
async def list_publisher_counts(
    database: FromDatabase, after: Cursor = None, limit: PageLimit = 50, as_of: AsOf = None
) -> ResultPage[PublishedFigure]:
    """Every count in publishers' own tables, or only those known on a day."""
    behind = dependencies.decode_cursor(after, PublisherKey) or START
    async with database.connection() as connection:
        # One row more than the page shows says whether there is another page.
        publisher_counts = await deployments.load_publisher_counts(
            connection, behind, limit + 1, as_of
        )
    return dependencies.build_page(publisher_counts, limit, published_figure, publisher_key)


def published_figure(count: PublisherCount) -> PublishedFigure:
    return PublishedFigure(
        source=count.source, known_on=count.known_on, **msgspec.structs.asdict(count.count)
    )


def publisher_key(publisher_count: PublisherCount) -> PublisherKey:
    count = publisher_count.count
    return publisher_count.number, count.area, count.start, count.measure, count.tactic, count.group


HANDLERS: list[Any] = [list_deployments, list_publisher_counts]


class Places(msgspec.Struct, frozen=True):
    """A city, its areas, and the lines that must be shown with its figures."""

    city: str
    areas: list[Area]
    attribution: list[str]


class Boundaries(msgspec.Struct, frozen=True):
    """The shapes of a city's areas as TopoJSON."""

    city: str
    topology: dict[str, Any]
    attribution: list[str]


@get("/api/v1/places", summary="List the areas", responses=problem_responses(), tags=["places"])
async def list_areas(database: FromDatabase) -> Places:
    """The boroughs, and areas without residents."""
    async with database.connection() as connection:
        city = await places.get_city(connection)
    return Places(city.name, list(city.areas), list(city.attribution))


@get(
    "/api/v1/places/boundaries",
    summary="Boundaries of the areas",
    responses=problem_responses(404),
    tags=["places"],
)
async def read_boundaries(database: FromDatabase) -> Boundaries:
    """TopoJSON whose shapes carry the areas' names; the attribution must be shown with it."""
    async with database.connection() as connection:
        shapes = await places.load_boundaries(connection)
        city = await places.get_city(connection)
    if not isinstance(shapes, dict):
        raise missing_boundaries()
    return Boundaries(city.name, shapes, list(city.attribution))


@get(
    "/api/v1/places/{code:str}/population",
    summary="Residents of an area",
    responses=problem_responses(422),
    tags=["places"],
)
async def read_population(
    database: FromDatabase,
    code: Code,
    dimension: Annotated[PopulationDimension, QueryParameter()] = "total",
    year: Year = None,
) -> list[Population]:
    """The residents of an area in a year, interpolated between two censuses, with the basis of each
    figure.
    """
    async with database.connection() as connection:
        area = (await places.get_city(connection)).find(code)
        counts = await places.load_populations(connection, dimension)
    wanted = year or clock.today().year
    return populations_in_year([count for count in counts if count.area == area.code], wanted)
