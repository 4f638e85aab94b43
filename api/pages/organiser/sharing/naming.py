"""Ways that an organiser names, such as a stall of the youth club, each with its short link."""

from typing import Any

from litestar import Response, post
from litestar.response import Redirect

from api.dependencies import FromDatabase, FromPerson, Slug
from api.operations import survey_rights
from api.pages.forms import read_form
from api.pages.organiser.sharing.panel import PANEL, new_code, panel_page
from api.pages.registry import StaffPage
from api.pages.templating import AnyRequest
from api.pages.work import audited_transaction
from survey.problems import Problem
from survey.store.surveys import ways
from survey.surveys.sharing import Way

MOST_NAME = 60


@post(PANEL + "/ways")
async def name_way(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug
) -> Response[Any]:
    form = await read_form(request)
    name = form["way"]
    form.require(name, "way", "Enter a name, such as “Youth club stall”")
    form.require_length("way", 0, MOST_NAME, f"Use {MOST_NAME} characters or fewer")
    if not form.errors:
        try:
            async with audited_transaction(database, person, "survey way", slug) as connection:
                await survey_rights.require_right(connection, person, "share", slug)
                await ways.insert_named(connection, Way(new_code(), slug, "named", name))
        except Problem as refused:
            form.refuse(refused, [("way", f"{refused.sentence} {refused.remedy}")])
    if form.errors:
        return await panel_page(request, database, person, slug, form=form)
    return Redirect(f"/work/surveys/{slug}/share?done=way#ways", status_code=303)


PAGES = [StaffPage([name_way], linked_from=PANEL)]
