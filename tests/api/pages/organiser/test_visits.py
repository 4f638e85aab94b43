"""What an interviewer sees and records by their secret address."""

import pytest

from survey.store.surveys import fieldwork as fieldwork_store
from tests.api.pages.forms import send
from tests.people import JOAN
from tests.stored import fieldwork
from tests.stored.fieldwork import DOOR, FOLDER

VISIT = {
    "outcome": "refused",
    "part": "morning",
    "day-day": "5",
    "day-month": "1",
    "day-year": "2026",
}


@pytest.fixture
async def joan(db, signed_in):
    await fieldwork.insert_survey(db.the_connection)
    return await signed_in(JOAN)


async def find_point(db, reference):
    found = await fieldwork_store.load_points(db.the_connection, DOOR.slug)
    return next(one for one in found if one.reference == reference)


async def test_an_interviewer_records_a_visit_and_corrects_it(joan, db, client):
    own = await fieldwork.add_points(joan)
    shown = await client.get(own)
    assert "12 of 12 to go to" in shown.text
    assert "set-cookie" not in shown.headers
    saved = await client.post(f"{own}/points/A002", data=VISIT)
    assert saved.status_code == 303
    assert "The visit to A002 is saved." in (await client.get(saved.headers["location"])).text
    await client.post(f"{own}/points/A002", data=VISIT | {"outcome": "nobody_home"})
    point = await find_point(db, "A002")
    assert [one.outcome for one in point.visits] == ["nobody_home"]
    await client.post(f"{own}/points/A002", data=VISIT | {"part": "evening"})
    assert (await find_point(db, "A002")).outcome == "refused"
    shown = (await client.get(own)).text
    assert "11 of 12 to go to" in shown
    assert "Finished: 1" in shown
    assert "<details" in shown.partition("A012")[2]  # what is done is folded below what is left


async def test_mistakes_lead_to_their_fields_and_lose_nothing(joan, db, client):
    own = await fieldwork.add_points(joan)
    empty = await client.post(f"{own}/points/A002", data={"part": "evening", "day-day": "31"})
    assert empty.status_code == 422
    assert 'href="#outcome"' in empty.text
    assert 'href="#day-day"' in empty.text
    assert 'value="31"' in empty.text
    never = VISIT | {"day-day": "31", "day-month": "2"}
    gone = await client.post(f"{own}/points/A002", data=never)
    assert "This day does not exist: check the day and the month" in gone.text
    later = await client.post(f"{own}/points/A002", data=VISIT | {"day-year": "2099"})
    assert "in the future" in later.text
    assert (await find_point(db, "A002")).visits == ()


async def test_a_point_has_so_many_visits_and_the_last_can_be_corrected(joan, db, client):
    own = await fieldwork.add_points(joan)
    many = [("A002", f"2026-01-{day:02}", "morning", "Nobody home") for day in range(6, 26)]
    await fieldwork.add_visits(joan, many)
    full = await client.post(f"{own}/points/A002", data=VISIT)
    assert full.status_code == 409
    assert "20 visits already" in full.text
    assert (await client.post(f"{own}/points/A002", data=VISIT | {"day-day": "6"})).is_redirect
    assert (await find_point(db, "A002")).outcome == "refused"


async def test_a_revoked_address_and_other_points_open_nothing(joan, db, client):
    own = await fieldwork.add_points(joan)
    assert (await client.get(f"{own}/points/B001")).status_code == 404
    wrong = own[:-4] + ("AAAA" if own[-4:] != "AAAA" else "BBBB")
    assert (await client.get(wrong)).status_code == 404
    group = await db.the_connection.fetchval("SELECT id::text FROM collector_groups")
    done = await send(joan, f"{FOLDER}/interviewers/{group}/revoke")
    assert done.status_code == 303
    assert (await client.get(own)).status_code == 404
    assert (await client.post(f"{own}/points/A002", data=VISIT)).status_code == 404
    assert (await find_point(db, "A002")).visits == ()


async def test_what_was_sent_back_comes_first_with_its_reason(joan, db, client):
    own = await fieldwork.add_points(joan)
    await fieldwork.answer_at(db, "A005")
    await send(joan, f"{FOLDER}/send-back", {"point": "A005", "reason": "unfinished"})
    page = (await client.get(own)).text
    assert "Too many questions were left out" in page
    assert page.index("A005") < page.index("A001")
    # OpenRosa shows this group no form: phones cannot check a code.
    key = own.rpartition("/")[2]
    listed = await client.get(f"/key/{key}/formList")
    assert DOOR.slug not in listed.text
