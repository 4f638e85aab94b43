"""What the owner of a case does: writes, corrects, disputes, reminds, takes back, erases."""

from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect, Template

from api import casework, intake, lodging, people
from api.keys import Keyring
from api.pages.resident import contacting, drafts, refusing
from api.pages.resident.fields import first, values_in
from api.pages.resident.following import (
    ask_again,
    asked_for,
    brought,
    gone_cookie,
    opened_here,
    show_done,
)
from api.pages.resident.refusing import Asked, Errors
from api.pages.templating import AnyRequest, language_of, speaking
from api.pages.translating import gettext
from api.pages.work import tidy
from api.wiring import FromDatabase, FromKeyring
from survey.complaints import Event, Move
from survey.problems import Conflict
from survey.ready import COMPLAINT
from survey.store import case_owners, cases, complaints
from survey.store.database import Database

MOST_WORDS = 5_000


@post("/case/message", include_in_schema=False)
async def message(
    request: AnyRequest, database: FromDatabase, keyring: FromKeyring
) -> Response[Any]:
    return await written(request, database, keyring, "answered")


@post("/case/dispute", include_in_schema=False)
async def dispute(
    request: AnyRequest, database: FromDatabase, keyring: FromKeyring
) -> Response[Any]:
    return await written(request, database, keyring, "appealed")


@post("/case/withdraw", include_in_schema=False)
async def withdraw(
    request: AnyRequest, database: FromDatabase, keyring: FromKeyring
) -> Response[Any]:
    return await written(request, database, keyring, "withdrawn", needed=False)


@post("/case/remind", include_in_schema=False)
async def remind(
    request: AnyRequest, database: FromDatabase, keyring: FromKeyring
) -> Response[Any]:
    return await written(request, database, keyring, "nudged", needed=False)


async def written(
    request: AnyRequest, database: Database, keyring: Keyring, kind: Move, *, needed: bool = True
) -> Response[Any]:
    """A move of the owner's with what they wrote; what was typed is never lost by a refusal."""
    reference = await opened_here(request, database)
    values = values_in(await request.form())
    words = tidy(first(values, kind))
    if reference is None:
        return asked_for({}, over=True, unsent=(kind, words))
    language = language_of(request)
    with speaking(language):
        errors = wrong_words(kind, words, needed=needed)
        if not errors:
            errors = await kept(database, reference, kind, words, language)
    if errors:
        return await ask_again(request, database, keyring, Asked(values=values, errors=errors))
    return await show_done(request, database, kind)


def wrong_words(kind: str, words: str, *, needed: bool) -> Errors:
    if needed and not words:
        return [(kind, gettext("Write your message"))]
    if len(words) > MOST_WORDS:
        most = {"most": MOST_WORDS}
        return [(kind, gettext("Use %(most)d characters or fewer, or send two messages") % most)]
    return []


async def kept(database: Database, reference: str, kind: Move, words: str, language: str) -> Errors:
    async with database.connection() as connection, connection.transaction():
        await complaints.lock(connection, reference)
        case = await complaints.get(connection, reference)
        last = (await cases.told(connection, case["id"]))[-1]
        if words and (last["event"]["kind"], last["body"]) == (kind, words):
            return []  # sent twice, by two clicks
        try:
            await casework.act_as_it_stands(
                connection,
                reference,
                Event(kind=kind),
                "person",
                message=words or None,
                language=language,
            )
        except Conflict:
            return [("", too_late())]
    return []


def too_late() -> str:
    return gettext("You cannot do this now. The page shows what has changed")


@post("/case/contact", include_in_schema=False)
async def put_contact(
    request: AnyRequest, database: FromDatabase, keyring: FromKeyring
) -> Response[Any]:
    """Left empty, it is taken away."""
    reference = await opened_here(request, database)
    if reference is None:
        return asked_for({}, over=True)
    values = values_in(await request.form())
    contact = contacting.contact_in(values)
    with speaking(language_of(request)):
        errors = contacting.errors_of(contact)
    if errors:
        return await ask_again(request, database, keyring, Asked(values=values, errors=errors))
    async with database.connection() as connection:
        case = await complaints.get(connection, reference)
        if contact is None:
            await case_owners.delete_contact(connection, case["id"])
        else:
            sealed = lodging.sealed(keyring, reference, contact)
            by_mail = bool(contact.email)
            await case_owners.put_contact(connection, case["id"], sealed, by_mail=by_mail)
    return await show_done(request, database, "contact")


@post("/case/correct", include_in_schema=False)
async def correct(request: AnyRequest, database: FromDatabase) -> Response[Any]:
    """The way through the form again, with everything filled in; sent, it corrects the record."""
    reference = await opened_here(request, database)
    if reference is None:
        return asked_for({}, over=True)
    async with database.connection() as connection:
        form = await intake.open_instrument(connection, COMPLAINT)
        case = await complaints.get(connection, reference)
        answers = case["answers"] | await complaints.words(connection, case["id"])
        opened = people.digest(brought(request)).hex()
        key = await drafts.begin(
            connection, form, answers, borough=case["area"], case=reference, opened=opened
        )
    on_the_way = drafts.cookie(request, key, "/complaints")
    return Redirect("/complaints/check", status_code=303, cookies=[on_the_way])


@get("/case/erase", include_in_schema=False)
async def before_erasing(request: AnyRequest, database: FromDatabase) -> Response[Any]:
    reference = await opened_here(request, database)
    if reference is None:
        return asked_for({})
    return Template("resident/case_erase.html", context={"reference": reference})


@post("/case/erase", include_in_schema=False)
async def erase(request: AnyRequest, database: FromDatabase) -> Response[Any]:
    reference = await opened_here(request, database)
    if reference is None:
        return asked_for({}, over=True)
    async with database.connection() as connection, connection.transaction():
        await refusing.drop_apart(connection, brought(request))
        await casework.erase(connection, reference)  # no line in the audit: it tells the minute
    return Template("resident/case_erased.html", cookies=[gone_cookie(request)])


HANDLERS = [
    message,
    dispute,
    withdraw,
    remind,
    put_contact,
    correct,
    before_erasing,
    erase,
]
