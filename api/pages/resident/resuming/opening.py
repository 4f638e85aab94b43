"""Go on with saved answers on any device, with the code that was given when they were saved.

One address takes every code. It then sends the code on to the survey's own address, the only one
that learns whether this browser has other answers to that survey.
"""

import secrets
from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect, Template

from api.dependencies import FromDatabase, FromKeyring
from api.pages.forms import Form, read_form
from api.pages.resident import refusing
from api.pages.resident.questionnaire import drafts, steps
from api.pages.resident.questionnaire.drafts import ResidentDraft
from api.pages.resident.questionnaire.starting import form_paths
from api.pages.resident.questionnaire.walking import FromWalk, Walk, draft_base
from api.pages.resident.resuming.saving import new_device
from api.pages.templating import AnyRequest, requested_language, use_language
from api.security import cookies
from api.security.keyring import Keyring
from api.translating import gettext
from survey.receipts import parse_resume_code
from survey.store.database import Database

FIELD = "resume_code"
MOST_TYPED = 60


@get(cookies.CONTINUE, include_in_schema=False)
async def show_resume_form(
    request: AnyRequest, database: FromDatabase, keyring: FromKeyring
) -> Template:
    async with database.connection() as connection:
        asked = await refusing.find_apart(connection, keyring, form_key(request))
    return Template("resident/resume.html", context={"asked": asked or Form()})


def form_key(request: AnyRequest) -> str:
    return cookies.read_cookie(request, cookies.DRAFT, cookies.CONTINUE)


@post(cookies.CONTINUE, include_in_schema=False)
async def find_saved_answers(
    request: AnyRequest, database: FromDatabase, keyring: FromKeyring
) -> Redirect:
    """Send the browser, with the code, to the survey whose answers the code opens."""
    form = await read_form(request)
    code = parse_resume_code(form[FIELD][:MOST_TYPED])
    async with database.connection() as connection:
        draft = await drafts.find_draft(connection, keyring, code) if code else None
    if draft is None or draft.reference:
        return await ask_again(request, database, keyring, form, sent=draft is not None)
    gone = [cookies.build_removal(request, cookies.DRAFT, cookies.CONTINUE)]
    # 307 repeats the POST, so that the code travels in the body and is in no address or log.
    return Redirect(f"{draft_base(draft.slug)}/{steps.RESUME}", status_code=307, cookies=gone)


async def ask_again(
    request: AnyRequest, database: Database, keyring: Keyring, form: Form, *, sent: bool
) -> Redirect:
    """Send the browser to the form again, with the code that was typed and why it opens nothing."""
    key = form_key(request) or secrets.token_urlsafe(32)
    with use_language(requested_language(request)):
        form.add_error(FIELD, refusal_sentence(form[FIELD], sent=sent))
    # Only what the page shows again is stored, whatever else was sent.
    form.values = {FIELD: [form[FIELD][:MOST_TYPED]]}
    async with database.connection() as connection:
        await refusing.save_apart(connection, keyring, key, form)
    cookie = cookies.build_cookie(request, cookies.DRAFT, key, path=cookies.CONTINUE)
    return Redirect(cookies.CONTINUE, status_code=303, cookies=[cookie])


def refusal_sentence(typed: str, *, sent: bool) -> str:
    if sent:
        return gettext("These answers were sent already. You do not have to do anything")
    if not typed.strip():
        return gettext("Enter your code")
    if parse_resume_code(typed) is None:
        return gettext("There is a typing mistake in this code. Check it, letter by letter")
    return gettext(
        "This code does not work any more: its 14 days are over, or the answers were sent or "
        "deleted"
    )


@post(form_paths(f"/{steps.RESUME}"), include_in_schema=False)
async def resume_draft(
    request: AnyRequest, database: FromDatabase, walk: FromWalk
) -> Response[Any]:
    """Open the saved answers in this browser, at the page where they were left."""
    form = await read_form(request)
    code = parse_resume_code(form[FIELD][:MOST_TYPED]) or ""
    async with database.connection() as connection:
        draft = await drafts.find_draft(connection, walk.keyring, code, walk.instrument.slug)
    if draft is None or draft.reference:
        return Redirect(cookies.CONTINUE, status_code=303)
    is_other = walk.is_begun and walk.key != code
    if is_other and not form["sure"]:
        return Template("resident/resume_here.html", context={"walk": walk, "code": code})
    if is_other:
        await delete_unsaved(database, walk)
    return Redirect(
        walk.address(draft.paused_at),
        status_code=303,
        cookies=[open_cookie(request, walk, code, draft)],
    )


async def delete_unsaved(database: Database, walk: Walk) -> None:
    """Delete the other answers in this browser, unless they are saved under a code of their own."""
    if walk.draft is not None and walk.draft.until is None:
        async with database.connection() as connection:
            await drafts.delete_draft(connection, walk.key)


def open_cookie(request: AnyRequest, walk: Walk, code: str, draft: ResidentDraft) -> Any:
    """The cookie under which this browser goes on; the browser that saved last keeps its mark."""
    device = walk.device if walk.key == code and walk.device else new_device()
    return drafts.draft_cookie(request, f"{code}.{device}", walk.base)


HANDLERS = [show_resume_form, find_saved_answers, resume_draft]
