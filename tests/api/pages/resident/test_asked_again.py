"""A refusal sends the browser to the page again: Back and reload find what was typed, and ask for
nothing to be sent a second time."""

import pytest

from tests.api.pages.forms import asked_again, refused_at_case, send
from tests.api.pages.resident.test_following import begin_complaint, open_case
from tests.api.pages.resident.test_resident_pages import COMPLAINT, answer_pages, draft_row
from tests.leaks import find_in_tables
from tests.stored.complaint_forms import WORDS, create_case

WHAT = "/complaints/what"
WRONG = {"q-narrative": "A" * 10_001, "q-place": "By the bakery"}
PROBLEM = "There is a problem"


@pytest.fixture
async def refused(client):
    await begin_complaint(client)
    return await asked_again(client, WHAT, data=WRONG)


async def test_what_was_typed_is_there_as_often_as_the_page_is_read(client, refused):
    for page in (refused, await client.get(WHAT)):
        assert page.status_code == 200
        assert PROBLEM in page.text
        assert WRONG["q-narrative"] in page.text
        assert WRONG["q-place"] in page.text


async def test_the_error_is_gone_once_the_page_is_answered(client, db, refused):
    answer = await client.post(WHAT, data={"q-narrative": WORDS, "q-place": "By the bakery"})
    assert answer.headers["location"] != WHAT
    page = await client.get(WHAT)
    assert PROBLEM not in page.text
    assert WORDS in page.text
    assert (await draft_row(client, db, "/complaints")).refused == {}


async def test_two_tabs_keep_what_each_was_typing(client, refused):
    other = await asked_again(client, "/complaints/contact", data={"email": "nowhere"})
    assert 'value="nowhere"' in other.text
    assert "By the bakery" in (await client.get(WHAT)).text


async def test_of_many_pages_the_newest_wait(client, db, refused):
    for step in ("contact", "matter", "borough", "for_whom", "contact", "check"):
        await client.post(f"/complaints/{step}", data={"email": "x", "website": "x", "q-harm": "x"})
    assert len((await draft_row(client, db, "/complaints")).refused) <= 5


async def test_what_waits_is_under_seal_and_goes_with_the_draft(client, db):
    await answer_pages(client, "/complaints", COMPLAINT)
    await asked_again(client, "/complaints/contact", data={"email": "planted at example"})
    assert await find_in_tables(db.the_connection, ["planted at"]) == set()
    await client.post("/complaints/send")
    left = await draft_row(client, db, "/complaints")
    assert (left.reference != "", left.refused) == (True, {})


async def test_what_sending_refused_is_gone_when_an_answer_is_changed(client):
    await answer_pages(client, "/complaints", COMPLAINT)
    check = await asked_again(client, "/complaints/send", data={"website": "x"})
    assert (check.url.path, PROBLEM in check.text) == ("/complaints/check", True)
    await client.post("/complaints/matter?change", data=COMPLAINT["matter"])
    assert PROBLEM not in (await client.get("/complaints/check")).text


async def test_an_open_case_shows_what_it_refused_until_something_is_done(client, db):
    receipt = await create_case(db)
    await open_case(client, receipt)
    long = "planted " * 700
    await refused_at_case(client, "/case/message", {"answered": long})
    assert await find_in_tables(db.the_connection, ["planted planted"]) == set()
    assert long.strip() in (await client.get("/case")).text
    await send(client, "/case/message", {"answered": "Short."}, page="/case")
    page = (await client.get("/case")).text
    assert ("planted" in page, PROBLEM in page) == (False, False)


async def test_a_case_that_is_closed_here_shows_nothing_of_it(client, db):
    receipt = await create_case(db)
    await open_case(client, receipt)
    await refused_at_case(client, "/case/message", {"answered": "planted " * 700})
    key = client.cookies["soundings_case"]
    await send(client, "/case/leave", page="/case")
    client.cookies.set("soundings_case", key, path="/case")
    assert "planted" not in (await client.get("/case")).text
    drafts = "SELECT count(*) FROM drafts"
    assert await db.the_connection.fetchval(drafts) == 0


async def test_a_code_that_opens_nothing_waits_under_seal(client, db):
    await asked_again(client, "/access-code", data={"code": "planted code"})
    assert "planted code" in (await client.get("/access-code")).text
    assert await find_in_tables(db.the_connection, ["planted"]) == set()
