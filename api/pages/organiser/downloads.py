"""Download a file that came with an answer."""

from typing import Annotated
from uuid import UUID

from litestar import Response, get
from litestar.params import PathParameter

from api.dependencies import FromDatabase, FromPerson, Slug
from api.operations import survey_rights
from api.pages.handing_out import download_response
from api.pages.registry import StaffPage
from api.pages.work import audited_transaction
from survey.store.surveys import attachments


@get("/work/surveys/{slug:str}/attachments/{attachment:uuid}")
async def download_answer_file(
    database: FromDatabase,
    person: FromPerson,
    slug: Slug,
    attachment: Annotated[UUID, PathParameter()],
) -> Response[bytes]:
    """Download one file, never shown in our pages; the download is written to the audit."""
    ident = str(attachment)
    detail = {"attachment": ident}
    async with audited_transaction(
        database, person, "attachment downloaded", slug, detail
    ) as connection:
        # Inside the transaction, so that a refused download leaves no line in the audit.
        await survey_rights.require_right(connection, person, "export", slug)
        found = await attachments.find_for_survey(connection, slug, ident)
        return download_response(slug, ident, found)


PAGES = [
    StaffPage(
        [download_answer_file],
        linked_from="/work/surveys/{slug:str}",
        roles=("organiser", "reviewer"),
    )
]
