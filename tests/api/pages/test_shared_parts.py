"""Only what is the same for everyone is rendered once: no answer and no typed word is stored."""

import pytest

from api.pages import public_copies
from api.pages.public_copies import PARTS
from survey.store.surveys import instruments
from survey.surveys.instruments import Instrument, Option, SelectOne, Text
from tests.api.pages.resident.test_resident_pages import FEEDBACK, answer_pages
from tests.api.pages.resident.test_resident_pages import code as code
from tests.api.pages.watching import statements_of

AREA_ASKED = "Which borough do you live in?"
ROBIN = "Robin-of-Locksley"


def survey(version, question):
    return Instrument(
        slug="names",
        kind="survey",
        version=version,
        title={"en": "Names"},
        summary={"en": "A survey."},
        mode="open",
        items=(
            Text(name="name", text={"en": "Your name?"}, required=True, most=100),
            SelectOne(
                name="better",
                text={"en": question},
                options=(
                    Option(name="yes", text={"en": "Yes"}),
                    Option(name="no", text={"en": "No"}),
                ),
            ),
        ),
    )


@pytest.fixture(autouse=True)
def empty():
    PARTS.clear()


def stored_words():
    return "\n".join(map(str, [*PARTS.items()]))


async def test_a_question_is_laid_out_once_for_all_who_have_not_answered(
    client, db, app, monkeypatch
):
    first = await answer_pages(client, "/surveys/feedback", FEEDBACK, until="feedback")
    known = set(PARTS)
    assert any(key[1] == "question" for key in known)
    client.cookies.clear()
    second = await answer_pages(client, "/surveys/feedback", FEEDBACK, until="feedback")
    assert second.text == first.text
    assert set(PARTS) == known


async def test_what_was_typed_and_chosen_is_in_no_stored_part(client, db):
    start = await answer_pages(client, "/surveys/feedback", FEEDBACK, until="feedback")
    typed = {"q-subject": "taser", "q-story": ROBIN, "decline": "yes"}
    await client.post(start.url, data=typed, follow_redirects=True)
    page = (await client.get(start.url)).text
    assert ROBIN in page
    assert "checked" in page
    assert ROBIN not in stored_words()
    assert " checked" not in stored_words()
    # And who comes next finds an empty page.
    client.cookies.clear()
    fresh = (await answer_pages(client, "/surveys/feedback", FEEDBACK, until="feedback")).text
    assert ROBIN not in fresh
    assert " checked" not in fresh


async def test_a_refused_page_is_one_persons(client, db):
    start = await answer_pages(client, "/surveys/feedback", FEEDBACK, until="feedback")
    known = set(PARTS)
    page = await client.post(start.url, data={"q-story": ROBIN}, follow_redirects=True)
    assert "There is a problem" in page.text
    assert set(PARTS) == known


async def test_words_with_an_earlier_answer_in_them_are_one_persons(client, db):
    await instruments.insert(db.the_connection, survey(1, "Is it better, ${name}?"))
    pages = {"borough": FEEDBACK["borough"], "name": {"answer": ROBIN}}
    page = await answer_pages(client, "/surveys/names", pages, until="better")
    assert f"Is it better, {ROBIN}?" in page.text
    assert ROBIN not in stored_words()


async def test_a_new_version_of_a_survey_shows_its_own_words(client, db):
    pages = {"borough": FEEDBACK["borough"], "name": {"answer": ROBIN}}
    for version, question in ((1, "Is it better?"), (2, "Was it better?")):
        await instruments.insert(db.the_connection, survey(version, question))
        client.cookies.clear()
        page = await answer_pages(client, "/surveys/names", pages, until="better")
        assert question in page.text


async def test_the_borough_is_a_heading_of_its_page_after_it_was_on_a_first_page(client, code):
    sampled = "/surveys/taser-trial"
    first = await client.get(sampled)
    assert f">{AREA_ASKED}</h2>" in first.text
    await client.post(sampled, data={"code": code})
    page = await client.get(f"{sampled}/borough")
    assert f">{AREA_ASKED}</h1>" in page.text


def test_no_more_parts_are_stored_than_fit(monkeypatch):
    monkeypatch.setattr(public_copies, "MOST_PARTS", 3)
    for number in range(5):
        public_copies.shared_part((str(number),), lambda: "words")
    assert [key[1] for key in PARTS] == ["2", "3", "4"]
    assert public_copies.shared_part(None, lambda: "mine") == "mine"
    assert len(PARTS) == 3


async def test_a_question_page_takes_one_statement_and_an_answer_two(client, db):
    start = await answer_pages(client, "/surveys/feedback", FEEDBACK, until="feedback")
    assert len(await statements_of(db, client.get(start.url))) == 1
    answer = client.post(start.url, data=FEEDBACK["feedback"])
    assert len(await statements_of(db, answer)) == 2
