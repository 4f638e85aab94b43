"""Files that came with a complaint: the list on its page, and one of them to take away."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get
from litestar.params import PathParameter

from api.pages.handing_out import SCANS, handed_out, kind_of
from api.pages.reviewer.complaints import reviewers
from api.pages.work import acting
from api.wiring import FromDatabase, FromPerson, Reference
from survey.attachments import ENDINGS
from survey.problems import NotFound
from survey.store import attachments, complaints
from survey.store.database import Connection


class Listed(msgspec.Struct, frozen=True):
    """A file in the list; its name is ours, since a person's own can name somebody."""

    address: str
    name: str
    item: str
    kind: str
    kilobytes: int
    scan: str
    is_offered: bool


async def of_case(connection: Connection, case: Any) -> list[Listed]:
    here = f"/work/complaints/{case['reference']}/files"
    return [
        Listed(
            address=f"{here}/{file.id}",
            name=f"{stem_of(case['reference'], file.id)}.{ENDINGS[file.media_type]}",
            item=file.item,
            kind=kind_of(file.media_type),
            kilobytes=max(1, round(file.size / 1_000)),
            scan=SCANS[file.scan],
            is_offered=file.scan in ("clean", "not_scanned"),
        )
        for file in await attachments.of_case(connection, case["id"])
    ]


def stem_of(reference: str, ident: str) -> str:
    return f"{reference}-{ident[:8]}"


@get(
    "/work/complaints/{reference:str}/files/{attachment:uuid}",
    guards=reviewers,
    include_in_schema=False,
)
async def download(
    database: FromDatabase,
    person: FromPerson,
    reference: Reference,
    attachment: Annotated[UUID, PathParameter()],
) -> Response[bytes]:
    """Never shown in a page of ours; who took it is written down first."""
    ident = str(attachment)
    detail = {"attachment": ident}
    async with acting(database, person, "attachment downloaded", reference, detail) as connection:
        case = await complaints.get(connection, reference)
        found = await attachments.find_of_case(connection, case["id"], ident)
        if found is None:
            raise NotFound("attachment.unknown", "There is no such file.", "Look at the list.")
        return handed_out(stem_of(reference, ident), found)


HANDLERS = [download]
