"""The complainant's files: add them to the case, show thumbnails, remove them."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.params import FromPath

from api.dependencies import FromDatabase, FromKeyring, FromQuarantine
from api.error_handlers import unknown_picture
from api.operations import case_commands
from api.operations.answers import submissions
from api.pages.forms import Errors, Form, read_form
from api.pages.resident.my_case.following import (
    ask_again,
    case_sign_in_page,
    find_open_case,
    show_done,
)
from api.pages.resident.my_case.owning import too_late_sentence
from api.pages.resident.questionnaire import sentences
from api.pages.resident.uploads import attaching, filing
from api.pages.templating import AnyRequest, requested_language, use_language
from api.translating import gettext
from survey.cases.complaints import CaseEvent
from survey.media import pictures
from survey.media.attachments import MOST_MEDIA_BYTES
from survey.problems import Conflict, Problem, Unavailable
from survey.store.answers import attachments
from survey.store.cases import complaints
from survey.store.database import Database
from survey.store.surveys import instruments
from survey.surveys.instruments import USUAL_WORDS, File
from survey.surveys.ready import COMPLAINT

MOST_FILES = 20
EVIDENCE_FIELD = "evidence"
EVIDENCE_ITEM = File(name="evidence_file", text=USUAL_WORDS["file"])


@post("/case/evidence", include_in_schema=False, request_max_body_size=attaching.MOST_SENT)
async def change_evidence(
    request: AnyRequest, database: FromDatabase, keyring: FromKeyring, quarantine: FromQuarantine
) -> Response[Any]:
    """Add the chosen files, or remove the one whose button was pressed."""
    reference = await find_open_case(request, database)
    if reference is None:
        return case_sign_in_page({}, over=True)
    sent = await request.form()
    removed, asked = (await read_form(request))["remove"], Form()
    with use_language(requested_language(request)):
        if removed:
            asked.errors = await remove_file(database, reference, removed)
        else:
            asked.errors = await save_files(database, reference, sent, quarantine=quarantine)
    if asked.errors:
        return await ask_again(request, database, keyring, asked)
    return await show_done(request, database, "file_removed" if removed else "evidence")


async def save_files(
    database: Database, reference: str, form: FormMultiDict, *, quarantine: bool
) -> Errors:
    uploads = [one for one in form.getall(EVIDENCE_FIELD, []) if isinstance(one, UploadFile)]
    if not uploads:
        return [(EVIDENCE_FIELD, gettext("Choose a file"))]
    errors: Errors = []
    for upload in uploads:
        errors += await save_file(database, reference, upload, quarantine=quarantine)
    return errors


async def save_file(
    database: Database, reference: str, upload: UploadFile, *, quarantine: bool
) -> Errors:
    async with database.connection() as connection:
        case = await complaints.get(connection, reference)
        if len(await attachments.load_for_case(connection, case.id)) >= MOST_FILES:
            most = gettext("You can send %(most)d files at most with one case")
            return [(EVIDENCE_FIELD, most % {"most": MOST_FILES})]
        # Whether the form is still open does not matter: a case goes on after its form was closed.
        form, _ = await instruments.get(connection, COMPLAINT)
    # One byte more shows that the file is too large, without reading all of it.
    body = await upload.read(MOST_MEDIA_BYTES + 1)
    try:
        mark = await submissions.save_file(
            database, form, EVIDENCE_ITEM, body, quarantine=quarantine
        )
    except Unavailable:
        # Not a fault of the file: another file would be refused as well, so no field is to blame.
        raise
    except Problem as problem:
        name = upload.filename[:60]
        refusal = sentences.file_sentence(EVIDENCE_ITEM, problem.code, form.kind, called=name)
        return [(EVIDENCE_FIELD, refusal)]
    async with database.connection() as connection, connection.transaction():
        await attachments.attach(
            connection, reference, form.slug, {mark: EVIDENCE_ITEM.name}, to_case=True
        )
        try:
            await case_commands.apply_to_latest(
                connection, reference, CaseEvent(kind="evidence"), "person"
            )
        except Conflict:
            # The refusal is caught inside the transaction, which would still save the file.
            await attachments.delete_attached(connection, mark)
            return [(EVIDENCE_FIELD, too_late_sentence())]
    return []


async def remove_file(database: Database, reference: str, ident: str) -> Errors:
    """Delete a file of the case; doing it twice changes nothing."""
    if not is_file_id(ident):
        return [(EVIDENCE_FIELD, gettext("This file is not here any more"))]
    event = CaseEvent(kind="file_removed")
    try:
        async with database.connection() as connection, connection.transaction():
            case = await complaints.get(connection, reference)
            # No event for a second click, which would say that two files were removed.
            if await attachments.delete_from_case(connection, case.id, ident):
                await case_commands.apply_to_latest(connection, reference, event, "person")
    except Conflict:
        return [(EVIDENCE_FIELD, too_late_sentence())]
    return []


def is_file_id(typed: str) -> bool:
    try:
        return bool(UUID(typed))
    except ValueError:
        return False


@get("/case/files/{ident:uuid}", include_in_schema=False)
async def show_thumbnail(
    request: AnyRequest, database: FromDatabase, ident: FromPath[UUID]
) -> Response[bytes]:
    """A small picture of a file of the case that is open in this browser."""
    reference, small = await find_open_case(request, database), None
    if reference is not None:
        async with database.connection() as connection:
            case = await complaints.get(connection, reference)
            found = await attachments.find_for_case(connection, case.id, str(ident))
        # A file that waits for the scanner is not decoded, not even for its sender.
        if found and found.body and found.scan in ("clean", "not_scanned"):
            is_image = found.media_type.startswith("image/")
            small = await filing.make_thumbnail(found.body) if is_image else None
    if small is None:
        raise unknown_picture()
    return Response(small, media_type=pictures.SMALL_TYPE)


HANDLERS = [change_evidence, show_thumbnail]
