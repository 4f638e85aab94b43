"""JSON for editions of the report."""

import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import get
from litestar.params import FromPath, PathParameter, QueryParameter

from analysis import disclosure
from api import paging
from api.paging import Page
from api.refusals import refusals
from api.wiring import Cursor, FromDatabase, Limit
from survey.editions import Edition
from survey.store import reports

Kind = Annotated[Literal["weekly", "monthly"], PathParameter()]
Number = Annotated[
    int | None,
    QueryParameter(ge=1, le=1_000_000, required=False, description="the last one where absent"),
]
Key = tuple[datetime.date, str, int]


class Listed(msgspec.Struct, frozen=True):
    """An edition in the list; `sha256` is the hash of its bytes, `withdrawn` why the working
    group no longer stands by it, else empty."""

    kind: str
    start: datetime.date
    end: datetime.date
    number: int
    sha256: str
    withdrawn: str


def listed(row: Any) -> Listed:
    names = ("kind", "start_on", "end_on", "number", "sha256", "withdrawn")
    return Listed(*(row[name] for name in names))


@get("/api/v1/reports", summary="List the editions", responses=refusals(), tags=["reports"])
async def every(database: FromDatabase, after: Cursor = None, limit: Limit = 50) -> Page[Listed]:
    """The newest period first; an edition is never changed, a later one stands beside it."""
    async with database.connection() as connection:
        rows = await reports.page(connection, paging.decode(after, Key), limit + 1)
    return paging.page_of(rows, limit, listed, "start_on kind number")


@get(
    "/api/v1/reports/{kind:str}/{start:date}",
    summary="Read an edition",
    responses=refusals(404),
    tags=["reports"],
)
async def read(
    database: FromDatabase, kind: Kind, start: FromPath[datetime.date], number: Number = None
) -> Edition:
    """The edition of the week or month that begins on this day."""
    async with database.connection() as connection:
        kept = await reports.get(connection, kind, start, number)
    return disclosure.as_served(kept)
