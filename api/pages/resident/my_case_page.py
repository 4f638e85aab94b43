"""The complainant's page of a case: opened with number and passphrase, left, and closed; and the
questions on how a closed case was handled.
"""

import datetime
import re
import secrets
from typing import Any

from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.response import Redirect, Template

from api import clock
from api.dependencies import FromDatabase, FromKeyring
from api.locales import gettext
from api.operations import cases, own_cases
from api.operations.own_cases import HandlingRequest
from api.pages.forms import Form, read_form
from api.pages.resident.questionnaire import drafts, form_answers
from api.pages.resident.questionnaire.walk import full_address
from api.pages.shell import AnyRequest, requested_language, use_language
from api.security import cookies, people
from api.security.keyring import Keyring
from api.security.limits import Guesser, request_guesser
from api.security.requests import FORGET_PAGES
from survey.cases.contacts import Contact
from survey.editions.caseload import HANDLING_QUESTIONS, complete_answers
from survey.problems import Conflict, Forbidden, Limited
from survey.receipts import parse_case_number, passphrase_language, passphrase_letters
from survey.store import places
from survey.store.cases import case_owners
from survey.store.database import Connection, Database
from survey.store.surveys import instruments
from survey.surveys.ready import COMPLAINT

MOST_NUMBER = 20
MESSAGE_BOXES = ("answered", "appealed", "withdrawn")  # the moves of a case that have a text box
ADDRESS = "/case/passphrase"
HANDLING = "/case/handling"
HANDLING_FIELDS = {
    f"handling-{at}": name for at, name in enumerate(HANDLING_QUESTIONS.answer_names(), 1)
}
ONCE = re.compile(r"[A-Za-z0-9_-]{22}")  # 128 bits


@get("/case", include_in_schema=False)
async def show_own_case(
    request: AnyRequest, database: FromDatabase, keyring: FromKeyring
) -> Response[Any]:
    reference = await find_open_case(request, database)
    if reference is None:
        return case_sign_in_page({"number": request.query_params.get("number", "")[:MOST_NUMBER]})
    async with database.connection() as connection:
        asked = await drafts.find_apart(connection, keyring, case_key(request)) or Form()
        shown = await load_own_case(connection, keyring, reference)
    done = request.query_params.get("done", "")
    more = {"errors": asked.errors, "typed": asked.values, "done": done}
    return Template("resident/case.html", context=shown | more)


async def ask_again(
    request: AnyRequest, database: Database, keyring: Keyring, asked: Form
) -> Redirect:
    """Send the browser to the open case again, with what was typed and what is wrong.

    The form is stored under the case's key, so that it can be read only while the case is open
    here.
    """
    async with database.connection() as connection:
        await drafts.save_apart(connection, keyring, case_key(request), asked)
    return Redirect("/case", status_code=303)


async def show_done(request: AnyRequest, database: Database, done: str) -> Redirect:
    """Send the browser to the open case, which says what was done; the draft of a refused form is
    deleted.
    """
    async with database.connection() as connection:
        await drafts.drop_apart(connection, case_key(request))
    return Redirect(f"/case?done={done}", status_code=303)


@post("/case", include_in_schema=False)
async def open_own_case(
    request: AnyRequest, database: FromDatabase, keyring: FromKeyring
) -> Response[Any]:
    """Sign in to a case."""
    form = await read_form(request)
    # A message that was written when the session had expired.
    box = form["box"]
    unsent = (box, form["unsent"]) if box in MESSAGE_BOXES else ("", "")
    # A mistyped number is found by its check letter, so it does not cost one of the ten guesses.
    number = parse_case_number(form["number"])
    phrase = passphrase_letters(form["passphrase"][: own_cases.MOST_PASSPHRASE])
    if number is None:
        typed = {"number": form["number"]}
        wrong = "number" if typed["number"].strip() else "no_number"
        return case_sign_in_page(typed, wrong=wrong, unsent=unsent, no_passphrase=not phrase)
    if not phrase:
        return case_sign_in_page({"number": number}, wrong="missing", unsent=unsent)
    guesser = request_guesser(request)
    try:
        passphrase = await own_cases.check_passphrase(database, guesser, number, phrase)
    except Limited:
        until = end_of_pause(guesser, number)
        return case_sign_in_page(
            {"number": number}, wrong="tries", status=429, unsent=unsent, until=until
        )
    except Forbidden:
        return case_sign_in_page({"number": number}, wrong="passphrase", unsent=unsent)
    async with database.connection() as connection, connection.transaction():
        key = await own_cases.open_under_new_key(connection, passphrase.id, case_key(request))
        await case_owners.save_opening(connection, passphrase.id, clock.today(), "owner")
        # Words written after the two hours are put back into their box once the case is open again.
        if unsent[1]:
            asked = Form(values={unsent[0]: [unsent[1]]})
            await drafts.save_apart(connection, keyring, key, asked)
    return Redirect("/case", status_code=303, cookies=[case_cookie(request, key)])


def end_of_pause(guesser: Guesser, number: str) -> str:
    """The time from which this source may guess again, rounded up to the minute, so that nobody
    tries too early and is refused again.
    """
    seconds = guesser.tries.seconds_left(number, guesser.source) + 59
    until = clock.now() + datetime.timedelta(seconds=seconds)
    return f"{clock.local_time(until):%H:%M}"


@post("/case/leave", include_in_schema=False)
async def leave_case(request: AnyRequest, database: FromDatabase) -> Redirect:
    async with database.connection() as connection:
        await case_owners.delete_key(connection, people.key_digest(case_key(request)))
        await drafts.drop_apart(connection, case_key(request))
    # A correction in progress holds the whole complaint: it goes with the case.
    gone = [case_removal_cookie(request), drafts.draft_removal_cookie(request)]
    return Redirect("/", status_code=303, cookies=gone, headers=FORGET_PAGES)


def case_cookie(request: AnyRequest, key: str) -> Cookie:
    """The cookie with the key of a case: it ends when the browser is closed, and is not sent with
    requests that come from other sites.
    """
    path = cookies.OWN_CASE
    return cookies.build_cookie(request, cookies.CASE, key, path=path, samesite="strict")


def case_removal_cookie(request: AnyRequest) -> Cookie:
    return cookies.build_removal(request, cookies.CASE, cookies.OWN_CASE)


def case_key(request: AnyRequest) -> str:
    """The key of a case in this browser's cookie."""
    return cookies.read_cookie(request, cookies.CASE, cookies.OWN_CASE)


async def find_open_case(request: AnyRequest, database: Database) -> str | None:
    """The number of the case that is open in this browser."""
    key = case_key(request)
    if not key:
        return None
    async with database.connection() as connection:
        return await case_owners.find_opened_case(connection, people.key_digest(key))


class NoOpenCase(Exception):
    """No case is open in this browser, or it is not open any more."""


async def get_open_case(request: AnyRequest, database: Database) -> str:
    reference = await find_open_case(request, database)
    if reference is None:
        raise NoOpenCase
    return reference


def ask_to_open(request: AnyRequest, _: Exception) -> Response[Any]:
    """The sign-in page of a case; whoever sent something had a case open before."""
    return case_sign_in_page({}, over=request.method == "POST")


def case_sign_in_page(
    typed: dict[str, str],
    *,
    wrong: str = "",
    status: int = 422,
    over: bool = False,
    unsent: tuple[str, str] = ("", ""),
    no_passphrase: bool = False,
    until: str = "",
) -> Response[Any]:
    """The page that asks for number and passphrase; `over` if the session has expired.

    `unsent` is the field and the text of a message that was being written: the page carries it on
    to the case.
    """
    return Template(
        "resident/case_open.html",
        context={
            "typed": typed,
            "wrong": wrong,
            "over": over,
            "unsent": unsent,
            "no_passphrase": no_passphrase,
            "until": until,
        },
        status_code=status if wrong else 200,
    )


async def load_own_case(connection: Connection, keyring: Keyring, reference: str) -> dict[str, Any]:
    """What the page of a case shows its owner."""
    view = await own_cases.load_owner_view(connection, keyring, reference)
    # The case stays readable after the complaint form was closed, so this is not the open form.
    form, _ = await instruments.get(connection, COMPLAINT)
    city = await places.get_city(connection)
    return {
        "case": view.case,
        "answers": view.answers,
        "items": form.questions(),
        "form": form,
        "areas": city.local_areas(),
        "area": city.find(view.case.area).name,
        "status": view.status,
        "main": view.main,
        "overdue": view.status.is_overdue(clock.today()),
        "possible": view.possible,
        "decided": view.outcomes,
        "lines": view.lines,
        "files": view.files,
        "openings": view.openings,
        "handling": view.handling,
        "reached": form_answers.contact_fields(view.contact or Contact()),
    }


@get(ADDRESS, include_in_schema=False)
async def show_passphrase_form(
    request: AnyRequest, database: FromDatabase, keyring: FromKeyring
) -> Response[Any]:
    """The form for a new passphrase; in the browser that just changed it, the new passphrase."""
    reference = await get_open_case(request, database)
    once = parse_once(request.query_params.get("once", ""))
    if not once:
        return passphrase_page(reference)
    async with database.connection() as connection:
        passphrase = await case_owners.find_passphrase(connection, reference)
    language = requested_language(request)
    # Stored nowhere: derived again from the key in this browser, and shown if it opens the case.
    known = passphrase.passphrase_hash if passphrase else None
    changed = await cases.repeated_receipt(
        keyring, own_cases.passphrase_seed(case_key(request), once), reference, known, language
    )
    if not changed.passphrase:
        return passphrase_page(reference)
    shown = {
        "reference": reference,
        "passphrase": changed.passphrase,
        "passphrase_language": passphrase_language(changed.passphrase),
        "case_address": full_address(request, cookies.OWN_CASE),
    }
    return Template("resident/case_new_passphrase.html", context=shown)


def passphrase_page(reference: str, *, wrong: str = "", until: str = "") -> Template:
    status = {"": 200, "tries": 429}.get(wrong, 422)
    context = {
        "reference": reference,
        "wrong": wrong,
        "until": until,
        "once": secrets.token_urlsafe(16),
    }
    return Template("resident/case_passphrase.html", context=context, status_code=status)


@post(ADDRESS, include_in_schema=False)
async def change_passphrase(
    request: AnyRequest, database: FromDatabase, keyring: FromKeyring
) -> Response[Any]:
    """Replace the passphrase, for whoever knows the old one; a second send changes nothing."""
    reference = await get_open_case(request, database)
    form = await read_form(request)
    once = parse_once(form["once"])
    if not once or not passphrase_letters(form["passphrase"]):
        return passphrase_page(reference, wrong="missing")
    guesser = request_guesser(request)
    asked = own_cases.PassphraseChange(
        form["passphrase"][: own_cases.MOST_PASSPHRASE], once, requested_language(request)
    )
    opened = own_cases.OpenCase(reference, case_key(request))
    try:
        await own_cases.change_passphrase(database, keyring, guesser, opened, asked)
    except Limited:
        return passphrase_page(reference, wrong="tries", until=end_of_pause(guesser, reference))
    except Forbidden:
        return passphrase_page(reference, wrong="passphrase")
    return Redirect(f"{ADDRESS}?once={once}", status_code=303)


@post(f"{ADDRESS}/saved", include_in_schema=False)
async def hide_passphrase(request: AnyRequest, database: FromDatabase) -> Response[Any]:
    """Open the case under another key: the passphrase shown cannot be derived from the new key."""
    reference = await get_open_case(request, database)
    async with database.connection() as connection, connection.transaction():
        passphrase = await case_owners.find_passphrase(connection, reference)
        if passphrase is None:
            return case_sign_in_page({})
        key = await own_cases.open_under_new_key(connection, passphrase.id, case_key(request))
    onward = f"{cookies.OWN_CASE}?done=passphrase"
    return Redirect(onward, status_code=303, cookies=[case_cookie(request, key)])


def parse_once(typed: str) -> str:
    return typed if ONCE.fullmatch(typed) else ""


@get(HANDLING, include_in_schema=False)
async def show_handling_form(request: AnyRequest, database: FromDatabase) -> Response[Any]:
    reference = await get_open_case(request, database)
    return handling_page(await own_cases.load_handling_request(database, reference), Form())


@post(HANDLING, include_in_schema=False)
async def save_handling_answers(request: AnyRequest, database: FromDatabase) -> Response[Any]:
    """Save the answers; a second send changes nothing. What is refused is not stored either: the
    page carries it.
    """
    reference = await get_open_case(request, database)
    form = await read_form(request)
    asked = await own_cases.load_handling_request(database, reference)
    with use_language(requested_language(request)):
        wanted = gettext("Select an answer to one statement or more")
        form.require(
            any(form[field] for field in HANDLING_FIELDS), next(iter(HANDLING_FIELDS)), wanted
        )
    if not form.errors:
        answers = complete_answers({name: form[field] for field, name in HANDLING_FIELDS.items()})
        try:
            await own_cases.save_handling_answers(database, reference, answers)
        except Conflict:
            # Reopened or too late in the meantime: the page says which.
            return handling_page(await own_cases.load_handling_request(database, reference), form)
        return await show_done(request, database, "handling")
    return handling_page(asked, form)


def handling_page(asked: HandlingRequest | None, form: Form) -> Template:
    context = {
        "asked": asked,
        "questions": HANDLING_QUESTIONS,
        "errors": form.errors,
        "typed": form.values,
    }
    return Template(
        "resident/case_handling.html",
        context=context,
        status_code=form.status if form.errors else 200,
    )


HANDLERS = [
    show_own_case,
    open_own_case,
    leave_case,
    show_passphrase_form,
    change_passphrase,
    hide_passphrase,
]
ABOUT_HANDLING = [show_handling_form, save_handling_answers]
