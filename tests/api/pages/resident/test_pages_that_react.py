"""Questions, options and wording follow the answers given so far; nobody gets stuck."""

import re

import pytest

from survey.store.surveys import instruments
from survey.surveys.instruments import (
    Calculate,
    Consent,
    Date,
    Instrument,
    Integer,
    Note,
    Option,
    QuestionGroup,
    QuestionPage,
    Repeat,
    SelectOne,
    Text,
)
from tests.api.pages.forms import asked_again
from tests.stored.answers import load_answers

BASE = "/surveys/reacts"
HOME = ("borough", {"answer": "E09000012"})


def select_one(name, *names, **more):
    options = tuple(Option(one, {"en": one.capitalize()}) for one in names)
    return SelectOne(name=name, text={"en": f"Which {name}?"}, options=options, **more)


def integer(name, **more):
    return Integer(name=name, text={"en": f"How many {name}?"}, **more)


def free_text(name, **more):
    return Text(name=name, text={"en": f"What {name}?"}, long=False, **more)


TOWNS = (
    Option("bow", {"en": "Bow"}, traits={"side": "east"}),
    Option("acton", {"en": "Acton"}, traits={"side": "west"}),
    Option("ealing", {"en": "Ealing"}, traits={"side": "west"}),
)


@pytest.fixture
async def begun(client, db):
    async def begin(*items):
        survey = Instrument(
            slug="reacts", version=1, mode="open", kind="survey", title={"en": "Reacts"},
            summary={}, items=items,
        )  # fmt: skip
        await instruments.insert(db.the_connection, survey)
        await client.post(BASE)
        await answer_page(client, *HOME)
        return client

    return begin


async def answer_page(client, step, form):
    answer = await client.post(f"{BASE}/{step}", data=form)
    assert answer.status_code == 303, main_text(answer.text)[:900]
    return answer.headers["location"].removeprefix(f"{BASE}/")


async def refuse_on(client, step, form):
    """The words of a page that is asked again."""
    return main_text((await asked_again(client, f"{BASE}/{step}", data=form)).text)


async def page_words(client, step):
    answer = await client.get(f"{BASE}/{step}")
    assert answer.status_code == 200
    return main_text(answer.text)


def main_text(page):
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page.partition("<main")[2]))


async def stored_answers(db):
    (row,) = await load_answers(db.the_connection, "reacts")
    return row.answers


async def test_words_hold_what_was_worked_out_and_the_answers_of_the_round(begun):
    client = await begun(
        select_one("side", "east", "west"),
        Date(name="day", text={"en": "Which day?"}),
        integer("adults"),
        Calculate(name="all", calculation="${adults} + 1"),
        Note(name="sum", text={"en": "You have ${all} in all, in the ${side}, on ${day}."}),
        Repeat(
            name="person",
            text={"en": "Person"},
            count="1",
            items=(
                free_text("name", required=True),
                integer("age", relevant="${name} != ''"),
                Calculate(name="next", calculation="${age} + 1"),
                free_text("job", relevant="${age} > 17",
                     hint={"en": "What ${name} will do at ${next}, ${extra}."}),
            ),
        ),
        free_text("extra"),
    )  # fmt: skip
    await answer_page(client, "side", {"answer": "west"})
    await answer_page(
        client, "day", {"answer-day": "9", "answer-month": "11", "answer-year": "2026"}
    )
    assert await answer_page(client, "adults", {"answer": "2"}) == "person.1"
    page = await page_words(client, "person.1")
    assert "You have 3 in all, in the West, on 9 November 2026." in page
    assert await answer_page(client, "person.1", {"q-name": "Ann"}) == "person.1"
    assert await answer_page(client, "person.1", {"q-name": "Ann", "q-age": "40"}) == "person.1"
    assert "What Ann will do at 41, …." in await page_words(client, "person.1")


async def test_a_filtered_question_of_the_same_page_is_asked_once_there_are_options(begun, db):
    client = await begun(
        QuestionPage(
            name="place",
            text={"en": "Place"},
            items=(
                select_one("side", "east", "west", required=True),
                SelectOne(name="town", text={"en": "Which town?"}, options=TOWNS, required=True,
                       filter="side = ${side}"),
            ),
        )
    )  # fmt: skip
    assert "Which town?" not in await page_words(client, "place")
    assert await answer_page(client, "place", {"answer": "west", "q-side": "west"}) == "place.2"
    page = await page_words(client, "place.2")
    assert "Acton" in page
    assert "Bow" not in page
    assert await answer_page(client, "place.2", {"answer": "ealing"}) == "check"
    await client.post(f"{BASE}/send", data={})
    assert await stored_answers(db) == {"side": "west", "town": "ealing"}


async def test_a_question_without_any_option_left_is_passed_over(begun, db):
    client = await begun(
        select_one("side", "east", "north", required=True),
        SelectOne(name="town", text={"en": "Which town?"}, options=TOWNS, required=True,
               filter="side = ${side}"),
    )  # fmt: skip
    assert await answer_page(client, "side", {"answer": "north"}) == "check"
    await client.post(f"{BASE}/send", data={})
    assert await stored_answers(db) == {"side": "north"}


async def test_a_question_that_takes_the_place_of_another_is_asked(begun):
    client = await begun(
        QuestionPage(
            name="both",
            text={"en": "Both"},
            items=(
                select_one("seen", "yes", "no"),
                free_text("where", relevant="${seen} = 'yes'"),
                free_text("why", relevant="${seen} = 'no'"),
            ),
        )
    )
    assert await answer_page(client, "both", {"q-seen": "yes"}) == "both.2"
    assert "What where?" in await page_words(client, "both.2")
    assert await answer_page(client, "both", {"q-seen": "no"}) == "both.2"
    assert "What why?" in await page_words(client, "both.2")
    assert await answer_page(client, "both.2", {"skip": "yes"}) == "check"


async def test_in_a_round_a_page_is_shown_again_with_what_its_answers_changed(begun):
    client = await begun(
        Repeat(
            name="person",
            text={"en": "Person"},
            count="1",
            items=(
                select_one("side", "east", "west"),
                SelectOne(name="town", text={"en": "Which town?"}, options=TOWNS,
                       filter="side = ${side}"),
                free_text("why", relevant="${side} = 'east'"),
                free_text("how", relevant="${side} = 'west'"),
            ),
        )
    )  # fmt: skip
    assert await answer_page(client, "person.1", {"q-side": "west"}) == "person.1"
    assert "What how?" in await page_words(client, "person.1")
    assert await answer_page(client, "person.1", {"q-side": "east", "q-how": "x"}) == "person.1"
    page = await page_words(client, "person.1")
    assert ("What why?" in page, "Bow" in page, "Acton" in page) == (True, True, False)
    assert await answer_page(client, "person.1", {"q-side": "east", "q-town": "bow"}) == "check"


async def test_a_question_that_a_later_answer_makes_needed_is_asked_again(begun, db):
    client = await begun(
        free_text("name", required_when="${old} > 17"),
        integer("old"),
    )
    assert await answer_page(client, "name", {"skip": "yes"}) == "old"
    assert await answer_page(client, "old", {"answer": "20"}) == "check"
    sent_to = await client.get(f"{BASE}/check")
    assert sent_to.headers["location"] == f"{BASE}/name"
    assert "Skip this question" not in await page_words(client, "name")
    assert "Enter an answer to ‘What name?’" in await refuse_on(client, "name", {"skip": "yes"})
    await answer_page(client, "name", {"answer": "Ann"})
    await client.post(f"{BASE}/send", data={})
    assert await stored_answers(db) == {"old": 20}


async def test_a_note_that_has_to_be_answered_bars_the_way_and_says_why(begun):
    client = await begun(
        integer("days"),
        Note(name="too_many", text={"en": "A week has 7 days."}, relevant="${days} > 7",
             required=True),
        free_text("why"),
    )  # fmt: skip
    assert await answer_page(client, "days", {"answer": "9"}) == "too_many"
    refused = await refuse_on(client, "too_many", {})
    assert "Change an earlier answer before you go on: A week has 7 days." in refused
    await answer_page(client, "why", {"skip": "yes"})
    sent_to = await client.get(f"{BASE}/check")
    assert sent_to.headers["location"] == f"{BASE}/too_many"
    assert await answer_page(client, "days", {"answer": "6"}) == "why"


async def test_what_sending_finds_leads_back_to_its_page(begun, monkeypatch):
    client = await begun(integer("days"), Consent(name="ok", text={"en": "May we?"}))
    await answer_page(client, "days", {"answer": "9"})
    await answer_page(client, "ok", {"skip": "yes"})
    monkeypatch.setattr("api.pages.resident.questionnaire.step_pages.submit_draft", refuse_days)
    answer = await asked_again(client, f"{BASE}/send", data={})
    assert f'href="{BASE}/days?change"' in answer.text
    assert "How many days?" in main_text(answer.text)
    assert "faults" not in answer.text


async def refuse_days(*_, **__):
    from survey.problems import Fault
    from survey.surveys.refusals import bad_answers

    raise bad_answers((Fault("days", "needs a whole number from 0 to 7"),))


async def test_a_repeat_that_is_not_asked_has_no_page(begun):
    client = await begun(
        select_one("seen", "yes", "no"),
        Repeat(name="person", text={"en": "Person"}, relevant="${seen} = 'yes'",
               items=(free_text("name"),)),
    )  # fmt: skip
    assert await answer_page(client, "seen", {"answer": "no"}) == "check"
    assert await answer_page(client, "seen", {"answer": "yes"}) == "person"


async def test_errors_on_a_page_of_several_name_their_question(begun):
    client = await begun(
        QuestionPage(
            name="both",
            text={"en": "Both"},
            items=(
                integer("days", required=True),
                integer("nights", constraint=". < 8",
                      constraint_message={"en": "Fewer than ${days} nights, please"}),
                integer("hours", constraint=". < 25"),
                integer("weeks", constraint="pow(., 2) < 9"),
            ),
        )
    )  # fmt: skip
    refused = await refuse_on(client, "both", {"q-days": "", "q-nights": "x"})
    assert "Enter an answer to ‘How many days?’" in refused
    assert "‘How many nights?’ must be a whole number" in refused
    answers = {"q-days": "9", "q-nights": "9", "q-hours": "30", "q-weeks": "5"}
    await answer_page(client, "both", {"q-days": "9"})
    refused = await refuse_on(client, "both", answers)
    assert "Fewer than 9 nights, please" in refused
    assert "‘How many hours?’ must be less than 25" in refused
    assert "Check your answer to ‘How many weeks?’: it cannot be accepted" in refused


async def test_the_title_of_a_group_and_the_last_words_have_answers_in_them(begun):
    client = await begun(
        free_text("name"),
        QuestionGroup(name="about", text={"en": "About ${name}"}, items=(free_text("job"),)),
        Note(name="thanks", text={"en": "Thank you, ${name}."}),
        Note(name="hidden", text={"en": "Nobody sees this"}, relevant="false()"),
    )
    assert await answer_page(client, "name", {"answer": "Ann"}) == "job"
    assert "About Ann" in await page_words(client, "job")
    await answer_page(client, "job", {"skip": "yes"})
    check = await page_words(client, "check")
    assert "Thank you, Ann." in check
    assert "Nobody sees this" not in check
