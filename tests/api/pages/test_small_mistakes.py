"""Common slips in forms, and how the pages answer them."""

import html
import re

import httpx
import msgspec
import pytest

from api import clock
from api.app import build
from api.security.keyring import new_key
from api.settings import Settings
from tests.api.pages.forms import asked_again, page_again, send
from tests.api.pages.resident.test_following import WORDS, begin_complaint, open_case
from tests.api.pages.resident.test_resident_pages import (
    COMPLAINT,
    FEEDBACK,
    answer_pages,
    draft_row,
)
from tests.conftest import OneConnection
from tests.stored.complaint_forms import create_case

WHAT = {"q-narrative": WORDS, "q-when_known": "about"}


def date_fields(day, month, year):
    return {
        "q-happened_on-day": day,
        "q-happened_on-month": month,
        "q-happened_on-year": year,
    }


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        (("10", "December", "2007"), "2007-12-10"),
        (("10", "dec.", "2007"), "2007-12-10"),
        (("10", "ديسمبر", "2007"), "2007-12-10"),
        (("1", "2", "19"), "2019-02-01"),
        (("1", "2", "99"), "1999-02-01"),
    ],
)
async def test_a_date_is_read_as_people_write_it(client, db, typed, day):
    await begin_complaint(client)
    onward = await client.post("/complaints/what", data=WHAT | date_fields(*typed))
    assert onward.status_code == 303
    assert (await draft_row(client, db, "/complaints")).answers["happened_on"] == day


@pytest.mark.parametrize(
    ("step", "fields", "sentence"),
    [
        ("what", WHAT | {"q-when_known": "exact"}, "Enter the day, or say that you are not sure"),
        (
            "what",
            WHAT | {"q-when_known": "unknown"} | date_fields("1", "2", "2007"),
            "You entered a day and said that you do not know when",
        ),
        ("for_whom", {"q-harm": ["injury", "none"]}, "You selected No and something that happened"),
        ("matter", {}, "Select what your complaint is about"),
        ("what", {"q-narrative": ""}, "Tell us what happened"),
    ],
)
async def test_contradictions_and_gaps_are_asked_about(client, step, fields, sentence):
    await begin_complaint(client)
    page = await asked_again(client, f"/complaints/{step}", data=fields)
    assert sentence in page.text


async def test_a_child_is_not_asked_to_be_quoted_and_reads_whom_to_call(client, db):
    check = await answer_pages(
        client, "/surveys/feedback", FEEDBACK | {"about": {"q-age": "under_16"}}
    )
    assert "may_quote" not in check.text
    assert "0800 1111" in check.text
    await client.post("/surveys/feedback/send", data={"may_quote": "yes"})
    assert await db.the_connection.fetchval("SELECT may_quote FROM responses") == "no"


async def test_all_contact_details_are_on_the_check_page(client):
    contact = {"email": "me@example.org", "name": "Jo by the bakery", "language": "Somali"}
    check = await answer_pages(client, "/complaints", COMPLAINT | {"contact": contact})
    assert all(detail in check.text for detail in contact.values())


async def test_a_case_says_what_is_missing_and_until_when_it_is_locked(client, db):
    receipt = await create_case(db)
    empty = await send(client, "/case", {"number": "", "passphrase": ""}, page="/case")
    assert "Enter your case number" in empty.text
    assert "Enter your passphrase" in empty.text
    number = {"number": receipt.reference, "passphrase": ""}
    assert "Enter your passphrase" in (await send(client, "/case", number, page="/case")).text
    wrong = number | {"passphrase": "six words that are all wrong"}
    for _ in range(11):
        page = await send(client, "/case", wrong, page="/case")
    until = re.search(r"Try again after (\d\d):(\d\d)", page.text)
    now = clock.now()
    minutes = (int(until[1]) - now.hour) * 60 + int(until[2]) - now.minute
    assert 55 <= minutes % (24 * 60) <= 62


async def test_a_correction_can_be_cancelled(client, db):
    receipt = await create_case(db)
    await open_case(client, receipt)
    await send(client, "/case/correct", {}, page="/case")
    check = await client.get("/complaints/check")
    assert "Check your changes before you send them" in check.text
    cancelled = await client.post("/complaints", data={"again": "yes"})
    assert cancelled.headers["location"] == "/case"
    assert "Start now" in (await client.get("/complaints")).text
    assert WORDS in (await client.get("/case")).text


async def test_another_language_keeps_what_was_typed_and_saves_nothing(client, db):
    await begin_complaint(client)
    before = await draft_row(client, db, "/complaints")
    page = await client.get("/complaints/what")
    assert 'formaction="?lang=ar"' in page.text
    typed = {"q-narrative": "Half a sent", "q-when_known": "about", "only": "language"}
    sent = await client.post("/complaints/what?lang=ar", data=typed)
    arabic = await page_again(client, sent, "/complaints/what")
    assert 'dir="rtl"' in arabic.text
    assert "Half a sent</textarea>" in arabic.text
    assert re.search(r'value="about"[^>]* checked', arabic.text)
    assert "/complaints/what?lang" not in arabic.text
    after = await draft_row(client, db, "/complaints")
    assert msgspec.structs.replace(after, refused={}) == before
    assert "Half a sent" not in str(after)
    assert 'dir="rtl"' in (await client.get("/complaints/matter")).text


FORMS = {
    "/surveys/feedback": {"answer": "", "postcode": "nowhere"},
    "/access-code": {"code": "no code"},
    "/case": {"number": "no number", "passphrase": "secret words"},
    "/complaints/what": {"q-narrative": "A" * 10_001, "q-place": "Here", "q-happened_on-day": "99"},
    "/complaints/contact": {"email": "no address", "name": "Jo", "phone": "1", "address": "Here"},
    "/subscribe": {"email": "no address"},
}


@pytest.mark.parametrize(("address", "typed"), FORMS.items())
async def test_every_form_that_refuses_keeps_what_was_typed(able, address, typed):
    """All except a passphrase, which is never sent back to a screen."""
    await able.post("/complaints", data={"answer": "E09000012", "postcode": ""})
    refused = await send(able, address, typed, page="/case")
    if address not in ("/case", "/subscribe"):
        refused = await page_again(able, refused, address)
    shown = html.unescape(refused.text)
    fields = {name: text in shown for name, text in typed.items() if name != "passphrase"}
    assert all(fields.values()), fields
    assert "secret words" not in shown


@pytest.fixture(scope="module")
def mailing():
    """An installation that sends mail."""
    settings = Settings(smtp_host="127.0.0.1", smtp_sender="a@example.org", contact_keys=new_key())
    return build(settings, OneConnection(None))


@pytest.fixture
async def able(mailing, db):
    """A visitor's browser on an installation that sends mail."""
    mailing.state.database = db
    transport = httpx.ASGITransport(mailing)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client
