"""JSON for surveys: what can be answered."""

import datetime

import msgspec
from litestar import get

from api import clock, paging
from api.paging import Page
from api.refusals import refusals
from api.wiring import Cursor, FromDatabase, Limit, Slug
from survey.instruments import Instrument, Mode, Wording
from survey.store import instruments


class Listed(msgspec.Struct, frozen=True):
    """A survey in the list; `open` says whether it takes answers today."""

    slug: str
    version: int
    mode: Mode
    kind: str
    title: Wording
    open: bool
    closes: datetime.date | None


def listed(row: tuple[Instrument, bool]) -> Listed:
    instrument, closed = row
    return Listed(
        slug=instrument.slug,
        version=instrument.version,
        mode=instrument.mode,
        kind=instrument.kind,
        title=instrument.title,
        open=not closed and instrument.is_open(clock.today()),
        closes=instrument.closes,
    )


@get("/api/v1/surveys", summary="List the surveys", responses=refusals(), tags=["surveys"])
async def every(database: FromDatabase, after: Cursor = None, limit: Limit = 50) -> Page[Listed]:
    """The newest version of each survey, by name."""
    behind = paging.decode(after, str) or ""
    async with database.connection() as connection:
        rows = await instruments.newest(connection, behind, limit + 1)
    shown = [listed(row) for row in rows[:limit]]
    more = len(rows) > limit
    return Page(shown, paging.encode(shown[-1].slug) if more else None)


@get(
    "/api/v1/surveys/{slug:str}",
    summary="Read a survey's questions",
    responses=refusals(404),
    tags=["surveys"],
)
async def read(database: FromDatabase, slug: Slug) -> Instrument:
    """The newest version, with every question and option in every language it has."""
    async with database.connection() as connection:
        instrument, _ = await instruments.get(connection, slug)
    return instrument
