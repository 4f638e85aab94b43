"""The files of a case, by its owner: sent, shown as small pictures, taken back."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.params import FromPath

from api import casework, intake
from api.pages.resident import attaching, sentences
from api.pages.resident.fields import first, values_in
from api.pages.resident.following import ask_again, asked_for, opened_here, show_done
from api.pages.resident.owning import too_late
from api.pages.resident.refusing import Asked, Errors
from api.pages.templating import AnyRequest, language_of, speaking
from api.pages.translating import gettext
from api.wiring import FromDatabase, FromKeyring, FromQuarantine
from survey.attachments import MOST_MEDIA_BYTES, photos
from survey.complaints import Event
from survey.instruments import File
from survey.problems import Conflict, NotFound, Problem, Unavailable
from survey.ready import COMPLAINT
from survey.store import attachments, complaints, instruments
from survey.store.database import Database

MOST_FILES = 20
FIELD = "evidence"
EVIDENCE = File(name="evidence_file", text={"en": "File"}, short={"en": "File", "ar": "ملف"})


@post("/case/evidence", include_in_schema=False, request_max_body_size=attaching.MOST_SENT)
async def evidence(
    request: AnyRequest, database: FromDatabase, keyring: FromKeyring, quarantine: FromQuarantine
) -> Response[Any]:
    """Files that were chosen, one or several; or one taken back by its button."""
    reference = await opened_here(request, database)
    if reference is None:
        return asked_for({}, over=True)
    form = await request.form()
    removed = first(values_in(form), "remove")
    with speaking(language_of(request)):
        if removed:
            errors = await remove(database, reference, removed)
        else:
            errors = await save_files(database, reference, form, quarantine=quarantine)
    if errors:
        return await ask_again(request, database, keyring, Asked(errors=errors))
    return await show_done(request, database, "file_removed" if removed else "evidence")


async def save_files(
    database: Database, reference: str, form: FormMultiDict, *, quarantine: bool
) -> Errors:
    uploads = [one for one in form.getall(FIELD, []) if isinstance(one, UploadFile)]
    if not uploads:
        return [(FIELD, gettext("Choose a file"))]
    errors: Errors = []
    for upload in uploads:
        errors += await save_file(database, reference, upload, quarantine=quarantine)
    return errors


async def save_file(
    database: Database, reference: str, upload: UploadFile, *, quarantine: bool
) -> Errors:
    async with database.connection() as connection:
        case = await complaints.get(connection, reference)
        if len(await attachments.of_case(connection, case["id"])) >= MOST_FILES:
            most = {"most": MOST_FILES}
            return [(FIELD, gettext("You can send %(most)d files at most with one case") % most)]
        form, _ = await instruments.get(connection, COMPLAINT)
    body = await upload.read(MOST_MEDIA_BYTES + 1)
    try:
        mark = await intake.keep_file(database, form, EVIDENCE, body, quarantine=quarantine)
    except Unavailable:
        raise
    except Problem as problem:
        name = upload.filename[:60]
        return [(FIELD, sentences.of_file(EVIDENCE, problem.code, form.kind, called=name))]
    async with database.connection() as connection, connection.transaction():
        await attachments.take_for_case(connection, reference, form.slug, {mark: EVIDENCE.name})
        try:
            await casework.act_as_it_stands(connection, reference, Event(kind="evidence"), "person")
        except Conflict:
            await attachments.discard_of_case(connection, mark)
            return [(FIELD, too_late())]
    return []


async def remove(database: Database, reference: str, ident: str) -> Errors:
    """Delete a file of the case; pressed twice, it is gone once."""
    if not is_ident(ident):
        return [(FIELD, gettext("This file is not here any more"))]
    event = Event(kind="file_removed")
    try:
        async with database.connection() as connection, connection.transaction():
            case = await complaints.get(connection, reference)
            if await attachments.delete_from_case(connection, case["id"], ident):
                await casework.act_as_it_stands(connection, reference, event, "person")
    except Conflict:
        return [(FIELD, too_late())]
    return []


def is_ident(typed: str) -> bool:
    try:
        return bool(UUID(typed))
    except ValueError:
        return False


@get("/case/files/{ident:uuid}", include_in_schema=False)
async def picture(
    request: AnyRequest, database: FromDatabase, ident: FromPath[UUID]
) -> Response[bytes]:
    """A small picture of a file of the case that is open in this browser."""
    reference, small = await opened_here(request, database), None
    if reference is not None:
        async with database.connection() as connection:
            case = await complaints.get(connection, reference)
            found = await attachments.find_of_case(connection, case["id"], str(ident))
        if found and found.body and found.scan in ("clean", "not_scanned"):
            is_image = found.media_type.startswith("image/")
            small = await intake.small_picture(found.body) if is_image else None
    if small is None:
        raise NotFound("address.unknown", "There is no such picture.")
    return Response(small, media_type=photos.SMALL_TYPE)


HANDLERS = [evidence, picture]
