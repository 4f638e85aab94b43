"""Two people with a letter each answer in one browser: neither replaces the draft of the other."""

import re

import pytest

from survey.store.surveys import instruments
from survey.surveys.ready import load_ready_instruments
from tests.api.pages.resident.test_resident_pages import draft_row

BASE = "/surveys/taser-trial"
FIRST, SECOND = "ABCD2345", "ABCD2346"
HACKNEY, BRENT = "E09000012", "E09000005"


@pytest.fixture
async def begun(db, client):
    """A browser in which the first person has begun and said where they live."""
    sampled = next(one for one in load_ready_instruments() if one.mode == "sampled")
    drawn = [(f"{code[:4]}-{code[4:]}", "inner", "u1", 0.01) for code in (FIRST, SECOND)]
    await instruments.insert_invitations(db.the_connection, sampled, drawn)
    await client.post(BASE, data={"code": FIRST, "answer": HACKNEY})
    return client


def hidden_fields(page):
    return dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page.text))


async def stored_code(client, db):
    return (await draft_row(client, db, BASE)).access_code


async def test_another_persons_code_is_no_reason_to_replace_a_draft(begun, db):
    asked = await begun.post(BASE, data={"code": SECOND, "answer": BRENT})
    assert asked.status_code == 200
    assert "You started this in this browser and have not sent it" in asked.text
    assert await stored_code(begun, db) == FIRST
    onward = await begun.post(BASE, data=hidden_fields(asked) | {"go_on": "yes"})
    assert onward.headers["location"].startswith(f"{BASE}/")
    assert await stored_code(begun, db) == FIRST


async def test_whoever_starts_again_is_asked_first_and_begins_with_their_own_code(begun, db):
    asked = await begun.post(BASE, data={"code": SECOND, "answer": BRENT})
    sure = await begun.post(BASE, data=hidden_fields(asked) | {"again": "yes"})
    assert "Delete what you entered?" in sure.text
    assert await stored_code(begun, db) == FIRST
    onward = await begun.post(BASE, data=hidden_fields(sure) | {"again": "yes"})
    assert onward.status_code == 303
    draft = await draft_row(begun, db, BASE)
    assert (draft.access_code, draft.area) == (SECOND, BRENT)
    assert await db.the_connection.fetchval("SELECT count(*) FROM drafts") == 1


async def test_for_a_code_that_opens_nothing_no_draft_is_deleted(begun, db):
    wrong = {"code": "NBCD-2345-6789", "answer": BRENT}
    said = await begun.post(BASE, data=wrong)
    assert "wrong or was used before" in said.text
    said = await begun.post(BASE, data=wrong | {"again": "yes", "sure": "yes"})
    assert "wrong or was used before" in said.text
    assert await stored_code(begun, db) == FIRST


async def test_a_code_from_the_home_page_replaces_no_draft_either(begun, db):
    asked = await begun.post("/access-code", data={"code": SECOND}, follow_redirects=True)
    assert "You started this in this browser" in asked.text
    assert await stored_code(begun, db) == FIRST
    sure = await begun.post(BASE, data=hidden_fields(asked) | {"again": "yes"})
    onward = await begun.post(
        BASE, data=hidden_fields(sure) | {"again": "yes"}, follow_redirects=True
    )
    # The borough is asked next, and the code waits in its field.
    assert SECOND in onward.text
