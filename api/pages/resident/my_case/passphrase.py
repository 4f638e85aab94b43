"""A new passphrase for the owner of a case; the old one ends at once, in every browser."""

import re
import secrets
from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect, Template

from api.dependencies import FromDatabase, FromKeyring
from api.operations import complaint_intake, own_cases
from api.operations.own_cases import MOST_PASSPHRASE, OpenCase, PassphraseChange
from api.pages.forms import read_form
from api.pages.resident.my_case.following import (
    case_cookie,
    case_key,
    case_sign_in_page,
    end_of_pause,
    find_open_case,
)
from api.pages.resident.questionnaire.walking import full_address
from api.pages.templating import AnyRequest, requested_language
from api.security import cookies
from api.security.limits import request_guesser
from survey.problems import Forbidden, Limited
from survey.receipts import passphrase_language, passphrase_letters
from survey.store.cases import case_owners

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
    """Replace the passphrase, for whoever knows the old one; sent twice it is changed once."""
    reference = await find_open_case(request, database)
    if reference is None:
        return case_sign_in_page({}, over=True)
    form = await read_form(request)
    once = parse_once(form["once"])
    if not once or not passphrase_letters(form["passphrase"]):
        return passphrase_page(reference, wrong="missing")
    guesser = request_guesser(request)
    asked = PassphraseChange(
        form["passphrase"][:MOST_PASSPHRASE], once, requested_language(request)
    )
    opened = OpenCase(reference, case_key(request))
    try:
        await own_cases.change_passphrase(database, keyring, guesser, opened, asked)
    except Limited:
        return passphrase_page(reference, wrong="tries", until=end_of_pause(guesser, reference))
    except Forbidden:
        return passphrase_page(reference, wrong="passphrase")
    return Redirect(f"{ADDRESS}?once={once}", status_code=303)


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
        key = await own_cases.open_under_new_key(connection, found.id, case_key(request))
    onward = f"{cookies.OWN_CASE}?done=passphrase"
    return Redirect(onward, status_code=303, cookies=[case_cookie(request, key)])


def parse_once(typed: str) -> str:
    return typed if ONCE.fullmatch(typed) else ""


HANDLERS = [show_passphrase_form, change_passphrase, hide_passphrase]
