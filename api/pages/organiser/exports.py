"""The answers to a survey to take away: as one table, or as a table for each repeat besides."""

import contextlib
from collections.abc import AsyncGenerator

from litestar import get
from litestar.response import Stream

from api import clock
from api.dependencies import FromDatabase, FromPerson, FromReadDatabase, Slug
from api.operations import exporting, survey_rights
from api.operations.exporting import WantedExport
from api.pages.registry import StaffPage
from api.pages.templating import AnyRequest
from api.security.people import Person
from survey.store.accounts import people
from survey.store.database import Database
from survey.store.surveys import counts

IN_WORDS, AS_ANSWERED = "words", "as-answered"  # what an address may ask for


@get("/work/surveys/{slug:str}/answers.csv")
async def one_table(
    request: AnyRequest,
    database: FromDatabase,
    read_database: FromReadDatabase,
    person: FromPerson,
    slug: Slug,
) -> Stream:
    """Download the answers as CSV, one row per response without what people wrote; the download is
    logged.
    """
    wanted = wanted_export(request, slug, every_table=False)
    await log_export(database, person, wanted)
    return await export_response(read_database, wanted, "csv", "text/csv")


@get("/work/surveys/{slug:str}/answers.zip")
async def every_table(
    request: AnyRequest,
    database: FromDatabase,
    read_database: FromReadDatabase,
    person: FromPerson,
    slug: Slug,
) -> Stream:
    """Download the answers as a ZIP: a table of responses, and one for each repeat with a row for
    each round.
    """
    wanted = wanted_export(request, slug, every_table=True)
    await log_export(database, person, wanted)
    return await export_response(read_database, wanted, "zip", "application/zip")


def wanted_export(request: AnyRequest, slug: str, *, every_table: bool) -> WantedExport:
    """What an address asks for."""
    asked = request.query_params
    return WantedExport(
        slug=slug, words=IN_WORDS in asked, as_answered=AS_ANSWERED in asked,
        every_table=every_table,
    )  # fmt: skip


async def log_export(database: Database, person: Person, wanted: WantedExport) -> None:
    """Write to the audit that somebody exports these answers; raises if they may not."""
    async with database.connection() as connection:
        await survey_rights.require_right(connection, person, "export", wanted.slug)
        # Before anything leaves: of a download that is cut, some rows have left too.
        detail = {"answers": await counts.count_all(connection, wanted.slug)}
        await people.append_audit(
            connection, "answers exported", wanted.slug, by=person.id, detail=detail
        )


async def export_response(
    database: Database, wanted: WantedExport, ending: str, media_type: str
) -> Stream:
    """An export, sent while it is read; one that is cut short has no end that a client would take
    for one.
    """
    parts = exporting.stream_export(database, wanted)
    # What stops it before its first byte is refused on a page, not by an empty file.
    first = await anext(parts)
    return Stream(
        continue_with(first, parts),
        media_type=media_type,
        headers={"Content-Disposition": f'attachment; filename="{file_name(wanted)}.{ending}"'},
    )


async def continue_with(first: bytes, parts: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    async with contextlib.aclosing(parts):
        yield first
        async for part in parts:
            yield part


def file_name(wanted: WantedExport) -> str:
    """A name that says what the file holds, and of which day."""
    kinds = [IN_WORDS] * wanted.words + [AS_ANSWERED] * wanted.as_answered
    return "-".join([wanted.slug, *kinds, str(clock.today())])


PAGES = [
    StaffPage(
        [one_table, every_table],
        linked_from="/work/surveys/{slug:str}",
        roles=("organiser", "reviewer"),
    )
]
