"""The websites that may show the card of a survey."""

from typing import Any

from litestar import Response, post
from litestar.response import Redirect

from api.dependencies import FromDatabase, FromPerson, Slug
from api.operations import survey_rights
from api.pages.forms import Form, read_form
from api.pages.organiser.sharing.panel import PANEL, panel_page
from api.pages.registry import StaffPage
from api.pages.templating import AnyRequest
from api.pages.work import audited_transaction
from survey.store.surveys import sharing
from survey.surveys.sharing import MOST_ORIGINS, parse_origin


@post(PANEL + "/websites")
async def save_websites(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug
) -> Response[Any]:
    form = await read_form(request)
    origins = parse_origins(form)
    if form.errors:
        return await panel_page(request, database, person, slug, form=form)
    async with audited_transaction(
        database, person, "survey websites", slug, {"websites": origins}
    ) as connection:
        await survey_rights.require_right(connection, person, "share", slug)
        await sharing.save_origins(connection, slug, origins)
    return Redirect(f"/work/surveys/{slug}/share?done=websites#websites", status_code=303)


def parse_origins(form: Form) -> list[str]:
    """The websites, one a line; what is wrong with them is added to the form."""
    found: list[str] = []
    for line in form["origins"].split():
        origin = parse_origin(line)
        form.require(origin, "origins", f"“{line[:60]}” is not an address such as https://club.org")
        found += [origin] if origin and origin not in found else []
    few = len(found) <= MOST_ORIGINS
    form.require(few, "origins", f"Enter {MOST_ORIGINS} websites at most")
    return found


PAGES = [StaffPage([save_websites], linked_from=PANEL)]
