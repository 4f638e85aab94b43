"""What complainants do with their case: write, correct, dispute, add files, copy, erase."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.params import FromPath
from litestar.response import Redirect, Template

from api import clock
from api.dependencies import FromDatabase, FromKeyring, FromQuarantine, FromSigner
from api.error_handlers import unknown_picture
from api.locales import gettext
from api.operations import cases
from api.operations.answers import submissions
from api.operations.own_cases import load_written_case, save_owner_move, sign_receipt
from api.pages.forms import Errors, Form, read_form
from api.pages.resident.my_case_page import (
    ask_again,
    case_key,
    case_removal_cookie,
    case_sign_in_page,
    find_open_case,
    get_open_case,
    load_own_case,
    show_done,
)
from api.pages.resident.questionnaire import drafts, form_answers, refusals
from api.pages.resident.questionnaire.kept_answers import print_copy
from api.pages.resident.questionnaire.uploads import MOST_SENT, make_thumbnail
from api.pages.shell import AnyRequest, render_template, requested_language, use_language
from api.security import people
from api.security.keyring import Keyring
from api.security.requests import site_address
from survey.cases import CaseEvent, CaseTransition
from survey.media import MOST_MEDIA_BYTES, pictures
from survey.problems import Conflict, Problem, Unavailable
from survey.store.answers import attachments
from survey.store.cases import case_owners, complaints
from survey.store.database import Database
from survey.store.surveys import instruments
from survey.surveys.instruments import USUAL_WORDS, File
from survey.surveys.ready import COMPLAINT

MOST_WORDS = 5_000
MOST_FILES = 20
EVIDENCE_FIELD = "evidence"
EVIDENCE_ITEM = File(name="evidence_file", text=USUAL_WORDS["file"])


@post("/case/message", include_in_schema=False)
async def send_message(
    request: AnyRequest, database: FromDatabase, keyring: FromKeyring
) -> Response[Any]:
    return await record_owner_move(request, database, keyring, "answered")


@post("/case/dispute", include_in_schema=False)
async def dispute_outcome(
    request: AnyRequest, database: FromDatabase, keyring: FromKeyring
) -> Response[Any]:
    return await record_owner_move(request, database, keyring, "appealed")


@post("/case/withdraw", include_in_schema=False)
async def withdraw_complaint(
    request: AnyRequest, database: FromDatabase, keyring: FromKeyring
) -> Response[Any]:
    return await record_owner_move(request, database, keyring, "withdrawn", needed=False)


@post("/case/remind", include_in_schema=False)
async def remind_working_group(
    request: AnyRequest, database: FromDatabase, keyring: FromKeyring
) -> Response[Any]:
    return await record_owner_move(request, database, keyring, "nudged", needed=False)


async def record_owner_move(
    request: AnyRequest,
    database: Database,
    keyring: Keyring,
    kind: CaseTransition,
    *,
    needed: bool = True,
) -> Response[Any]:
    """Record a move of the complainant with its message; a refusal never loses the text."""
    reference = await find_open_case(request, database)
    form = await read_form(request)
    words = form[kind]
    if reference is None:
        # The page carries the text: without an open case there is no key to store it under.
        return case_sign_in_page({}, over=True, unsent=(kind, words))
    language = requested_language(request)
    with use_language(language):
        disputed = kind == "appealed"
        wanted = gettext("Say why you disagree") if disputed else gettext("Write your message")
        form.require(form[kind] or not needed, kind, wanted)
        short = gettext("Use %(most)d characters or fewer, or send two messages")
        form.require(len(form[kind]) <= MOST_WORDS, kind, short % {"most": MOST_WORDS})
        if not form.errors:
            try:
                await save_owner_move(database, reference, kind, words, language)
            except Conflict:
                form.add_error("", too_late_sentence())
    if form.errors:
        return await ask_again(request, database, keyring, form)
    return await show_done(request, database, kind)


def too_late_sentence() -> str:
    return gettext("You cannot do this now. The page shows what has changed")


@post("/case/contact", include_in_schema=False)
async def save_contact(
    request: AnyRequest, database: FromDatabase, keyring: FromKeyring
) -> Response[Any]:
    """Save the contact details; delete them if all fields are empty."""
    reference = await get_open_case(request, database)
    form = await read_form(request)
    contact = form_answers.parse_contact(form)
    with use_language(requested_language(request)):
        form_answers.check_contact(form, contact)
    if form.errors:
        return await ask_again(request, database, keyring, form)
    async with database.connection() as connection:
        case = await complaints.get(connection, reference)
        if contact is None:
            # An empty form is how a person takes their details back, so nothing sealed is left.
            await case_owners.delete_contact(connection, case.id)
        else:
            sealed = keyring.seal(reference, contact)
            by_mail = bool(contact.email)
            await case_owners.save_contact(connection, case.id, sealed, by_mail=by_mail)
    return await show_done(request, database, "contact")


@post("/case/correct", include_in_schema=False)
async def start_correction(request: AnyRequest, database: FromDatabase) -> Response[Any]:
    """Open the form again with the case's answers; sending it corrects the case."""
    reference = await get_open_case(request, database)
    async with database.connection() as connection:
        form = await submissions.load_open_instrument(connection, COMPLAINT)
        case = await complaints.get(connection, reference)
        answers = case.answers | await complaints.load_written_texts(connection, case.id)
        # Ties the draft to this key: whoever leaves the case ends the correction too.
        opened = people.key_digest(case_key(request)).hex()
        key = await drafts.start_draft(
            connection, form, answers, area=case.area, case=reference, opened=opened
        )
    on_the_way = drafts.draft_cookie(request, key, "/complaints")
    return Redirect("/complaints/check", status_code=303, cookies=[on_the_way])


@get("/case/erase", include_in_schema=False)
async def show_erase_form(request: AnyRequest, database: FromDatabase) -> Response[Any]:
    reference = await get_open_case(request, database)
    return Template("resident/case_erase.html", context={"reference": reference})


@post("/case/erase", include_in_schema=False)
async def erase_case(request: AnyRequest, database: FromDatabase) -> Response[Any]:
    reference = await get_open_case(request, database)
    async with database.connection() as connection, connection.transaction():
        # What was refused is stored under the key and not with the case, so erasing would leave it.
        await drafts.drop_apart(connection, case_key(request))
        await cases.erase_reference(
            connection, reference
        )  # not audited: it would record the minute
    return Template("resident/case_erased.html", cookies=[case_removal_cookie(request)])


@post("/case/evidence", include_in_schema=False, request_max_body_size=MOST_SENT)
async def change_evidence(
    request: AnyRequest, database: FromDatabase, keyring: FromKeyring, quarantine: FromQuarantine
) -> Response[Any]:
    """Add the chosen files to the case, or remove the file whose button was pressed."""
    reference = await get_open_case(request, database)
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
    uploads = [file for file in form.getall(EVIDENCE_FIELD, []) if isinstance(file, UploadFile)]
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
        refusal = refusals.file_sentence(EVIDENCE_ITEM, problem.code, form.kind, called=name)
        return [(EVIDENCE_FIELD, refusal)]
    async with database.connection() as connection, connection.transaction():
        await attachments.attach(
            connection, reference, form.slug, {mark: EVIDENCE_ITEM.name}, to_case=True
        )
        try:
            await cases.apply_to_latest(connection, reference, CaseEvent(kind="evidence"), "person")
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
                await cases.apply_to_latest(connection, reference, event, "person")
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
            attachment = await attachments.find_for_case(connection, case.id, str(ident))
        # A file that waits for the scanner is not decoded, not even for its sender.
        if attachment and attachment.body and attachment.scan in ("clean", "not_scanned"):
            is_image = attachment.media_type.startswith("image/")
            small = await make_thumbnail(attachment.body) if is_image else None
    if small is None:
        raise unknown_picture()
    return Response(small, media_type=pictures.SMALL_TYPE)


@get("/case/copy", include_in_schema=False)
async def show_case_copy(
    request: AnyRequest, database: FromDatabase, keyring: FromKeyring
) -> Response[Any]:
    """The case as a page made for print."""
    reference = await get_open_case(request, database)
    async with database.connection() as connection:
        shown = await load_own_case(connection, keyring, reference)
    return Template("resident/case_copy.html", context=shown)


@get("/case/copy.pdf", include_in_schema=False)
async def download_case_copy(
    request: AnyRequest, database: FromDatabase, keyring: FromKeyring
) -> Response[Any]:
    """The case as a PDF."""
    reference = await get_open_case(request, database)
    async with database.connection() as connection:
        shown = await load_own_case(connection, keyring, reference)
    # The page itself is what is printed, so that the two can never differ.
    page = render_template(request, "resident/case_copy.html", shown | {"request": request})
    made = await print_copy(page, requested_language(request))
    return Response(made, media_type="application/pdf", headers=named_file(reference, "pdf"))


@get("/case/copy.json", include_in_schema=False)
async def download_what_was_written(
    request: AnyRequest, database: FromDatabase, signer: FromSigner
) -> Response[Any]:
    """What the owner wrote, as the file whose digest is in the receipt."""
    reference = await get_open_case(request, database)
    written = await load_written_case(database, signer, reference)
    headers = named_file(reference, "json")
    return Response(written.content(), media_type="application/json", headers=headers)


@get("/case/receipt.txt", include_in_schema=False)
async def download_receipt(
    request: AnyRequest, database: FromDatabase, signer: FromSigner
) -> Response[Any]:
    """The signed receipt of the case as it is now."""
    reference = await get_open_case(request, database)
    written = await load_written_case(database, signer, reference)
    text = sign_receipt(signer, site_address(request), written, clock.today())
    named = {"Content-Disposition": f'attachment; filename="receipt-{reference}.txt"'}
    return Response(text.encode(), media_type="text/plain; charset=utf-8", headers=named)


def named_file(reference: str, ending: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="case-{reference}.{ending}"'}


HANDLERS = [
    send_message,
    dispute_outcome,
    withdraw_complaint,
    remind_working_group,
    save_contact,
    start_correction,
    show_erase_form,
    erase_case,
    change_evidence,
    show_thumbnail,
    show_case_copy,
    download_case_copy,
    download_what_was_written,
    download_receipt,
]
