"""Answers that look like spam wait for the organiser, and nobody who sent one hears of it."""

import re
import uuid

import msgspec
import pytest

from api.security.limits import BurstWatch
from survey.store.accounts import people
from survey.store.answers import erasure
from survey.store.surveys import instruments, limits
from tests.api.pages.forms import send
from tests.api.pages.organiser.test_survey_results import page_text
from tests.api.pages.resident.test_limits import PEOPLE, WITH_STORY
from tests.api.pages.resident.test_resident_pages import answer_pages
from tests.jobs import run_all_jobs
from tests.people import JOAN
from tests.survey.store.surveys.test_limits import answer, limit_survey, submit

BASE, PAGE = "/surveys/the-club", "/work/surveys/the-club/review"
API = "/api/v1/surveys/the-club/responses"
WORDS = "Buy cheap watches, call 07700 900123"


@pytest.fixture
async def joan(db, signed_in):
    await instruments.insert(db.the_connection, WITH_STORY)
    return await signed_in(JOAN)


@pytest.fixture
def watchful(app):
    """An installation for which the third answer from one connection is one of many."""
    before = app.state.bursts
    app.state.bursts = BurstWatch(2)
    yield
    app.state.bursts = before


async def count(db, table):
    return await db.the_connection.fetchval(f"SELECT count(*) FROM {table}")


async def send_spam(client, words=WORDS):
    """Answer as a robot does, with every field filled in; the reference that it gets."""
    await answer_pages(client, BASE, PEOPLE | {"story": {"answer": words}})
    sent = await client.post(f"{BASE}/send", data={"website": "http://x.example"})
    assert "Answers sent" in (await client.get(sent.headers["location"])).text
    return sent.headers["location"].rpartition("/")[2]


async def show_all(db):
    """Let a day pass for the answers that wait, in a survey that ten others have answered."""
    for _ in range(10):
        await submit(db, answer())
    await db.the_connection.execute(
        "UPDATE held_answers SET received_at = received_at - interval '1 day'"
    )


async def choose(joan, **fields):
    names = re.findall(r'name="answer" type="checkbox" value="(\w+)"', (await joan.get(PAGE)).text)
    return await send(joan, PAGE, {"answer": names} | fields)


async def test_what_fell_into_the_trap_waits_and_is_counted_as_it_was_sent(joan, client, db):
    reference = await send_spam(client)
    assert (await count(db, "responses"), await count(db, "texts")) == (0, 0)
    assert "No answers wait" in page_text(await joan.get(PAGE))
    await show_all(db)
    await run_all_jobs(db)
    assert "1 answer waits" in page_text(await joan.get("/work/surveys/the-club"))
    shown = page_text(await joan.get(PAGE))
    assert "Buy cheap watches" in shown
    assert "A field was filled in that people do not see" in shown
    for hidden in (reference, "07700 900123", "Lambeth"):
        assert hidden not in shown
    counted = await choose(joan, act="count")
    assert counted.headers["location"] == f"{PAGE}?done=counted"
    assert await count(db, "held_answers") == 0
    row = await db.the_connection.fetchrow(
        "SELECT r.answers ->> 'years' AS years, t.body FROM responses r"
        " JOIN texts t ON t.response = r.id WHERE r.reference = $1",
        reference,
    )
    assert tuple(row) == ("young", WORDS)
    await run_all_jobs(db)
    in_sums = "SELECT summed FROM responses WHERE reference = $1"
    assert await db.the_connection.fetchval(in_sums, reference)


async def test_what_is_thrown_away_is_gone_once_somebody_is_sure(joan, client, db):
    await send_spam(client)
    await show_all(db)
    assert (await send(joan, PAGE, {"act": "throw"})).status_code == 422
    unsure = await choose(joan, act="throw")
    assert "Tick the box if you are sure" in unsure.text
    assert " checked" in unsure.text
    assert await count(db, "held_answers") == 1
    thrown = await choose(joan, act="throw", sure="yes")
    assert thrown.headers["location"] == f"{PAGE}?done=thrown"
    assert (await count(db, "held_answers"), await count(db, "responses")) == (0, 10)
    # The page of another tab still lists it.
    late = await send(joan, PAGE, {"act": "count", "answer": "0123456789abcdef"})
    assert late.status_code == 409
    assert "decided about some of these answers meanwhile" in page_text(late)


@pytest.mark.usefixtures("watchful")
async def test_of_many_from_one_connection_those_above_the_usual_wait(joan, client, db):
    body = {"borough": "Lambeth", "answers": {"years": "young"}}
    keys = [uuid.uuid4().hex for _ in range(5)]

    async def send_as(key):
        sent = await client.post(API, json=body, headers={"Idempotency-Key": key})
        assert sent.status_code == 201
        return sent.json()["reference"]

    references = [await send_as(key) for key in keys]
    assert (await count(db, "responses"), await count(db, "held_answers")) == (2, 3)
    # Sent again, each gets the receipt that it got, whether it waits or not.
    assert [await send_as(key) for key in keys] == references
    assert (await count(db, "responses"), await count(db, "held_answers")) == (2, 3)
    await show_all(db)
    assert "3 answers wait" in page_text(await joan.get("/work/surveys/the-club"))
    await send(joan, PAGE, {"act": "count", "all": "yes"})
    assert (await count(db, "responses"), await count(db, "held_answers")) == (15, 0)
    assert [await send_as(key) for key in keys] == references
    assert await count(db, "held_answers") == 0


async def test_what_has_no_place_any_more_waits_on(joan, client, db):
    await send_spam(client)
    await show_all(db)
    await limit_survey(db.the_connection, most=10)
    full = await choose(joan, act="count")
    assert full.headers["location"] == f"{PAGE}?done=full"
    assert (await count(db, "held_answers"), await count(db, "responses")) == (1, 10)
    await limit_survey(db.the_connection, most=11)
    await choose(joan, act="count")
    assert (await count(db, "held_answers"), await count(db, "responses")) == (0, 11)


async def test_a_survey_that_few_answered_shows_none(joan, client, db):
    await send_spam(client)
    await db.the_connection.execute(
        "UPDATE held_answers SET received_at = received_at - interval '1 day'"
    )
    assert "No answers wait" in page_text(await joan.get(PAGE))
    assert (await send(joan, PAGE, {"act": "count", "all": "yes"})).status_code == 303
    assert await count(db, "held_answers") == 1


@pytest.mark.usefixtures("joan")
async def test_an_answer_that_waits_is_erased_by_its_reference(client, db):
    reference = await send_spam(client)
    assert await erasure.erase(db.the_connection, reference) == "response"
    assert (await count(db, "held_answers"), await count(db, "request_marks")) == (0, 0)
    assert await count(db, "erasure_marks") == 1
    assert await erasure.erase(db.the_connection, reference) is None


@pytest.mark.usefixtures("joan")
async def test_whoever_has_a_code_is_not_suspected(client, db):
    await limits.save(db.the_connection, "the-club", opens=None, closes=None, one_each="code")
    sent = await client.post(API, json={"borough": "Lambeth", "answers": {}})
    assert sent.json()["code"] == "access_code.needed"
    assert await count(db, "held_answers") == 0


@pytest.mark.usefixtures("watchful")
async def test_a_program_with_a_key_of_the_survey_sends_for_many_people(joan, client, db):
    account = await people.by_email(db.the_connection, JOAN[0])
    own = msgspec.structs.replace(WITH_STORY, slug="the-choir")
    await instruments.insert(db.the_connection, own, by=account.id)
    made = await send(joan, "/work/keys", {"name": "Ours", "days": "30", "survey": "the-choir"})
    key = re.search(r'id="key"[^>]* value="([^"]+)"', made.text)[1]
    for _ in range(4):
        sent = await client.post(
            API.replace("the-club", "the-choir"),
            json={"borough": "Lambeth", "answers": {}},
            headers={"authorization": f"Bearer {key}"},
        )
        assert sent.status_code == 201
    assert (await count(db, "responses"), await count(db, "held_answers")) == (4, 0)
