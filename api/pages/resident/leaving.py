"""Leaves this site at once: this browser forgets what it opened here and shows another website."""

import contextlib
import re

from litestar import get
from litestar.datastructures import Cookie
from litestar.response import Redirect

from api.dependencies import FromDatabase, FromKeyring
from api.pages.resident import refusing
from api.pages.resident.questionnaire import drafts, steps
from api.pages.resident.questionnaire.starting import form_paths
from api.pages.templating import AnyRequest
from api.security import cookies, people
from api.security.keyring import Keyring
from api.security.requests import FORGET_SITE
from survey.problems import Problem
from survey.store.cases import case_owners
from survey.store.database import Database

FORM_PATH = re.compile(r"(/[a-z0-9-]+){1,2}")


@get([*form_paths(f"/{steps.EXIT}"), f"{cookies.OWN_CASE}/{steps.EXIT}"], include_in_schema=False)
async def leave_site(request: AnyRequest, database: FromDatabase, keyring: FromKeyring) -> Redirect:
    """Close the case and delete unsent answers in this browser, then lead to another website.

    A link and not a form, because it has to work without scripts and from any page.
    """
    onward = str(request.app.state.settings.exit_url)
    # A link on another website must not delete what somebody is writing here.
    if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return Redirect(onward, status_code=303)
    base = request.url.path.removesuffix(f"/{steps.EXIT}")
    # No form is at any other address, and a cookie cannot name it.
    base = base if FORM_PATH.fullmatch(base) else cookies.COMPLAINTS
    # Somebody who has to leave is never shown an error instead.
    with contextlib.suppress(Problem):
        await forget_browser(request, database, keyring, base)
    return Redirect(onward, status_code=303, cookies=removals(request, base), headers=FORGET_SITE)


async def forget_browser(
    request: AnyRequest, database: Database, keyring: Keyring, base: str
) -> None:
    """Delete what this browser's keys open, but not answers that were saved with a code."""
    case_key = cookies.read_cookie(request, cookies.CASE, cookies.OWN_CASE)
    keys = {cookies.read_cookie(request, cookies.DRAFT, path) for path in draft_paths(base)}
    async with database.connection() as connection, connection.transaction():
        if case_key:
            await case_owners.delete_key(connection, people.key_digest(case_key))
            await refusing.drop_apart(connection, case_key)
        for key in keys - {""}:
            draft = await drafts.find_draft(connection, keyring, key)
            if draft and draft.until is None:
                await drafts.delete_draft(connection, key)


def draft_paths(base: str) -> set[str]:
    return {base, cookies.COMPLAINTS} - {cookies.OWN_CASE}


def removals(request: AnyRequest, base: str) -> list[Cookie]:
    """What removes our cookies also where a browser does not know the header that clears all."""
    own = cookies.build_removal(request, cookies.CASE, cookies.OWN_CASE)
    gone = [drafts.draft_removal_cookie(request, path) for path in sorted(draft_paths(base))]
    return [own, *gone, cookies.build_removal(request, cookies.LANGUAGE)]


HANDLERS = [leave_site]
