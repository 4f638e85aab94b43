"""JSON for editions of the report."""

import datetime
from typing import Annotated, Literal

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
from survey.store.reports import EditionLine

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


def edition_line(found: EditionLine) -> Listed:
    return Listed(found.kind, found.start, found.end, found.number, found.sha256, found.withdrawn)


@get("/api/v1/reports", summary="List the editions", responses=refusals(), tags=["reports"])
async def every(database: FromDatabase, after: Cursor = None, limit: Limit = 50) -> Page[Listed]:
    """The newest period first; an edition is never changed, a later one stands beside it."""
    async with database.connection() as connection:
        found = await reports.page(connection, paging.decode(after, Key), limit + 1)
    return paging.page_of(found, limit, edition_line, EditionLine.key)


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
