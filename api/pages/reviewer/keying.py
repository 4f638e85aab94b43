"""A complaint keyed for somebody who calls, writes or comes by: the same way, with who keyed it."""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.response import Redirect, Template

from api import clock, cookies, intake, people
from api.lodging import Desk
from api.pages.resident import drafts
from api.pages.reviewer.complaints import reviewers
from api.pages.templating import AnyRequest
from api.pages.work import page, typed
from api.wiring import FromDatabase, FromPerson
from survey.complaints import Channel
from survey.formats import expressions
from survey.ready import COMPLAINT

CHANNELS: dict[Channel, str] = {
    "phone": "By telephone",
    "paper": "On paper, by post or handed in",
    "in_person": "In person",
}


@get("/work/complaints/lodge", guards=reviewers, include_in_schema=False)
async def lodge_form(person: FromPerson) -> Template:
    return page("complaint_lodge", person, channels=CHANNELS)


@post("/work/complaints/lodge", guards=reviewers, include_in_schema=False)
async def lodge(request: AnyRequest, database: FromDatabase, person: FromPerson) -> Response[Any]:
    channel = (await typed(request)).get("channel", "")
    if channel not in CHANNELS:
        errors = [("channel", "Choose how the complaint arrived")]
        return page("complaint_lodge", person, status=422, channels=CHANNELS, errors=errors)
    desk = Desk(channel=msgspec.convert(channel, Channel), by=person.id)
    async with database.connection() as connection:
        form = await intake.open_instrument(connection, COMPLAINT)
        now = clock.now().replace(tzinfo=None)
        first = await intake.beside(form, expressions.defaults_of, form, now)
        opened = people.digest(cookies.read_cookie(request, cookies.SESSION)).hex()
        key = await drafts.begin(connection, form, first, desk=desk, opened=opened)
    on_the_way = drafts.cookie(request, key, "/complaints")
    return Redirect("/complaints/borough", status_code=303, cookies=[on_the_way])


HANDLERS = [lodge_form, lodge]
