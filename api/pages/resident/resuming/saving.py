"""Save the draft for later under a code, and show the code in the browser that saved it."""

import secrets
from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect, Template

from api import clock
from api.dependencies import FromDatabase
from api.pages.resident.questionnaire import drafts, steps
from api.pages.resident.questionnaire.drafts import ResidentDraft
from api.pages.resident.questionnaire.starting import form_paths
from api.pages.resident.questionnaire.walking import FromWalk, Walk, full_address
from api.pages.templating import AnyRequest
from api.security import cookies
from survey.media.attachments import MOST_SAVED
from survey.store.answers import attachments
from survey.store.database import Database
from survey.surveys.responses import attachments_in


async def save_for_later(
    request: AnyRequest, database: Database, walk: Walk, draft: ResidentDraft, page: str
) -> Redirect:
    """Save the draft for fourteen days under its code, and lead to the page that shows the code."""
    code = drafts.code_of(walk.keyring, walk.key)
    draft.until = clock.today() + drafts.SAVED_DAYS
    draft.paused_at = page
    draft.writer = walk.device or new_device()
    marks = [file.mark for file in attachments_in(walk.instrument, draft.answers)]
    async with database.connection() as connection, connection.transaction():
        if code != walk.key:
            await drafts.delete_draft(connection, walk.key)
        await drafts.save_draft(connection, walk.keyring, code, draft)
        until = drafts.end_of_saved(draft.until)
        await attachments.hold_until(connection, marks, until, most=MOST_SAVED)
    return Redirect(
        walk.address(steps.SAVED),
        status_code=303,
        cookies=[drafts.draft_cookie(request, f"{code}.{draft.writer}", walk.base)],
    )


def new_device() -> str:
    """A random mark for this browser in one saved draft; nothing about the device is in it."""
    return secrets.token_urlsafe(6)


@get(form_paths(f"/{steps.SAVED}"), include_in_schema=False)
async def show_code(request: AnyRequest, database: FromDatabase, walk: FromWalk) -> Response[Any]:
    """The code of the answers that this browser saved, and until when it works."""
    draft = walk.draft
    if draft is None or draft.until is None:
        return Redirect(walk.base, status_code=303)
    marks = [file.mark for file in attachments_in(walk.instrument, draft.answers)]
    async with database.connection() as connection:
        lost = await attachments.count_not_held(connection, marks, drafts.end_of_saved(draft.until))
    context = {
        "walk": walk,
        "code": walk.key,
        "until": draft.until,
        "lost_files": lost,
        "onward": walk.address(draft.paused_at),
        "resume_address": full_address(request, cookies.CONTINUE),
    }
    return Template("resident/saved.html", context=context)


@post(form_paths(f"/{steps.SAVED}"), include_in_schema=False)
async def leave_saved(request: AnyRequest, walk: FromWalk) -> Redirect:
    """Forget the code in this browser; what is saved stays for whoever has the code."""
    gone = drafts.draft_removal_cookie(request, walk.base)
    return Redirect("/", status_code=303, cookies=[gone])


HANDLERS = [show_code, leave_saved]
