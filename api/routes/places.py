"""JSON for places: the areas and how many people live there."""

from typing import Annotated, Any

import msgspec
from litestar import get
from litestar.params import PathParameter, QueryParameter

from api import clock
from api.dependencies import FromDatabase
from api.error_handlers import problem_responses
from survey.deployments import margins
from survey.deployments.margins import Population, PopulationDimension
from survey.places import Area, missing_boundaries
from survey.store import places

Code = Annotated[str, PathParameter(pattern=r"^[A-Za-z0-9_-]{1,30}$")]
Year = Annotated[
    int | None,
    QueryParameter(ge=1900, le=2100, required=False, description="this year where absent"),
]


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
    """The boroughs, the City, and areas without residents such as Heathrow."""
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
    return margins.populations_in_year(
        [count for count in counts if count.area == area.code], wanted
    )
