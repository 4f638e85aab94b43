"""After leaving, the next person at the computer finds nothing; guessing locks nobody out."""

import types

import httpx
import msgspec
import pytest

from api.pages.resident.questionnaire import drafts
from api.security import limits
from api.security import people as people_room
from survey.problems import Unavailable
from survey.store.accounts import people
from tests.api.pages.forms import send
from tests.people import CINDY, JOAN, PASSWORD
from tests.stored.complaint_forms import WORDS, create_case


def client_from(app, host):
    transport = httpx.ASGITransport(app, client=(host, 1), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://test")


async def open_case(client, receipt, passphrase=None):
    form = {"number": receipt.reference, "passphrase": passphrase or receipt.passphrase}
    return await send(client, "/case", form, page="/case")


async def count_drafts(db):
    return await db.the_connection.fetchval("SELECT count(*) FROM drafts")


async def test_leaving_a_case_ends_the_correction_that_was_begun_there(client, db):
    receipt = await create_case(db)
    await open_case(client, receipt)
    await send(client, "/case/correct", page="/case")
    assert WORDS in (await client.get("/complaints/check")).text
    held = client.cookies["soundings_draft"]
    await send(client, "/case/leave", page="/case")
    assert "soundings_draft" not in client.cookies
    assert await count_drafts(db) == 0
    client.cookies.set("soundings_draft", held)
    assert WORDS not in (await client.get("/complaints/check")).text
    await client.post("/complaints/send")
    events = "SELECT count(*) FROM case_events"
    assert await db.the_connection.fetchval(events) == 1


NEUTRAL = "https://www.bbc.co.uk/weather"


async def test_exit_closes_the_case_and_clears_this_browser(client, db):
    receipt = await create_case(db)
    await open_case(client, receipt)
    await send(client, "/case/correct", page="/case")
    assert 'href="/case/exit"' in (await client.get("/case")).text
    left = await client.get("/case/exit")
    assert (left.status_code, left.headers["location"]) == (303, NEUTRAL)
    assert left.headers["clear-site-data"] == '"cache", "cookies"'
    assert not {"soundings_case", "soundings_draft"} & set(client.cookies)
    assert await db.the_connection.fetchval("SELECT count(*) FROM case_keys") == 0
    assert await count_drafts(db) == 0
    assert WORDS not in (await client.get("/case")).text


async def begin_complaint(client):
    await client.post("/complaints", data={"answer": "E09000012"})
    page = await client.get("/complaints/what")
    assert 'href="/complaints/exit"' in page.text
    return client.cookies["soundings_draft"]


async def test_exit_deletes_what_was_not_sent(client, db):
    held = await begin_complaint(client)
    await client.get("/complaints/exit")
    assert "soundings_draft" not in client.cookies
    assert await count_drafts(db) == 0
    client.cookies.set("soundings_draft", held)
    assert (await client.get("/complaints/what")).status_code != 200


async def test_exit_keeps_answers_that_were_saved_with_a_code(client, db):
    await begin_complaint(client)
    await client.post("/complaints/what", data={"q-narrative": WORDS, "act": "save"})
    await client.get("/complaints/exit")
    assert "soundings_draft" not in client.cookies
    assert await count_drafts(db) == 1


async def test_a_link_on_another_website_deletes_nothing(client, db):
    await begin_complaint(client)
    foreign = {"sec-fetch-site": "cross-site"}
    left = await client.get("/complaints/exit", headers=foreign)
    assert left.headers["location"] == NEUTRAL
    assert "clear-site-data" not in left.headers
    assert await count_drafts(db) == 1


async def test_exit_leads_away_although_the_database_is_lost(client, db, monkeypatch):
    await begin_complaint(client)

    async def lost(*_):
        raise Unavailable("database.lost", "The database is away.", "Try again.")

    monkeypatch.setattr(drafts, "find_draft", lost)
    left = await client.get("/complaints/exit")
    assert (left.status_code, left.headers["location"]) == (303, NEUTRAL)
    assert "soundings_draft" not in client.cookies


async def test_feedback_can_be_left_quickly_and_other_pages_do_not_offer_it(client):
    assert 'href="/surveys/feedback/exit"' in (await client.get("/surveys/feedback")).text
    for address in ("/", "/reports", "/sign-in", "/surveys/taser-trial"):
        assert "Exit this page" not in (await client.get(address)).text


async def test_pages_name_their_address_at_the_onion_service(client, app, monkeypatch):
    assert "onion-location" not in (await client.get("/complaints")).headers
    settings = msgspec.structs.replace(app.state.settings, onion_url="http://abc.onion/")
    monkeypatch.setitem(app.state._state, "settings", settings)
    page = await client.get("/case?number=AXJX-A5RE")
    assert page.headers["onion-location"] == "http://abc.onion/case?number=AXJX-A5RE"
    assert "onion-location" not in (await client.get("/health/live")).headers


async def test_opening_another_case_ends_what_was_begun_from_the_first(client, db):
    first, second = await create_case(db), await create_case(db)
    await open_case(client, first)
    await send(client, "/case/correct", page="/case")
    await open_case(client, second)
    assert await count_drafts(db) == 0


async def test_another_browser_at_the_same_case_keeps_its_correction(client, app, db):
    receipt = await create_case(db)
    await open_case(client, receipt)
    await send(client, "/case/correct", page="/case")
    async with client_from(app, "192.0.2.9") as other:
        await open_case(other, receipt)
        await send(other, "/case/leave", page="/case")
    assert WORDS in (await client.get("/complaints/check")).text


@pytest.mark.parametrize("way", ["/sign-out", "/work/password"])
async def test_signing_out_ends_what_was_keyed_for_a_caller(signed_in, db, way):
    client = await signed_in(CINDY)
    await send(client, "/work/complaints/lodge", {"channel": "phone"})
    await client.post("/complaints/borough", data={"answer": "", "postcode": "E8 1EA"})
    await client.post("/complaints/what", data={"q-narrative": WORDS})
    held = client.cookies["soundings_draft"]
    await send(client, way, {"new": "seven plain words to keep"})
    assert await count_drafts(db) == 0
    client.cookies.set("soundings_draft", held)
    assert WORDS not in (await client.get("/complaints/check")).text


@pytest.fixture
def pauses(monkeypatch):
    """The seconds that each try would have waited; nothing really waits."""
    waited = []

    async def no_sleep(seconds):
        waited.append(seconds)

    # Only in this module: a server in this process that never slept would let nothing else run.
    monkeypatch.setattr(limits, "asyncio", types.SimpleNamespace(sleep=no_sleep))
    return waited


async def test_others_who_guess_do_not_shut_the_owner_of_a_case_out(app, db, pauses):
    receipt = await create_case(db)
    for number in range(4):
        async with client_from(app, f"198.51.100.{number}") as guesser:
            found = [(await open_case(guesser, receipt, "wrong")).status_code for _ in range(11)]
        assert found == [422] * 10 + [429]
    async with client_from(app, "192.0.2.1") as owner:
        assert (await open_case(owner, receipt)).status_code == 303
    # The first try of each source goes on at once, and so did the owner's.
    assert len(pauses) == 18
    assert pauses == sorted(pauses)
    assert max(pauses) == limits.LONGEST_PAUSE


async def sign_in(client, password):
    form = {"email": JOAN[0], "password": password}
    return await send(client, "/sign-in", form, page="/sign-in")


async def test_guessing_at_an_account_is_limited_by_source_and_slowed_down_for_all(app, db, pauses):
    hashed = await people_room.hash_password(PASSWORD)
    await people.set_password(db.the_connection, JOAN[0], hashed)
    found = []
    for number in range(30):
        async with client_from(app, f"2001:db8:1:2::{number:x}") as guesser:
            found.append((await sign_in(guesser, "wrong words here")).status_code)
    assert found == [401] * 10 + [429] * 20
    for number in range(2):
        async with client_from(app, f"198.51.100.{number}") as guesser:
            for _ in range(10):
                await sign_in(guesser, "wrong words here")
    assert pauses
    async with client_from(app, "192.0.2.1") as owner:
        assert (await sign_in(owner, PASSWORD)).headers["location"] == "/work"


async def test_an_account_that_is_not_there_is_limited_alike(app, pauses):
    async with client_from(app, "192.0.2.1") as guesser:
        form = {"email": "nobody@example.org", "password": "x"}
        found = [
            (await send(guesser, "/sign-in", form, page="/sign-in")).status_code for _ in range(11)
        ]
    assert found == [401] * 10 + [429]
