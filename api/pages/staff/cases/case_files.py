"""Files that came with a complaint: listed on its page, and downloaded one by one."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from litestar import Response, get
from litestar.params import PathParameter

from api.dependencies import FromDatabase, FromPerson, Reference
from api.pages.handing_out import FileRow, download_response, file_row
from api.pages.registry import StaffPage
from api.pages.work import audited_transaction
from survey.store.cases import complaints
from survey.store.cases.complaints import StoredCase
from survey.store.database import Connection
from survey.store.surveys import attachments


async def load_case_files(
    connection: Connection, case: StoredCase, questions: Mapping[str, str]
) -> list[FileRow]:
    folder = f"/work/complaints/{case.reference}/files"
    return [
        file_row(case.reference, folder, file, questions.get(file.item, file.item))
        for file in await attachments.load_for_case(connection, case.id)
    ]


@get("/work/complaints/{reference:str}/files/{attachment:uuid}")
async def download_case_file(
    database: FromDatabase,
    person: FromPerson,
    reference: Reference,
    attachment: Annotated[UUID, PathParameter()],
) -> Response[bytes]:
    """Download a file, never shown in our pages; the download is written to the audit."""
    ident = str(attachment)
    detail = {"attachment": ident}
    async with audited_transaction(
        database, person, "attachment downloaded", reference, detail
    ) as connection:
        case = await complaints.get(connection, reference)
        found = await attachments.find_for_case(connection, case.id, ident)
        return download_response(reference, ident, found)


PAGES = [StaffPage([download_case_file], linked_from="/work/complaints/{reference:str}")]
