"""Enter a complaint for somebody who calls, writes or visits.

Staff fill in the residents' form; the draft records who enters it.
"""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.response import Redirect, Template

from api import clock
from api.operations.answers import submissions
from api.operations.complaint_intake import DataEntry
from api.pages.registry import StaffPage
from api.pages.resident.questionnaire import drafts
from api.pages.work import FromPage
from api.security import cookies, people
from survey.cases.complaints import Channel
from survey.formats.expressions import logic as expressions
from survey.surveys.ready import COMPLAINT

DESK_CHANNELS: dict[Channel, str] = {
    "phone": "By telephone",
    "paper": "On paper, by post or handed in",
    "in_person": "In person",
}


@get("/work/complaints/lodge")
async def show_entry_form(page: FromPage) -> Template:
    return page.show("cases/complaint_lodge", channels=DESK_CHANNELS)


@post("/work/complaints/lodge")
async def start_data_entry(page: FromPage) -> Response[Any]:
    channel = page.form["channel"]
    if channel not in DESK_CHANNELS:
        page.form.add_error("channel", "Choose how the complaint arrived")
        return page.show("cases/complaint_lodge", channels=DESK_CHANNELS)
    desk = DataEntry(channel=msgspec.convert(channel, Channel), by=page.person.id)
    async with page.connection() as connection:
        instrument = await submissions.load_open_instrument(connection, COMPLAINT)
        now = clock.now().replace(tzinfo=None)
        first = await submissions.run_evaluation(
            instrument, expressions.default_answers, instrument, now
        )
        # Signing out ends the draft: it holds what a caller said, and the computer may be shared.
        opened = people.key_digest(cookies.read_cookie(page.request, cookies.SESSION)).hex()
        key = await drafts.start_draft(connection, instrument, first, desk=desk, opened=opened)
    on_the_way = drafts.draft_cookie(page.request, key, "/complaints")
    return Redirect("/complaints/borough", status_code=303, cookies=[on_the_way])


PAGES = [StaffPage([show_entry_form, start_data_entry], linked_from="/work/complaints")]
