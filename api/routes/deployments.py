"""JSON for deployments: figures as published, each as known on a day."""

import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import get
from litestar.params import QueryParameter

from analysis import disclosure
from api import paging
from api.paging import Page
from api.refusals import refusals
from api.wiring import Cursor, FromDatabase, Limit
from survey.store import deployments

Key = tuple[int, str, datetime.date, str, str, str]
KEY = "import area start_on measure tactic category"
START: Key = (0, "", datetime.date.min, "", "", "")
AsOf = Annotated[
    datetime.date | None,
    QueryParameter(required=False, description="only what stood as known on this day"),
]


class Figure(msgspec.Struct, frozen=True):
    """A published count; null and `withheld` where it would be about a handful of people."""

    source: str
    known_on: datetime.date
    area: str
    start: datetime.date
    end: datetime.date
    measure: str
    tactic: str
    group: str
    count: int | None
    status: Literal["shown", "withheld"]


def figure(row: Any) -> Figure:
    count = disclosure.cell(row["count"])
    return Figure(
        row["source"],
        row["known_on"],
        row["area"],
        row["start_on"],
        row["end_on"],
        row["measure"],
        row["tactic"],
        row["category"],
        count,
        "withheld" if count is None else "shown",
    )


@get(
    "/api/v1/deployments",
    summary="List deployment figures",
    responses=refusals(),
    tags=["deployments"],
)
async def every(
    database: FromDatabase, after: Cursor = None, limit: Limit = 50, as_of: AsOf = None
) -> Page[Figure]:
    """Every figure of every file that was imported, oldest file first, or as known on a day."""
    behind = paging.decode(after, Key) or START
    async with database.connection() as connection:
        rows = await deployments.page(connection, behind, limit + 1, as_of)
    return paging.page_of(rows, limit, figure, KEY)
