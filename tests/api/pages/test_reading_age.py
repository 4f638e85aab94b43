"""The reading age needed: at most 11 for the front page and 14 for staff pages."""

import msgspec
import pytest

from tests.analysis.editions.full_editions import full_weekly_edition
from tests.api.pages.forms import send
from tests.people import JOAN
from tests.reading_age import reading_age, sentences
from tests.stored.complaint_forms import create_case
from tests.stored.published_editions import save_and_publish

RESIDENTS, STAFF = 11, 14
WORK_PAGES = (
    "/work",
    "/work/complaints",
    "/work/complaints/figures",
    "/work/complaints/lodge",
    "/work/complaints/replies",
    "/work/themes",
    "/work/themes/codebook",
    "/work/themes/discovery",
    "/work/themes/proposals",
    "/work/campaigns",
    "/work/demands",
    "/work/demands/new",
    "/work/deployments",
    "/work/answers",
    "/work/events",
    "/work/files",
    "/work/files/mappings",
    "/work/editions",
    "/work/actions",
    "/work/recommendations",
    "/work/recommendations/new",
    "/recommendations",
    "/reports/places",
    "/work/alerts",
    "/work/double-coding",
    "/work/quotes",
    "/work/statistician",
    "/work/people",
    "/work/jobs",
    "/work/service",
    "/work/audit",
)


@pytest.mark.parametrize(
    "operator", [{}, {"organisation": "Our group", "contact": "a@example.org"}]
)
async def test_a_child_of_eleven_reads_the_front_page(operator, client, app, db):
    await save_and_publish(db.the_connection, full_weekly_edition())
    before = app.state.settings
    app.state.settings = msgspec.structs.replace(before, **operator)
    page = (await client.get("/")).text
    app.state.settings = before
    assert len(sentences(page)) > 10
    assert reading_age(page) <= RESIDENTS


async def test_the_pages_of_staff_ask_for_no_more_than_fourteen(signed_in, db):
    joan = await signed_in(JOAN)
    case = f"/work/complaints/{(await create_case(db)).reference}"
    taken = {"kind": "assigned", "to": "me", "version": "1"}
    assert (await send(joan, f"{case}/moves", taken)).status_code == 303
    ages = {}
    for address in ("/reports", case, *WORK_PAGES):
        answer = await joan.get(address)
        assert answer.status_code == 200, address
        ages[address] = round(reading_age(answer.text), 1)
    assert {address: age for address, age in ages.items() if age > STAFF} == {}
