"""JSON for themes: the codebook in use, its versions, and what a machine proposes."""

import datetime
from typing import Annotated, Any

import msgspec
from litestar import get
from litestar.params import PathParameter

from api import clock, paging
from api.paging import Page
from api.people import SignedIn
from api.refusals import refusals
from api.wiring import Cursor, FromDatabase, Limit
from survey.codebooks import Add, AnyEdit, Codebook, Descent, Merge, Rename, Split
from survey.instruments import Wording
from survey.proposals import AnyProposal
from survey.store import codebooks, proposals

Version = Annotated[int, PathParameter(ge=1, le=1_000_000)]
Key = tuple[Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]]


class Theme(msgspec.Struct, frozen=True):
    """A selected theme; its examples are not given, for residents wrote some of them."""

    id: str
    name: Wording
    description: str


class Book(msgspec.Struct, frozen=True):
    """A version of the codebook; `descent` tells where the themes went that it no longer has."""

    version: int
    themes: list[Theme]
    descent: list[Descent]


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """An edit without the texts in it: a merge tells `into` what, a split the ids of its parts."""

    edit: str
    theme: str
    into: list[str] = []
    name: Wording | None = None


class Accepted(msgspec.Struct, frozen=True):
    """A version in the list: when it was accepted, why, and the edits that made it."""

    version: int
    accepted_on: datetime.date
    note: str
    edits: list[Change]


class Raised(msgspec.Struct, frozen=True):
    """A proposal nobody has decided about; it changes nothing."""

    id: int
    made_on: datetime.date
    codebook: int
    proposal: AnyProposal


def book_of(book: Codebook) -> Book:
    themes = [Theme(theme.id, theme.name, theme.description) for theme in book.themes]
    return Book(book.version, themes, list(book.descent))


def change(edit: AnyEdit) -> Change:
    kind = str(edit.__struct_config__.tag)
    match edit:
        case Add():
            return Change(edit=kind, theme=edit.theme.id, name=edit.theme.name)
        case Rename():
            return Change(edit=kind, theme=edit.theme, name=edit.name)
        case Merge():
            return Change(edit=kind, theme=edit.theme, into=[edit.into])
        case Split():
            return Change(edit=kind, theme=edit.theme, into=[part.id for part in edit.parts])
    return Change(edit=kind, theme=edit.theme)


def accepted(row: Any) -> Accepted:
    edits = msgspec.convert(row["edits"], list[AnyEdit])
    on = row["accepted_at"].astimezone(clock.LONDON).date()
    return Accepted(row["version"], on, row["note"], [change(edit) for edit in edits])


@get("/api/v1/codebook", summary="Read the codebook", responses=refusals(), tags=["themes"])
async def read(database: FromDatabase) -> Book:
    """The version in use: what every text is read under."""
    async with database.connection() as connection:
        return book_of(await codebooks.newest(connection))


@get(
    "/api/v1/codebook/{version:int}",
    summary="Read a version of the codebook",
    responses=refusals(404),
    tags=["themes"],
)
async def read_version(database: FromDatabase, version: Version) -> Book:
    """A version never changes; a theme keeps its id from one to the next."""
    async with database.connection() as connection:
        return book_of(await codebooks.get(connection, version))


@get(
    "/api/v1/codebook/versions",
    summary="List the versions of the codebook",
    responses=refusals(),
    tags=["themes"],
)
async def versions(
    database: FromDatabase, after: Cursor = None, limit: Limit = 50
) -> Page[Accepted]:
    """The newest first, each with the edits that people made."""
    before = paging.decode(after, Key)
    async with database.connection() as connection:
        rows = await codebooks.versions(connection, before=before and before[0], limit=limit + 1)
    return paging.page_of(rows, limit, accepted, "version")


@get("/work/themes/proposals.json", guards=[SignedIn("reviewer")], include_in_schema=False)
async def raised(database: FromDatabase) -> list[Raised]:
    async with database.connection() as connection:
        found = await proposals.open_ones(connection)
    return [
        Raised(one.id, one.made_at.astimezone(clock.LONDON).date(), one.codebook, one.proposal)
        for one in found
    ]
