"""The first page of a survey asks for the borough and access code, and keeps what was typed."""

import re

import msgspec
import pytest
from lxml import html

from api.pages.organiser.builder.drafts import survey_length
from survey.receipts import case_number
from survey.store.surveys import instruments
from survey.surveys.ready import load_ready_instruments, load_templates
from tests.api.pages.forms import asked_again
from tests.api.pages.resident.test_resident_pages import draft_row

CODE = "ABCD-2345"
FEEDBACK = "/surveys/feedback"
BY_LETTER = "/surveys/taser-trial"


@pytest.fixture
async def letter(db):
    sampled = next(one for one in load_ready_instruments() if one.mode == "sampled")
    await instruments.insert_invitations(db.the_connection, sampled, [(CODE, "inner", "u1", 0.01)])


def value_on(page, name):
    field = re.search(rf'<input [^>]*name="{name}"[^>]*>', page.text)[0]
    found = re.search(r'value="([^"]*)"', field)
    return found[1] if found else ""


async def test_the_borough_is_asked_on_the_first_page(client, db):
    begun = await client.post(FEEDBACK, data={"answer": "E09000012", "postcode": ""})
    assert begun.status_code == 303
    assert not begun.headers["location"].endswith("/borough")
    assert (await draft_row(client, db, FEEDBACK)).area == "E09000012"


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"answer": "", "postcode": ""}, "answer"),
        ({"answer": "", "postcode": "M1 1AA"}, "postcode"),
        ({"answer": "E09000030", "postcode": "E8 1EA"}, "postcode"),
    ],
)
async def test_a_wrong_borough_is_said_there_and_nothing_is_begun(client, db, fields, at):
    wrong = await asked_again(client, FEEDBACK, data=fields)
    assert f'<a href="#{at}">' in wrong.text
    assert value_on(wrong, "postcode") == fields["postcode"]
    assert not fields["answer"] or f'value="{fields["answer"]}" selected' in wrong.text
    assert "Continue where you were" not in wrong.text
    assert (
        fields["postcode"] not in str(await draft_row(client, db, FEEDBACK))
        or not fields["postcode"]
    )


async def test_a_postcode_on_a_border_is_no_mistake(client, db):
    """Even a whole postcode: its boroughs are offered, and choosing one is enough."""
    shared = await asked_again(client, FEEDBACK, data={"answer": "", "postcode": "se1 7pb"})
    assert "There is a problem" not in shared.text
    assert "SE1 7PB is in more than one borough" in shared.text
    again = await asked_again(client, FEEDBACK, data={"postcode": "se1 7pb", "shared": "yes"})
    assert "Select the borough" in again.text
    fields = {"postcode": "se1 7pb", "shared": "yes", "answer": "E09000022"}
    assert (await client.post(FEEDBACK, data=fields)).status_code == 303
    assert (await draft_row(client, db, FEEDBACK)).area == "E09000022"


async def test_one_field_for_a_code_finds_its_survey(client, db, letter):
    """From the front page to the survey's first page, which keeps the code and asks the rest."""
    found = await client.post("/access-code", data={"code": "abcd 2345"}, follow_redirects=True)
    assert found.status_code == 200
    assert found.url.path == BY_LETTER
    assert value_on(found, "code") == "abcd 2345"
    assert "There is a problem" not in found.text
    fields = {"code": "abcd 2345", "answer": "E09000012"}
    begun = await client.post(BY_LETTER, data=fields)
    assert begun.status_code == 303
    assert not begun.headers["location"].endswith(("/access-code", "/borough"))
    row = await draft_row(client, db, BY_LETTER)
    assert (row.access_code, row.area) == ("ABCD2345", "E09000012")
    again = await client.post("/access-code", data={"code": CODE}, follow_redirects=True)
    assert again.url.path == f"{BY_LETTER}/check"  # what was begun goes on


@pytest.mark.parametrize("typed", ["", "nonsense", "x" * 300, "ÄÖ\x00"])
async def test_a_code_that_opens_nothing_is_asked_again_and_kept(client, typed):
    assert "Access code" in (await client.get("/access-code")).text
    wrong = await asked_again(client, "/access-code", data={"code": typed})
    assert '<a href="#code">' in wrong.text
    assert value_on(wrong, "code") == typed.replace("\x00", "")[:200]


async def test_a_wrong_code_on_the_first_page_loses_no_borough(client, letter):
    wrong = await asked_again(client, BY_LETTER, data={"code": "wrong", "answer": "E09000012"})
    assert '<a href="#code">' in wrong.text
    assert 'value="E09000012" selected' in wrong.text


async def test_a_process_that_has_not_heard_of_a_new_version_asks_its_questions(
    client, db, monkeypatch
):
    begun = await client.post(FEEDBACK, data={"answer": "E09000012"})
    before = await instruments.get(db.the_connection, "feedback")
    new = msgspec.structs.replace(
        before[0], version=before[0].version + 1, title={"en": "What do you think now?"}
    )
    await instruments.insert(db.the_connection, new)
    # Another process moved the draft on, while this one still remembers the version of before.
    assert "What do you think now?" in (await client.get(begun.headers["location"])).text
    await client.post(begun.headers["location"], data={"q-story": "Calm."})

    load = db.load_noticed

    async def remember(read, key):
        return before if read is instruments.get else await load(read, key)

    monkeypatch.setattr(db, "load_noticed", remember)
    assert "What do you think now?" in (await client.get(begun.headers["location"])).text
    assert (await draft_row(client, db, FEEDBACK)).version == new.version


async def test_a_case_number_in_the_field_of_codes_leads_to_the_case(client):
    page = await client.post(
        "/access-code", data={"code": case_number("2345678")}, follow_redirects=True
    )
    assert "If it is your case number" in page.text
    main = html.fromstring(page.text).xpath("//main//a/@href")
    assert "/case" in main
    other = await client.post("/access-code", data={"code": "nothing"}, follow_redirects=True)
    assert "case number" not in html.fromstring(other.text).xpath("string(//main)")


@pytest.mark.parametrize("template", load_templates(), ids=lambda one: one.slug)
async def test_residents_read_the_minutes_that_organisers_read(client, db, template):
    await instruments.insert(db.the_connection, template)
    page = html.fromstring((await client.get(f"/surveys/{template.slug}")).text)
    said = page.xpath("string(//main)")
    assert f"about {survey_length(template).minutes} minutes" in said
