"""JSON for editions of the report."""

import datetime
from typing import Annotated, Literal

import msgspec
from litestar import get
from litestar.params import FromPath, PathParameter, QueryParameter

from analysis.editions import gate
from api import dependencies
from api.dependencies import Cursor, FromDatabase, PageLimit, ResultPage
from api.error_handlers import problem_responses
from survey.editions.edition import Edition
from survey.store.editions import editions
from survey.store.editions.editions import EditionLine

Kind = Annotated[Literal["weekly", "monthly"], PathParameter()]
Number = Annotated[
    int | None,
    QueryParameter(ge=1, le=1_000_000, required=False, description="the last one where absent"),
]
Key = tuple[datetime.date, str, int]


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


def edition_list_item(found: EditionLine) -> EditionListItem:
    return EditionListItem(
        found.kind, found.start, found.end, found.number, found.sha256, found.withdrawn
    )


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
        found = await editions.load_page(
            connection, dependencies.decode_cursor(after, Key), limit + 1
        )
    return dependencies.build_page(found, limit, edition_list_item, EditionLine.key)


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
