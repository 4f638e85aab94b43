"""A file that came with an answer, to take away."""

from typing import Annotated
from uuid import UUID

from litestar import Response, get
from litestar.params import PathParameter

from api import survey_rights
from api.pages.handing_out import handed_out
from api.pages.organiser import surveys
from api.pages.organiser.files import stem_of
from api.pages.work import acting
from api.wiring import FromDatabase, FromPerson, Slug
from survey.problems import NotFound
from survey.store import attachments


@get(
    "/work/surveys/{slug:str}/attachments/{attachment:uuid}",
    guards=surveys.readers,
    include_in_schema=False,
)
async def download(
    database: FromDatabase,
    person: FromPerson,
    slug: Slug,
    attachment: Annotated[UUID, PathParameter()],
) -> Response[bytes]:
    """One file, never shown in a page of ours; who took it is written down first."""
    ident = str(attachment)
    detail = {"attachment": ident}
    async with acting(database, person, "attachment downloaded", slug, detail) as connection:
        await survey_rights.check(connection, person, "export", slug)
        found = await attachments.find(connection, slug, ident)
        if found is None:
            raise NotFound("attachment.unknown", "There is no such file.", "Look at the list.")
        return handed_out(stem_of(slug, ident), found)


HANDLERS = [download]
