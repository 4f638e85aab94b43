"""What complainants do with their case: message, correct, dispute, remind, withdraw, erase."""

from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect, Template

from api.dependencies import FromDatabase, FromKeyring
from api.operations import case_commands, complaint_intake
from api.operations.answers import submissions
from api.operations.own_cases import save_owner_move
from api.pages.forms import Form, read_form
from api.pages.resident import refusing
from api.pages.resident.my_case import contacting
from api.pages.resident.my_case.following import (
    ask_again,
    case_key,
    case_removal_cookie,
    case_sign_in_page,
    find_open_case,
    show_done,
)
from api.pages.resident.questionnaire import drafts
from api.pages.templating import AnyRequest, requested_language, use_language
from api.security import people
from api.security.keyring import Keyring
from api.translating import gettext
from survey.cases.complaints import CaseTransition
from survey.problems import Conflict
from survey.store.cases import case_owners, complaints
from survey.store.database import Database
from survey.surveys.ready import COMPLAINT

MOST_WORDS = 5_000


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
        check_message(form, kind, needed=needed)
        if not form.errors:
            try:
                await save_owner_move(database, reference, kind, words, language)
            except Conflict:
                form.add_error("", too_late_sentence())
    if form.errors:
        return await ask_again(request, database, keyring, form)
    return await show_done(request, database, kind)


def check_message(form: Form, kind: str, *, needed: bool) -> None:
    disputed = kind == "appealed"
    wanted = gettext("Say why you disagree") if disputed else gettext("Write your message")
    form.require(form[kind] or not needed, kind, wanted)
    short = gettext("Use %(most)d characters or fewer, or send two messages")
    form.require(len(form[kind]) <= MOST_WORDS, kind, short % {"most": MOST_WORDS})


def too_late_sentence() -> str:
    return gettext("You cannot do this now. The page shows what has changed")


@post("/case/contact", include_in_schema=False)
async def save_contact(
    request: AnyRequest, database: FromDatabase, keyring: FromKeyring
) -> Response[Any]:
    """Save the contact details; delete them if all fields are empty."""
    reference = await find_open_case(request, database)
    if reference is None:
        return case_sign_in_page({}, over=True)
    form = await read_form(request)
    contact = contacting.parse_contact(form)
    with use_language(requested_language(request)):
        contacting.check_contact(form, contact)
    if form.errors:
        return await ask_again(request, database, keyring, form)
    async with database.connection() as connection:
        case = await complaints.get(connection, reference)
        if contact is None:
            # An empty form is how a person takes their details back, so nothing sealed is left.
            await case_owners.delete_contact(connection, case.id)
        else:
            sealed = complaint_intake.sealed_contact(keyring, reference, contact)
            by_mail = bool(contact.email)
            await case_owners.save_contact(connection, case.id, sealed, by_mail=by_mail)
    return await show_done(request, database, "contact")


@post("/case/correct", include_in_schema=False)
async def start_correction(request: AnyRequest, database: FromDatabase) -> Response[Any]:
    """Open the form again with the case's answers; sending it corrects the case."""
    reference = await find_open_case(request, database)
    if reference is None:
        return case_sign_in_page({}, over=True)
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
    reference = await find_open_case(request, database)
    if reference is None:
        return case_sign_in_page({})
    return Template("resident/case_erase.html", context={"reference": reference})


@post("/case/erase", include_in_schema=False)
async def erase_case(request: AnyRequest, database: FromDatabase) -> Response[Any]:
    reference = await find_open_case(request, database)
    if reference is None:
        return case_sign_in_page({}, over=True)
    async with database.connection() as connection, connection.transaction():
        # What was refused is stored under the key and not with the case, so erasing would leave it.
        await refusing.drop_apart(connection, case_key(request))
        await case_commands.erase_reference(
            connection, reference
        )  # not audited: it would record the minute
    return Template("resident/case_erased.html", cookies=[case_removal_cookie(request)])


HANDLERS = [
    send_message,
    dispute_outcome,
    withdraw_complaint,
    remind_working_group,
    save_contact,
    start_correction,
    show_erase_form,
    erase_case,
]
