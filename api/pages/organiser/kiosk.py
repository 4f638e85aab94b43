"""The kiosk of a survey: its link, made and ended here."""

from litestar import get, post
from litestar.response import Redirect, Template

from api.dependencies import FromDatabase, FromPerson, Slug
from api.operations import kiosks, survey_rights
from api.pages.forms import read_form
from api.pages.registry import StaffPage
from api.pages.resident.kiosk import laying
from api.pages.templating import AnyRequest
from api.pages.work import audited_transaction, done_word, staff_page
from api.site_address import site_address
from survey.store.surveys import limits
from survey.store.surveys import ways as kiosk_store


@get("/work/surveys/{slug:str}/kiosk")
async def show_survey_kiosk(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug
) -> Template:
    async with database.connection() as connection:
        instrument, closed = await survey_rights.get_survey(connection, person, "close", slug)
        kiosk = await kiosk_store.find_kiosk(connection, slug)
        limited = await limits.find(connection, slug)
    return staff_page(
        "surveys/kiosk",
        person,
        instrument=instrument,
        closed=closed,
        kiosk=kiosk,
        address=f"{site_address(request)}/kiosk/{kiosk.token}" if kiosk else "",
        why_not=laying.why_not(instrument, limited.one_each if limited else "none"),
        done=done_word(request),
    )


@post("/work/surveys/{slug:str}/kiosk")
async def save_survey_kiosk(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug
) -> Redirect:
    """Make the link of the kiosk, or end it."""
    ends = "end" in (await read_form(request))
    act = "kiosk ended" if ends else "kiosk made"
    async with audited_transaction(database, person, act, slug) as connection:
        await survey_rights.require_right(connection, person, "close", slug)
        if ends:
            await kiosk_store.delete_kiosk(connection, slug)
        else:
            await kiosk_store.insert_kiosk(connection, kiosks.new_kiosk(slug))
    return Redirect(
        f"/work/surveys/{slug}/kiosk?done={'ended' if ends else 'made'}", status_code=303
    )


PAGES = [StaffPage([show_survey_kiosk, save_survey_kiosk], linked_from="/work/surveys/{slug:str}")]
