"""Who can find a survey and who may answer: listed or not, a password, a puzzle for devices."""

from typing import Any

from litestar import Response, post
from litestar.response import Redirect

from api.dependencies import FromDatabase, FromPerson, Slug
from api.operations import survey_rights
from api.operations.survey_rights import MOST_PASSWORD
from api.pages.forms import read_form
from api.pages.organiser.sharing.panel import PANEL, panel_page
from api.pages.registry import StaffPage
from api.pages.templating import AnyRequest
from api.pages.work import audited_transaction
from api.security import people
from survey.store.surveys import sharing
from survey.surveys.sharing import FEWEST_CHARACTERS, password_letters


@post(PANEL + "/listing")
async def save_listing(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug
) -> Redirect:
    unlisted = (await read_form(request))["listing"] == "unlisted"
    act = "survey unlisted" if unlisted else "survey listed"
    async with audited_transaction(database, person, act, slug) as connection:
        await survey_rights.require_right(connection, person, "share", slug)
        await sharing.save_shown(connection, slug, {"unlisted": unlisted})
    return Redirect(f"/work/surveys/{slug}/share?done=listing#who-can-answer", status_code=303)


@post(PANEL + "/password")
async def save_password(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug
) -> Response[Any]:
    form = await read_form(request)
    removed = form["act"] == "remove"
    typed = form["password"][:MOST_PASSWORD]
    letters = password_letters(typed)
    if not removed and len(letters) < FEWEST_CHARACTERS:
        sentence = f"Enter a password of {FEWEST_CHARACTERS} characters or more"
        form.add_error("password", sentence)
        return await panel_page(request, database, person, slug, form=form)
    hashed = "" if removed else await people.hash_secret(letters)
    act = "survey password removed" if removed else "survey password set"
    async with audited_transaction(database, person, act, slug) as connection:
        await survey_rights.require_right(connection, person, "share", slug)
        await sharing.save_password(connection, slug, hashed)
    done = "password-removed" if removed else "password"
    return Redirect(f"/work/surveys/{slug}/share?done={done}#who-can-answer", status_code=303)


@post(PANEL + "/proof")
async def save_proof(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug
) -> Redirect:
    asks = (await read_form(request))["proof"] == "yes"
    act = "survey puzzle on" if asks else "survey puzzle off"
    async with audited_transaction(database, person, act, slug) as connection:
        await survey_rights.require_right(connection, person, "share", slug)
        await sharing.save_asks_proof(connection, slug, asks=asks)
    return Redirect(f"/work/surveys/{slug}/share?done=listing#who-can-answer", status_code=303)


PAGES = [StaffPage([save_listing, save_password, save_proof], linked_from=PANEL)]
