"""What residents hear when a survey takes no answer of theirs: early, politely, nothing lost."""

import msgspec
import pytest

from survey.store.surveys import instruments, limits
from survey.store.surveys.instruments import code_digest
from survey.surveys.instruments import Text
from survey.surveys.sharing import Quota
from tests.api.pages.resident.test_resident_pages import answer_pages, send_answers
from tests.survey.store.surveys.test_limits import CLUB, LAMBETH, answer, limit_survey, submit

BASE = "/surveys/the-club"
STORY = Text(name="story", text={"en": "What happened?"})
WITH_STORY = msgspec.structs.replace(CLUB, items=(STORY, *CLUB.items))
PEOPLE = {
    "borough": {"answer": LAMBETH},
    "story": {"answer": "They were calm all evening."},
    "years": {"answer": "young"},
    "sex": {"answer": "male"},
}


@pytest.fixture
async def club(db):
    await instruments.insert(db.the_connection, WITH_STORY)
    return db


async def fill(db, **quota):
    """Leave no place for the first answer's people."""
    await limit_survey(db.the_connection, quota=Quota(most=1, **quota))
    await submit(db, answer())


async def test_a_full_borough_is_said_on_the_first_page(client, club):
    await fill(club, area=LAMBETH)
    begun = await client.post(BASE, data={"answer": LAMBETH}, follow_redirects=True)
    assert begun.url.path == f"{BASE}/full"
    assert "enough answers from people like you" in begun.text
    await client.post(BASE, data={"again": "yes", "sure": "yes"})
    onward = await client.post(BASE, data={"answer": "E09000012"}, follow_redirects=True)
    assert onward.url.path == f"{BASE}/story"


async def test_a_full_group_is_said_after_its_question_and_nothing_typed_is_lost(client, club):
    await fill(club, area=LAMBETH, groups={"age": "16-24"})
    await client.post(BASE, data={"answer": LAMBETH})
    await client.post(f"{BASE}/story", data=PEOPLE["story"])
    told = await client.post(f"{BASE}/years", data=PEOPLE["years"], follow_redirects=True)
    assert told.url.path == f"{BASE}/full"
    assert "Nothing of yours was sent" in told.text
    assert PEOPLE["story"]["answer"] in told.text
    assert 'href="/surveys/feedback"' in told.text
    assert f'href="{BASE}/check"' in told.text
    onward = await client.post(f"{BASE}/years?change", data={"answer": "older"})
    assert onward.headers["location"] != f"{BASE}/full"


async def test_a_place_that_goes_while_somebody_answers_is_said_when_they_send(client, club):
    await limit_survey(club.the_connection, most=1)
    await answer_pages(client, BASE, PEOPLE)
    await submit(club, answer())
    sent = await client.post(f"{BASE}/send", follow_redirects=True)
    assert sent.url.path == f"{BASE}/full"
    assert PEOPLE["story"]["answer"] in sent.text
    assert await club.the_connection.fetchval("SELECT count(*) FROM responses") == 1


async def test_a_full_survey_says_so_before_anything_is_asked(client, club):
    await limit_survey(club.the_connection, most=1)
    await submit(club, answer())
    page = await client.get(BASE)
    assert page.status_code == 409
    assert "has all the answers it takes" in page.text
    assert "Start now" not in page.text


async def test_a_browser_that_answered_is_told_so_and_holds_nothing_but_a_yes(client, club):
    await limits.save(club.the_connection, "the-club", opens=None, closes=None, one_each="device")
    assert "one answer from each phone" in (await client.get(BASE)).text
    await answer_pages(client, BASE, PEOPLE)
    reference = await send_answers(client, BASE)
    assert reference in (await client.get(f"{BASE}/done/{reference}")).text
    assert [c.value for c in client.cookies.jar if c.name == "soundings_answered"] == ["yes"]
    for again in (
        await client.get(BASE),
        await client.post(BASE, data={"again": "yes", "sure": "yes"}),
    ):
        if again.status_code == 303:
            again = await client.get(BASE)
        assert "This browser has answered this survey already" in again.text


async def test_two_tabs_of_one_browser_send_one_answer(client, club):
    await limits.save(club.the_connection, "the-club", opens=None, closes=None, one_each="device")
    await answer_pages(client, BASE, PEOPLE)
    # Both tabs show the last page, and share the draft.
    first, second = [await client.post(f"{BASE}/send") for _ in range(2)]
    assert first.headers["location"] == second.headers["location"]
    assert await club.the_connection.fetchval("SELECT count(*) FROM responses") == 1


async def test_a_tab_that_was_left_open_sends_no_second_answer(client, club):
    """A draft that was saved for later is continued after another one was sent."""
    await limits.save(club.the_connection, "the-club", opens=None, closes=None, one_each="device")
    await answer_pages(client, BASE, PEOPLE)
    [left_open] = [one for one in client.cookies.jar if one.name == "soundings_draft"]
    client.cookies.delete("soundings_draft", domain=left_open.domain, path=left_open.path)
    await answer_pages(client, BASE, PEOPLE)
    await send_answers(client, BASE)
    client.cookies.jar.set_cookie(left_open)
    late = await client.post(f"{BASE}/send", follow_redirects=True)
    assert "This browser has answered this survey already" in late.text
    assert await club.the_connection.fetchval("SELECT count(*) FROM responses") == 1


async def test_a_members_code_is_asked_for_and_works_once(client, club):
    connection = club.the_connection
    await limit_survey(connection, one_each="code")
    await limits.insert_member_codes(connection, "the-club", [code_digest("ABCD-2346")])
    found = await client.post("/access-code", data={"code": "abcd 2346"}, follow_redirects=True)
    assert found.url.path == BASE
    begun = await client.post(BASE, data={"code": "abcd 2346", "answer": LAMBETH})
    assert begun.headers["location"] == f"{BASE}/story"
    for step in ("story", "years", "sex"):
        await client.post(f"{BASE}/{step}", data=PEOPLE[step])
    await send_answers(client, BASE)
    await client.get(BASE)
    wrong = await client.post(
        BASE, data={"code": "abcd 2346", "answer": LAMBETH}, follow_redirects=True
    )
    assert "opens no survey" in wrong.text  # the code has the form of a case number, too
