"""A new passphrase for the owner of a case; the old one ends at once, in every browser."""

import datetime
import re
import secrets
from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect, Template

from api import clock
from api.dependencies import FromDatabase, FromKeyring
from api.operations import complaint_intake
from api.pages.forms import read_form
from api.pages.resident.my_case.following import (
    MOST_PASSPHRASE,
    case_cookie,
    case_key,
    case_sign_in_page,
    find_open_case,
    open_under_new_key,
)
from api.pages.resident.questionnaire.walking import full_address
from api.pages.templating import AnyRequest, requested_language
from api.security import cookies, people
from api.security.attempts import guess_limiter
from api.security.limits import request_source
from survey.receipts import passphrase_language, passphrase_letters
from survey.store.cases import case_owners
from survey.store.cases.case_owners import CasePassphrase
from survey.store.database import Database

ADDRESS = "/case/passphrase"
ONCE = re.compile(r"[A-Za-z0-9_-]{22}")  # 128 bits


@get(ADDRESS, include_in_schema=False)
async def show_passphrase_form(
    request: AnyRequest, database: FromDatabase, keyring: FromKeyring
) -> Response[Any]:
    """The form, or the new passphrase in the browser that has just changed it."""
    reference = await find_open_case(request, database)
    if reference is None:
        return case_sign_in_page({})
    once = parse_once(request.query_params.get("once", ""))
    if not once:
        return passphrase_page(reference)
    async with database.connection() as connection:
        found = await case_owners.find_passphrase(connection, reference)
    language = requested_language(request)
    # Stored nowhere: derived again from the key in this browser, and shown if it opens the case.
    known = found.passphrase_hash if found else None
    changed = await complaint_intake.repeated_receipt(
        keyring, seed_of(request, once), reference, known, language
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
    """Replace the passphrase, for whoever knows the old one; sent twice it is changed once."""
    reference = await find_open_case(request, database)
    if reference is None:
        return case_sign_in_page({}, over=True)
    form = await read_form(request)
    once, typed = parse_once(form["once"]), passphrase_letters(form["passphrase"][:MOST_PASSPHRASE])
    if not once or not typed:
        return passphrase_page(reference, wrong="missing")
    language = requested_language(request)
    [phrase, *_] = keyring.passphrases(seed_of(request, once), reference, language)
    async with database.connection() as connection:
        found = await case_owners.find_passphrase(connection, reference)
    # A second click, or an answer that was lost on its way: the words are changed already.
    if await opens_case(found, passphrase_letters(phrase)):
        return Redirect(f"{ADDRESS}?once={once}", status_code=303)
    tries, source = guess_limiter(request.app.state), request_source(request)
    if not await tries.admit(reference, source):
        return passphrase_page(
            reference, wrong="tries", until=end_of_pause(tries.seconds_left(reference, source))
        )
    if not found or not await opens_case(found, typed):
        return passphrase_page(reference, wrong="passphrase")
    tries.forget(reference, source)
    if not await save_passphrase(database, request, found, phrase):
        return passphrase_page(reference, wrong="passphrase")
    return Redirect(f"{ADDRESS}?once={once}", status_code=303)


async def opens_case(found: CasePassphrase | None, letters: str) -> bool:
    """Whether a passphrase with these letters opens the case; the work is always the same."""
    known = found.passphrase_hash if found else None
    return await people.verify_hash(known or people.NOBODY_HASH, letters) and known is not None


async def save_passphrase(
    database: Database, request: AnyRequest, found: CasePassphrase, phrase: str
) -> bool:
    """Save the new passphrase and close the case in all other browsers; False if it was changed
    elsewhere in the meantime.
    """
    new_hash = await people.hash_secret(passphrase_letters(phrase))
    old_hash = found.passphrase_hash or ""
    async with database.connection() as connection, connection.transaction():
        if not await case_owners.change_passphrase(connection, found.id, old_hash, new_hash):
            return False
        key = people.key_digest(case_key(request))
        await case_owners.delete_other_keys(connection, found.id, key)
    return True


@post(f"{ADDRESS}/saved", include_in_schema=False)
async def hide_passphrase(request: AnyRequest, database: FromDatabase) -> Response[Any]:
    """Go on under another key, from which the words that were shown do not follow."""
    reference = await find_open_case(request, database)
    if reference is None:
        return case_sign_in_page({})
    async with database.connection() as connection, connection.transaction():
        found = await case_owners.find_passphrase(connection, reference)
        if found is None:
            return case_sign_in_page({})
        key = await open_under_new_key(connection, request, found.id)
    onward = f"{cookies.OWN_CASE}?done=passphrase"
    return Redirect(onward, status_code=303, cookies=[case_cookie(request, key)])


def seed_of(request: AnyRequest, once: str) -> str:
    return f"{case_key(request)} {once}"


def parse_once(typed: str) -> str:
    return typed if ONCE.fullmatch(typed) else ""


def end_of_pause(seconds: int) -> str:
    # Rounded up, because the page shows minutes.
    until = clock.now() + datetime.timedelta(seconds=seconds + 59)
    return f"{until.astimezone(clock.LONDON):%H:%M}"


HANDLERS = [show_passphrase_form, change_passphrase, hide_passphrase]
