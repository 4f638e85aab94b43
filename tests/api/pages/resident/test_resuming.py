"""Answers that were saved for later: a code, another device, and what each of the two is told."""

import datetime
import re

import pytest

from api import clock
from api.app import build
from api.commands import upkeep
from api.pages.resident.questionnaire import drafts
from api.security.keyring import Keyring, new_key
from api.security.people import key_digest
from api.settings import Settings
from survey.receipts import parse_resume_code, resume_code
from tests.api.pages.resident.test_resident_pages import (
    COMPLAINT,
    FEEDBACK,
    answer_pages,
    send_answers,
)
from tests.api.pages.whole_site import browser

BASE = "/surveys/feedback"
STORY = {"q-subject": "taser"}
CODE = re.compile(r'receipt__code" dir="ltr">([A-Z0-9-]{19})<')


@pytest.fixture
async def laptop(app):
    async with browser(app) as other:
        yield other


async def save_at(client, address, **fields):
    """Press "Save and finish later" on a page; returns the code that is shown."""
    saved = await client.post(address, data=fields | {"act": "save"}, follow_redirects=True)
    assert saved.status_code == 200, saved.text
    return CODE.search(saved.text)[1]


async def open_with(client, code, **more):
    return await client.post("/continue", data={"resume_code": code} | more, follow_redirects=True)


async def begin(client):
    begun = await client.post(BASE, data={"answer": "E09000012"})
    return begun.headers["location"]


def test_a_code_checks_itself():
    code = resume_code(b"seed")
    assert parse_resume_code(code.lower().replace("-", " ")) == code
    wrong = ("A" if code[0] != "A" else "B") + code[1:]
    assert parse_resume_code(wrong) is None
    assert parse_resume_code(code[:-1]) is None
    assert resume_code(b"seed") == code != resume_code(b"another")


async def test_begun_on_a_phone_and_finished_on_a_laptop(client, laptop, db):
    page = await begin(client)
    code = await save_at(client, page, **{"q-subject": "taser", "q-story": "They were calm."})
    opened = await open_with(laptop, f" {code.lower()} ")
    assert opened.url.path == page
    assert "They were calm." in opened.text
    await laptop.post(page, data={"q-subject": "taser", "q-story": "They were calm and fair."})
    check = await laptop.get(f"{BASE}/check")
    assert "They were calm and fair." in check.text or check.is_redirect
    # The phone sees what is newest, and is told where it came from.
    again = await client.get(page)
    assert "They were calm and fair." in again.text
    assert "on another device" in again.text


async def test_once_sent_the_code_opens_nothing(client, laptop, db):
    await answer_pages(client, BASE, FEEDBACK)
    code = await save_at(client, f"{BASE}/check")
    assert (await open_with(laptop, code)).url.path == f"{BASE}/check"
    reference = await send_answers(laptop, BASE)
    assert "were sent already" in (await open_with(laptop, code)).text
    back = await client.get(f"{BASE}/check")
    assert back.headers["location"].endswith(reference)
    assert await send_answers(client, BASE) == reference
    assert await db.the_connection.fetchval("SELECT count(*) FROM responses") == 1


async def test_only_a_digest_of_the_code_is_stored_and_nothing_that_was_typed(client, db):
    page = await begin(client)
    code = await save_at(client, page, **{"q-subject": "taser", "q-story": "A sentence of mine."})
    rows = await db.the_connection.fetch("SELECT * FROM drafts")
    stored = [row for row in rows if row["key_digest"] == key_digest(code)]
    assert len(stored) == 1
    assert code not in str(rows)
    assert "sentence of mine" not in str(rows)
    expires = stored[0]["expires_at"]
    assert (expires.minute, expires.second) == (0, 0)
    assert clock.local_day(expires) == clock.today() + datetime.timedelta(days=15)


async def test_two_clicks_and_a_lost_answer_give_the_same_code(client, app):
    page = await begin(client)
    before = dict(client.cookies)
    code = await save_at(client, page, **{"q-subject": "taser", "q-story": "Mine."})
    async with browser(app) as same:
        same.cookies.update(before)
        assert await save_at(same, page, **{"q-subject": "taser", "q-story": "Mine."}) == code
        assert "Mine." in (await same.get(page)).text


async def test_a_page_answered_on_both_devices_overwrites_nothing_silently(client, laptop):
    page = await begin(client)
    code = await save_at(client, page, **{"q-subject": "taser", "q-story": "First."})
    await open_with(laptop, code)
    on_the_phone = (await client.get(page)).text
    seen = re.search(r'name="seen" value="(\w+)"', on_the_phone)[1]
    on_the_laptop = (await laptop.get(page)).text
    there = re.search(r'name="seen" value="(\w+)"', on_the_laptop)[1]
    await laptop.post(page, data=STORY | {"q-story": "From the laptop.", "seen": there})
    refused = await client.post(page, data=STORY | {"q-story": "From the phone.", "seen": seen})
    assert refused.headers["location"] == page
    shown = (await client.get(page)).text
    assert "the answer there is newer" in shown
    assert "From the laptop." in shown
    assert "From the phone." in shown
    assert "From the laptop." in (await laptop.get(page)).text
    newest = re.search(r'name="seen" value="(\w+)"', shown)[1]
    onward = await client.post(page, data=STORY | {"q-story": "From the phone.", "seen": newest})
    assert onward.headers["location"] != page
    assert "From the phone." in (await laptop.get(page)).text


async def test_going_back_on_one_device_is_no_conflict(client):
    page = await begin(client)
    await save_at(client, page, **{"q-subject": "taser", "q-story": "First."})
    seen = re.search(r'name="seen" value="(\w+)"', (await client.get(page)).text)[1]
    for words in ("Second.", "Third."):  # the browser's Back shows the page as it was
        answer = await client.post(page, data=STORY | {"q-story": words, "seen": seen})
        assert answer.headers["location"] != page
    assert "Third." in (await client.get(page)).text


async def test_other_answers_in_the_browser_are_not_replaced_unasked(client, laptop):
    page = await begin(client)
    code = await save_at(client, page, **{"q-subject": "taser", "q-story": "Saved."})
    await begin(laptop)
    await laptop.post(page, data={"q-subject": "taser", "q-story": "Another person's."})
    asked = await open_with(laptop, code)
    assert "Which answers do you want to continue?" in asked.text
    assert "Another person&#39;s." in (await laptop.get(page)).text
    opened = await open_with(laptop, code, sure="yes")
    assert opened.url.path == page
    assert "Saved." in opened.text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Enter your code"),
        ("K7MT-2QXA", "typing mistake"),
        ("x" * 500, "typing mistake"),
        (resume_code(b"nobody's"), "does not work any more"),
    ],
)
async def test_a_code_that_opens_nothing_is_asked_again_and_kept(client, typed, said):
    wrong = await open_with(client, typed)
    assert wrong.url.path == "/continue"
    assert said in wrong.text
    assert f'value="{typed[:60]}"' in wrong.text or not typed


async def test_guesses_are_slowed_down(db):
    app = build(Settings(sign_ins_per_minute=10), db)
    async with browser(app) as client:
        answers = [
            await client.post("/continue", data={"resume_code": resume_code(b"%d" % n)})
            for n in range(40)
        ]
    assert answers[0].status_code == 303
    assert answers[-1].status_code == 429


async def test_the_code_can_be_closed_here_and_deleted_after_a_question(client, laptop, db):
    page = await begin(client)
    code = await save_at(client, page, **{"q-subject": "taser", "q-story": "Mine."})
    await client.post(f"{BASE}/saved")
    assert "We no longer have your answers" in (await client.get(page)).text
    assert (await open_with(client, code)).url.path == page
    asked = await client.post(BASE, data={"again": "yes"})
    assert "Your code then stops working." in asked.text
    assert "Mine." in (await client.get(page)).text
    await client.post(BASE, data={"again": "yes", "sure": "yes"})
    assert "does not work any more" in (await open_with(laptop, code)).text


async def test_what_is_not_finished_waits_as_it_was_typed_without_reproach(client, laptop):
    page = await begin(client)
    code = await save_at(client, page)
    opened = await open_with(laptop, code)
    assert opened.url.path == page
    assert "There is a problem" not in opened.text


async def test_a_complaint_is_saved_with_its_contact_and_a_correction_is_not(client, laptop, db):
    await answer_pages(client, "/complaints", COMPLAINT)
    code = await save_at(client, "/complaints/check")
    opened = await open_with(laptop, code)
    assert opened.url.path == "/complaints/check"
    assert await send_answers(laptop, "/complaints")
    assert await db.the_connection.fetchval("SELECT count(*) FROM complaints") == 1


async def test_saved_answers_go_on_after_the_keys_were_changed(app, client, laptop, db):
    page = await begin(client)
    code = await save_at(client, page, **{"q-subject": "taser", "q-story": "Before the change."})
    ring = app.state.keyring
    changed = Keyring([new_key(), *ring.keys])
    await upkeep.reseal_contacts(db.the_connection, changed)
    newest = Keyring(changed.keys[:1])
    found = await drafts.find_draft(db.the_connection, newest, code)
    assert found.answers["story"] == "Before the change."


async def test_staff_who_enter_a_complaint_are_not_offered_to_save_it(client, db):
    assert "Save and finish later" not in (await client.get("/complaints")).text
    page = (await client.post("/complaints", data={"answer": "E09000012"})).headers["location"]
    assert "Save and finish later" in (await client.get(page)).text
