"""Files that came with a complaint: listed on its page, and downloaded one by one."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, get
from litestar.params import PathParameter

from api.dependencies import FromDatabase, FromPerson, Reference
from api.pages.handing_out import SCAN_LABELS, download_response, media_label
from api.pages.registry import StaffPage
from api.pages.work import audited_transaction
from survey.media import ENDINGS
from survey.problems import NotFound
from survey.store.cases import complaints
from survey.store.cases.complaints import StoredCase
from survey.store.database import Connection
from survey.store.surveys import attachments


class CaseFileRow(msgspec.Struct, frozen=True):
    """A file in the list; we name it, because the sender's own name can identify a person."""

    address: str
    name: str
    item: str
    kind: str
    kilobytes: int
    scan: str
    is_offered: bool


async def load_case_files(connection: Connection, case: StoredCase) -> list[CaseFileRow]:
    here = f"/work/complaints/{case.reference}/files"
    return [
        CaseFileRow(
            address=f"{here}/{file.id}",
            name=f"{file_stem(case.reference, file.id)}.{ENDINGS[file.media_type]}",
            item=file.item,
            kind=media_label(file.media_type),
            kilobytes=max(1, round(file.size / 1_000)),
            scan=SCAN_LABELS[file.scan],
            is_offered=file.scan in ("clean", "not_scanned"),
        )
        for file in await attachments.load_for_case(connection, case.id)
    ]


def file_stem(reference: str, ident: str) -> str:
    return f"{reference}-{ident[:8]}"


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
        if found is None:
            raise NotFound("attachment.unknown", "There is no such file.", "Look at the list.")
        return download_response(file_stem(reference, ident), found)


PAGES = [StaffPage([download_case_file], linked_from="/work/complaints/{reference:str}")]
