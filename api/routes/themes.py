"""JSON for themes: the codebook in use and its versions."""

import datetime
from typing import Annotated

import msgspec
from litestar import get
from litestar.params import PathParameter

from api import clock, dependencies
from api.dependencies import Cursor, FromDatabase, PageLimit, ResultPage
from api.error_handlers import problem_responses
from survey.store.themes import codebooks
from survey.store.themes.codebooks import AcceptedCodebook
from survey.surveys.instruments import Wording
from survey.themes.codebooks import Add, AnyEdit, Codebook, Descent, Merge, Rename, Split

Version = Annotated[int, PathParameter(ge=1, le=1_000_000)]
# Bounded, because a forged cursor may hold a number that fits no column.
Key = tuple[Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]]


class CodebookTheme(msgspec.Struct, frozen=True):
    """A selected theme; its examples are left out, because residents wrote some of them."""

    id: str
    name: Wording
    description: str


class CodebookVersion(msgspec.Struct, frozen=True):
    """A version of the codebook; `descent` says where themes went that it no longer has."""

    version: int
    themes: list[CodebookTheme]
    descent: list[Descent]


class CodebookChange(msgspec.Struct, frozen=True, kw_only=True):
    """An edit without texts; `into` is the theme merged into, or the parts of a split."""

    edit: str
    theme: str
    into: list[str] = []
    name: Wording | None = None


class AcceptedVersion(msgspec.Struct, frozen=True):
    """A version in the list: when it was accepted, why, and the edits that made it."""

    version: int
    accepted_on: datetime.date
    note: str
    edits: list[CodebookChange]


def codebook_version(book: Codebook) -> CodebookVersion:
    themes = [CodebookTheme(theme.id, theme.name, theme.description) for theme in book.themes]
    return CodebookVersion(book.version, themes, list(book.descent))


def codebook_change(edit: AnyEdit) -> CodebookChange:
    kind = str(edit.__struct_config__.tag)
    match edit:
        case Add():
            return CodebookChange(edit=kind, theme=edit.theme.id, name=edit.theme.name)
        case Rename():
            return CodebookChange(edit=kind, theme=edit.theme, name=edit.name)
        case Merge():
            return CodebookChange(edit=kind, theme=edit.theme, into=[edit.into])
        case Split():
            return CodebookChange(
                edit=kind, theme=edit.theme, into=[part.id for part in edit.parts]
            )
    return CodebookChange(edit=kind, theme=edit.theme)


def accepted_version(codebook: AcceptedCodebook) -> AcceptedVersion:
    on = clock.local_day(codebook.accepted_at)
    return AcceptedVersion(
        codebook.version, on, codebook.note, [codebook_change(edit) for edit in codebook.edits]
    )


@get(
    "/api/v1/codebook", summary="Read the codebook", responses=problem_responses(), tags=["themes"]
)
async def read(database: FromDatabase) -> CodebookVersion:
    """The version of the codebook in use, under which every text is coded."""
    async with database.connection() as connection:
        return codebook_version(await codebooks.get_newest(connection))


@get(
    "/api/v1/codebook/{version:int}",
    summary="Read a version of the codebook",
    responses=problem_responses(404),
    tags=["themes"],
)
async def read_version(database: FromDatabase, version: Version) -> CodebookVersion:
    """An earlier version of the codebook. A version never changes; a theme keeps its id from one to
    the next.
    """
    async with database.connection() as connection:
        return codebook_version(await codebooks.get(connection, version))


@get(
    "/api/v1/codebook/versions",
    summary="List the versions of the codebook",
    responses=problem_responses(),
    tags=["themes"],
)
async def list_versions(
    database: FromDatabase, after: Cursor = None, limit: PageLimit = 50
) -> ResultPage[AcceptedVersion]:
    """Every version of the codebook, the newest first, with the edits that people made."""
    before = dependencies.decode_cursor(after, Key)
    async with database.connection() as connection:
        rows = await codebooks.load_versions(
            connection, before=before and before[0], limit=limit + 1
        )
    return dependencies.build_page(rows, limit, accepted_version, lambda row: [row.version])
