"""Signed out in the builder: each of its forms is brought back after signing in again."""

import pytest
from lxml import html

from tests.api.pages.organiser.test_builder import CLUB, add_question, amina, club, read_revision
from tests.api.security.test_signed_out import send_signed_out, sign_in_again
from tests.people import AMINA

__all__ = ["amina", "club"]  # fixtures

FORMS = {
    "act": {"act": "add", "kind": "text", "words": "And then?"},
    "about": {"title-en": "Another title"},
    "bank": {"block": "taser-index"},
    "publish": {"listing": "unlisted"},
    "duplicate": {},
    "discard": {},
    "try": {},
}


@pytest.mark.parametrize("form", FORMS)
async def test_each_form_of_the_builder_is_done_after_signing_in_again(club, db, form):
    await add_question(club, "text", "Why?")
    sent = FORMS[form] | {"revision": await read_revision(club)}
    before = await send_signed_out(club, db, AMINA, f"{CLUB}/{form}", sent)
    assert before.headers["location"] == "/sign-in?ended=yes"
    again = await sign_in_again(club, db, AMINA[0])
    assert again.headers["location"] == "/work/unsent"
    page = html.fromstring((await club.get("/work/unsent")).text)
    (waiting,) = [one for one in page.forms if one.action == "/work/unsent"]
    fields = dict(waiting.form_values()) | {"unsent": "save"}
    onward = await club.post("/work/unsent", data=fields)
    assert onward.status_code == 307
    assert onward.headers["location"] == f"{CLUB}/{form}"
    done = await club.post(onward.headers["location"], data=fields)
    assert done.status_code == 303, done.text
    assert "sign-in" not in done.headers["location"]


@pytest.mark.parametrize("act", ["up", "down", "undo"])
async def test_a_button_by_script_leads_the_whole_page_to_the_sign_in(club, db, act):
    """A script that followed a redirect itself would find no builder there, and show nothing."""
    sent = {"act": act, "revision": await read_revision(club)}
    headers = {"HX-Request": "true"}
    answer = await send_signed_out(club, db, AMINA, f"{CLUB}/act", sent, headers=headers)
    assert (answer.status_code, answer.headers["hx-redirect"]) == (204, "/sign-in?ended=yes")
    again = await sign_in_again(club, db, AMINA[0])
    assert again.headers["location"] == "/work/unsent"
