"""The answers to a survey to take away: as one table, or as a table for each repeat besides."""

from typing import Any

import anyio.to_thread
from litestar import Response, get

from api import clock
from api.dependencies import FromDatabase, FromPerson, Slug
from api.operations import exporting, survey_rights
from api.operations.answer_tables import Table
from api.pages.registry import StaffPage
from api.pages.templating import AnyRequest
from api.security.people import Person
from survey.formats.csv_files import write_csv, zip_csv
from survey.store import places
from survey.store.accounts import people
from survey.store.database import Database

IN_WORDS, AS_ANSWERED = "words", "as-answered"  # what an address may ask for


@get("/work/surveys/{slug:str}/answers.csv")
async def one_table(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug
) -> Response[bytes]:
    """Download the answers as CSV, one row per response without what people wrote; the download is
    logged.
    """
    first, *_ = await load_tables(request, database, person, slug)
    # In a thread: a table of many answers would hold up every other request.
    body = await anyio.to_thread.run_sync(write_csv, first.rows)
    return download_response(request, slug, body, "csv", "text/csv")


@get("/work/surveys/{slug:str}/answers.zip")
async def every_table(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug
) -> Response[bytes]:
    """Download the answers as a ZIP: a table of responses, and one for each repeat with a row for
    each round.
    """
    tables = await load_tables(request, database, person, slug)
    files = {one.name: one.rows for one in tables}
    body = await anyio.to_thread.run_sync(zip_csv, files)
    return download_response(request, slug, body, "zip", "application/zip")


async def load_tables(
    request: AnyRequest, database: Database, person: Person, slug: str
) -> list[Table]:
    """The tables that an address asks for, if this person may have them."""
    asked = request.query_params
    async with database.connection() as connection:
        await survey_rights.require_right(connection, person, "export", slug)
        areas = (await places.get_city(connection)).areas if IN_WORDS in asked else ()
        tables = await exporting.tables_of(
            connection,
            slug,
            areas={area.code: area.name for area in areas} if IN_WORDS in asked else None,
            as_answered=AS_ANSWERED in asked,
        )
        # The first row holds the names of the columns.
        detail = {"answers": len(tables[0].rows) - 1}
        await people.append_audit(connection, "answers exported", slug, by=person.id, detail=detail)
    return tables


def download_response(
    request: AnyRequest, slug: str, body: bytes, ending: str, media_type: str
) -> Response[Any]:
    """A file named for what it holds and for the day."""
    kinds = [kind for kind in (IN_WORDS, AS_ANSWERED) if kind in request.query_params]
    name = "-".join([slug, *kinds, str(clock.today())])
    disposition = f'attachment; filename="{name}.{ending}"'
    return Response(body, media_type=media_type, headers={"Content-Disposition": disposition})


PAGES = [
    StaffPage(
        [one_table, every_table],
        linked_from="/work/surveys/{slug:str}",
        roles=("organiser", "reviewer"),
    )
]
