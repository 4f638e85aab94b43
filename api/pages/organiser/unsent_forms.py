"""What an organiser typed when the session had ended: shown after signing in, then sent on."""

from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect

from api import survey_rights, unsent
from api.pages.organiser.opening import BASE
from api.pages.templating import AnyRequest
from api.pages.work import anybody, page, typed
from api.people import Person
from api.unsent import Unsent
from api.wiring import FromDatabase, FromPerson
from survey.instruments import said
from survey.store import instrument_drafts, surveys
from survey.store.database import Connection

ADDRESS = "/work/unsent"
OURS = ("revision", "act", "name", "kind", "then", "when-by", "start", "mode", "where", "order")
MOST_SHOWN = 20


@get(ADDRESS, guards=anybody, include_in_schema=False)
async def show(request: AnyRequest, database: FromDatabase, person: FromPerson) -> Response[Any]:
    async with database.connection() as connection:
        found = await unsent.find_form(request, connection)
        if found is None or not await may_send(connection, person, found):
            gone = await unsent.delete_form(request, connection)
            return Redirect("/work", status_code=303, cookies=[gone])
        draft = await instrument_drafts.find(connection, found.slug)
    title = said(draft.instrument.title) if draft else ""
    return page("unsent", person, unsent=found, title=title, words=words_of(found))


async def may_send(connection: Connection, person: Person, found: Unsent) -> bool:
    """Whether it is for this person to see: another one may use the same browser."""
    survey = await surveys.find(connection, found.slug)
    if not found.slug:
        return person.may("organiser")
    return bool(survey and survey_rights.may(person, "draft", survey))


def words_of(found: Unsent) -> list[str]:
    """What was typed, without the fields that the page itself brings along."""
    words = [
        value
        for name, value in found.fields
        if value.strip() and name not in OURS and not name.endswith(("-name", "-into"))
    ]
    return [one for one in words if one != "yes" and not one.isdecimal()][:MOST_SHOWN]


@post(ADDRESS, guards=anybody, include_in_schema=False)
async def send_on(request: AnyRequest, database: FromDatabase) -> Response[Any]:
    """Sends the form on to where it was meant for, with the same fields; or deletes it."""
    form = await typed(request)
    async with database.connection() as connection:
        found = await unsent.find_form(request, connection)
        gone = await unsent.delete_form(request, connection)
    if found is None or form.get("unsent") == "discard":
        onward = f"{BASE}/{found.slug}" if found and found.slug else "/work/surveys"
        return Redirect(onward, status_code=303, cookies=[gone])
    return Redirect(found.path, status_code=307, cookies=[gone])  # the browser sends it again


HANDLERS = [show, send_on]
