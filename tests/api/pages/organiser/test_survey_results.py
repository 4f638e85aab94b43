"""What an organiser sees of responses: one sentence if there are none, charts, exports in words."""

import csv
import io
import zipfile

import pytest
from lxml import html

from api.operations.answers import submissions
from api.operations.exports import FORMATS
from survey.store.surveys import instruments
from survey.surveys.responses import Submission
from tests.api.operations.exports.test_answer_tables import FIRST, SECOND
from tests.api.pages.forms import send, token_on
from tests.api.pages.organiser.test_builder import (
    CLUB,
    add_question,
    amina,
    club,
    edit_question,
    publish,
    write_question,
)
from tests.conftest import roll_back_at_end
from tests.people import JOAN
from tests.stored.answers import end_their_hour

__all__ = ["amina", "club"]  # fixtures
SURVEY = "/work/surveys/police-in-our-estate"
CHILDREN = [{"age": 3, "name": "Ann", "likes": ["y"]}, {"age": 5}]


@pytest.fixture
async def db(connection):
    """As in conftest, but repeatable read: an export opens a transaction at that level."""
    async with roll_back_at_end(connection, "repeatable_read") as one:
        yield one


@pytest.fixture
async def published(club):
    await write_question(
        club, "choice", "Do you feel safe?", option__1__en="Always", option__2__en="Never"
    )
    await write_question(
        club, "choices", "What did you see?", option__1__en="A van", option__2__en="A dog"
    )
    await write_question(club, "agreement", "They listen")
    name = await add_question(club, "range", "How much do you trust them?")
    await edit_question(club, name, low="0", high="10", step="1")
    await write_question(club, "text", "Why?")
    await publish(club)
    return club


def page_text(answer):
    return " ".join(html.fromstring(answer.text).text_content().split())


async def submit_answers(db, number):
    answers = {"do_you_feel_safe": "never", "what_did_you_see": ["a_van", "a_dog"],
               "they_listen": 4, "how_much_do_you_trust": 7, "why": "Because"}  # fmt: skip
    for _ in range(number):
        sent = Submission(area="Hackney", answers=answers)
        await submissions.submit_response(db, "police-in-our-estate", sent)
    await end_their_hour(db.the_connection, "police-in-our-estate")


async def test_a_survey_without_answers_says_so_once_and_gives_the_whole_address(published):
    page = await published.get(f"{SURVEY}?done=published")
    said = page_text(page)
    assert "No answers to show yet: share the link." in said
    (address,) = html.fromstring(page.text).xpath("//input[@id='address']/@value")
    assert address.startswith("http")
    assert address.endswith("/surveys/police-in-our-estate")


async def test_answers_are_exported_in_words(published, db):
    await submit_answers(db, 2)
    answer = await published.get(f"{SURVEY}/answers.csv?words=yes")
    assert "-words-" in answer.headers["content-disposition"]
    row, _ = csv.DictReader(io.StringIO(answer.text, newline=""))
    assert row["Borough"] == "Hackney"
    assert row["Do you feel safe?"] == "Never"
    assert row["What did you see?"] == "A van; A dog"
    assert (row["What did you see? – A van"], row["Row"]) == ("1", "1")
    assert row["They listen"] == "Agree"
    assert "Because" not in answer.text
    codes = (await published.get(f"{SURVEY}/answers.csv")).text
    assert "do_you_feel_safe" in codes
    assert "never" in codes


async def test_a_repeat_is_a_table_of_a_zip_and_earlier_answers_come_as_given(signed_in, db):
    await instruments.insert(db.the_connection, FIRST)
    sent = Submission(area="Hackney", answers={"mood": "ok", "child": CHILDREN})
    await submissions.submit_response(db, FIRST.slug, sent)
    await end_their_hour(db.the_connection, FIRST.slug)
    await instruments.insert(db.the_connection, SECOND)
    joan = await signed_in(JOAN)
    file = "/work/surveys/seen/answers.zip"
    page = html.fromstring((await joan.get("/work/surveys/seen")).text)
    assert f"{file}?words=yes" in page.xpath("//main//a/@href")
    links = [f"{file}{asked}" for asked in ("?words=yes", "", "?as-answered=yes&words=yes",
                                            "?as-answered=yes")]  # fmt: skip
    said = page_text(await joan.get("/work/surveys/seen"))
    assert "“Children” was asked several times. So the download is a ZIP file" in said
    moods = [
        ("How do you feel?", "Fine"),
        ("feeling", "good"),
        ("Your mood", "So so"),
        ("mood", "ok"),
    ]
    for link, (head, mood) in zip(links, moods, strict=True):
        answer = await joan.get(link)
        assert answer.headers["content-type"] == "application/zip"
        with zipfile.ZipFile(io.BytesIO(answer.content)) as parts:
            assert parts.namelist() == ["answers.csv", "answers-child.csv"]
            tables = [parts.read(name).decode() for name in parts.namelist()]
        (row,), rounds = (list(csv.DictReader(io.StringIO(text, newline=""))) for text in tables)
        assert row[head] == mood
        assert len(rounds) == 2
        assert "Ann" not in "".join(tables)


async def test_a_short_range_is_a_scale_to_choose_from(published):
    base = "/surveys/police-in-our-estate"
    page = await published.get(base)
    form = next(one for one in html.fromstring(page.text).forms if one.action == base)
    answer = await published.post(base, data=dict(form.form_values()) | {"answer": "E09000012"})
    here = answer.headers["location"]
    for value in ("never", "a_van", "4"):
        answer = await published.post(here, data={"answer": value})
        here = answer.headers["location"]
    page = html.fromstring((await published.get(here)).text)
    assert page.xpath("//input[@type='radio']/@value") == [str(n) for n in range(11)]
    await published.post(here, data={"answer": "7"})
    page = html.fromstring((await published.get(here)).text)
    assert page.xpath("//input[@checked]/@value") == ["7"]


async def test_a_survey_file_that_is_too_large_is_said_to_be_that(club):
    token = await token_on(club, "/work/builder")
    files = {"file": ("big.xlsx", io.BytesIO(b"x" * 6_000_000), "application/octet-stream")}
    answer = await club.post("/work/builder/import", data={"_csrf_token": token}, files=files)
    assert answer.status_code == 413
    assert "This file is larger than 5 MB" in answer.text


async def test_a_survey_without_questions_says_what_to_do(club):
    said = page_text(await club.get(f"{CLUB}/publish"))
    assert "The survey has no questions yet. Add one, then publish" in said
    assert "items" not in said
    form = {"revision": "1", "listing": "unlisted"}
    refused = await send(club, f"{CLUB}/publish", form)
    assert refused.status_code == 422
    assert "You cannot publish it yet: correct what is listed below" in page_text(refused)
    assert "faults" not in page_text(refused)


async def test_the_page_offers_each_format_and_its_form_downloads_it(published, db):
    await submit_answers(db, 2)
    page = html.fromstring((await published.get(f"{SURVEY}/take-away")).text)
    assert page.xpath("//input[@name='format']/@value") == [*FORMATS]
    assert f"{SURVEY}/take-away" in (await published.get(SURVEY)).text
    form = next(one for one in page.forms if one.action.endswith("/take-away/file"))
    refused = await published.get(form.action)
    assert refused.status_code == 422
    assert "Select a format" in page_text(refused)
    assert html.fromstring(refused.text).xpath("//a[@href='#format']")
    sent = dict(form.form_values())
    for name, one in FORMATS.items():
        answer = await published.get(form.action, params=sent | {"format": name})
        assert answer.status_code == 200
        assert f".{one.ending}" in answer.headers["content-disposition"]
        assert b"Because" not in answer.content
        assert ("-words-" in answer.headers["content-disposition"]) == one.has_words


async def test_the_data_dictionary_is_a_pdf_and_ddi(published):
    pdf = await published.get(f"{SURVEY}/dictionary.pdf")
    assert pdf.content.startswith(b"%PDF")
    ddi = await published.get(f"{SURVEY}/dictionary.xml")
    assert b"Do you feel safe?" in ddi.content
