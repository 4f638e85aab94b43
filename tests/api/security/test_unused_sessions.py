"""A session that nobody used for a while has ended; what an open page asks by itself is no use."""

from datetime import timedelta

import msgspec
import pytest
from lxml import html

from api.security import cookies, people
from survey.store.accounts import sessions
from tests.api.pages.forms import send, token_on
from tests.api.security.test_signed_out import sign_in_again
from tests.people import CINDY
from tests.stored.complaint_forms import create_case

BY_PAGE = {"Sec-Fetch-Mode": "cors"}
BY_PERSON = {"Sec-Fetch-Mode": "navigate"}


@pytest.fixture
async def cindy(signed_in):
    return await signed_in(CINDY)


@pytest.fixture
def unused(db, cindy):
    """Lets the session have been used last so many minutes ago."""
    digest = people.key_digest(cindy.cookies.get(cookies.SESSION))

    async def for_minutes(minutes):
        await db.the_connection.execute(
            "UPDATE sessions SET used_at = now() - $2 * interval '1 minute' WHERE key_digest = $1",
            *(digest, minutes),
        )

    return for_minutes


async def minutes_unused(db):
    return await db.the_connection.fetchval(
        "SELECT extract(epoch FROM now() - max(used_at))::int / 60 FROM sessions"
    )


async def test_a_session_that_nobody_used_for_an_hour_has_ended(cindy, unused):
    await unused(59)
    assert (await cindy.get("/work/complaints")).status_code == 200
    await unused(61)
    answer = await cindy.get("/work/complaints")
    assert (answer.status_code, answer.headers["location"]) == (302, "/sign-in?ended=yes")
    page = html.fromstring((await cindy.get(answer.headers["location"])).text)
    assert "had not used these pages for a while" in page.xpath("//main")[0].text_content()


@pytest.mark.parametrize(
    ("ago", "headers", "noted"),
    [
        (9, BY_PERSON, 9),  # a request of every minute is not a write of every minute
        (11, BY_PERSON, 0),
        (11, {}, 0),  # a browser that does not say
        (11, BY_PAGE, 11),
    ],
)
async def test_a_use_is_written_every_ten_minutes_and_a_page_by_itself_is_none(
    cindy, unused, db, ago, headers, noted
):
    await unused(ago)
    assert (await cindy.get("/work/complaints", headers=headers)).status_code == 200
    assert await minutes_unused(db) == noted


async def test_what_a_page_sends_for_its_reader_is_a_use(cindy, unused, db):
    token = await token_on(cindy, "/work")
    await unused(11)
    sent = {"_csrf_token": token, "new": "short"}
    await cindy.post("/work/password", data=sent, headers=BY_PAGE)
    assert await minutes_unused(db) == 0


async def test_a_page_that_renews_itself_does_not_hold_a_session_open(cindy, unused):
    await unused(50)
    assert (await cindy.get("/work/complaints", headers=BY_PAGE)).status_code == 200
    await unused(61)
    assert (await cindy.get("/work/complaints", headers=BY_PAGE)).status_code == 302


async def test_a_database_that_takes_no_writes_signs_nobody_out(cindy, unused, db):
    await unused(11)
    digest, hour = people.key_digest(cindy.cookies.get(cookies.SESSION)), timedelta(hours=1)
    savepoint = db.the_connection.transaction()
    await savepoint.start()
    await db.the_connection.execute("SET LOCAL transaction_read_only = on")
    await sessions.note_use(db.the_connection, digest)
    await savepoint.rollback()
    found = await sessions.find(db.the_connection, digest, hour)
    assert (found.email, found.is_noted_late) == (CINDY[0], True)


async def test_what_was_typed_comes_back_to_whoever_was_away(cindy, unused, db):
    case = f"/work/complaints/{(await create_case(db)).reference}"
    await send(cindy, f"{case}/moves", {"kind": "assigned", "to": "me", "version": "1"})
    token = await token_on(cindy, case)
    await unused(61)
    form = {"_csrf_token": token, "kind": "noted", "message": "Rang the station.", "version": "2"}
    answer = await cindy.post(f"{case}/moves", data=form)
    assert answer.headers["location"] == "/sign-in?ended=yes"
    again = await sign_in_again(cindy, db, CINDY[0])
    assert again.headers["location"] == "/work/unsent"
    assert "Rang the station." in (await cindy.get("/work/unsent")).text


async def test_a_service_may_choose_another_length(cindy, unused, app, monkeypatch):
    longer = msgspec.structs.replace(app.state.settings, idle_minutes=120)
    monkeypatch.setattr(app.state, "settings", longer)
    await unused(119)
    assert (await cindy.get("/work/complaints")).status_code == 200
    await unused(121)
    assert (await cindy.get("/work/complaints")).status_code == 302
