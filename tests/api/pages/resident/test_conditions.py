"""Which questions are asked depends on the answers, by page and by API; several on one page."""

import re

import msgspec
import pytest

from api.operations import imports
from survey.store.surveys import instruments
from survey.surveys.instruments import (
    Borough,
    Calculate,
    DateTime,
    Instrument,
    Integer,
    Note,
    Option,
    Postcode,
    QuestionGroup,
    QuestionPage,
    Range,
    Repeat,
    SelectOne,
    Text,
    Time,
)
from survey.surveys.instruments.drafts import InstrumentDraft, next_version, replace_part
from survey.surveys.ready import load_ready_instruments
from tests.api.pages.forms import asked_again
from tests.stored.answers import load_answers

ASKED = "/surveys/asked"


def named_options(*names):
    return tuple(Option(name, {"en": name.capitalize()}) for name in names)


def select_one(name, *names, **more):
    return SelectOne(name=name, text={"en": f"{name}?"}, options=named_options(*names), **more)


TOWNS = (
    Option("bow", {"en": "Bow"}, traits={"side": "east"}),
    Option("acton", {"en": "Acton"}, traits={"side": "west"}),
)
SURVEY = Instrument(
    slug="asked", version=1, mode="open", kind="survey", title={"en": "Asked"}, summary={},
    items=(
        Borough(name="home", text={"en": "Where do you live?"}, required=True),
        select_one("stopped", "yes", "no", required=True),
        QuestionGroup(
            name="the_stop",
            text={"en": "About the stop"},
            relevant="${stopped} = 'yes'",
            items=(
                select_one("side", "east", "west"),
                SelectOne(name="town", text={"en": "Which?"}, options=TOWNS,
                filter="side = ${side}"),
                QuestionPage(
                    name="more",
                    text={"en": "A little more"},
                    items=(
                        Note(name="word", text={"en": "In ${town} then."}),
                        Integer(name="age", text={"en": "How old?"}, required=True,
                              constraint=". < 120", constraint_message={"en": "Too old"}),
                        Text(name="school", text={"en": "Which school?"}, relevant="${age} < 18"),
                        Time(name="at", text={"en": "At what time?"}, may_decline=True),
                    ),
                ),
            ),
        ),
        Repeat(
            name="person",
            text={"en": "Somebody with you"},
            items=(
                Integer(name="years", text={"en": "Their age"}),
                Text(name="harm", text={"en": "Their harm"}, relevant="${years} > 10"),
            ),
        ),
        Range(name="part", text={"en": "How much?"}, low=0, high=1, step=0.25, default="0.5"),
        DateTime(name="when", text={"en": "When?"}),
        Postcode(name="work", text={"en": "Where do you work?"}),
        Calculate(name="people", calculation="count(${person})"),
    ),
)  # fmt: skip


@pytest.fixture
async def asked(db, client):
    await instruments.insert(db.the_connection, SURVEY)
    assert (await client.post(ASKED)).headers["location"] == f"{ASKED}/home"
    return client


async def answer_page(client, step, **form):
    """Answer a page; where it redirects to, relative to the survey's address."""
    answer = await client.post(
        f"{ASKED}/{step}", data={k.replace("__", "-"): v for k, v in form.items()}
    )
    assert answer.status_code == 303, re.sub(r"\s+", " ", re.sub("<[^>]+>", "", answer.text))[:900]
    return answer.headers["location"].removeprefix(f"{ASKED}/")


async def stored_response(db):
    (row,) = await load_answers(db.the_connection, "asked")
    return row.area, row.answers


async def test_somebody_is_asked_only_what_applies(asked, db):
    assert await answer_page(asked, "home", answer="E09000012") == "stopped"
    assert await answer_page(asked, "stopped", answer="no") == "person"
    assert await answer_page(asked, "person", act="go") == "part"
    assert 'value="0.5"' in (await asked.get(f"{ASKED}/part")).text
    assert await answer_page(asked, "part", answer="0.75") == "when"
    assert await answer_page(asked, "when", skip="yes") == "work"
    assert await answer_page(asked, "work", answer="E8 1EA") == "check"
    page = (await asked.get(f"{ASKED}/check")).text
    assert "About the stop" not in page
    assert "Hackney" in page
    assert "E8 1EA" not in page
    assert (await answer_page(asked, "send")).startswith("done/")
    assert await stored_response(db) == (
        "E09000012",
        {"home": "E09000012", "stopped": "no", "part": 0.75, "work": "E09000012", "people": 0},
    )


async def test_questions_of_a_page_come_up_by_the_answers_given_on_it(asked, db):
    await answer_page(asked, "home", answer="E09000012")
    assert await answer_page(asked, "stopped", answer="yes") == "side"
    assert "About the stop" in (await asked.get(f"{ASKED}/side")).text
    assert await answer_page(asked, "side", answer="east") == "town"
    page = (await asked.get(f"{ASKED}/town")).text
    assert "Bow" in page
    assert "Acton" not in page
    assert await answer_page(asked, "town", answer="bow") == "more"
    page = (await asked.get(f"{ASKED}/more")).text
    assert "In Bow then." in page
    assert "Which school?" not in page
    form = {"q-age": "15", "q-at-decline": "yes"}
    assert await answer_page(asked, "more", **form) == "more.2"  # on a page of its own
    page = (await asked.get(f"{ASKED}/more.2")).text
    assert "Which school?" in page
    assert 'value="15"' not in page
    assert await answer_page(asked, "more.2", answer="The one at the corner") == "person"
    onward = await asked.post(f"{ASKED}/more?change", data=form)
    assert onward.headers["location"] == f"{ASKED}/more.2?change"


async def test_what_is_wrong_on_a_page_of_several_is_said_at_each(asked):
    await answer_page(asked, "home", answer="E09000012")
    await answer_page(asked, "stopped", answer="yes")
    for step in ("side", "town"):
        await answer_page(asked, step, skip="yes")
    answer = await asked_again(asked, f"{ASKED}/more", data={"q-age": "", "q-at": "late"})
    assert re.findall(r'<a href="#([\w-]+)">', answer.text)[:2] == ["q-age", "q-at"]
    answer = await asked_again(asked, f"{ASKED}/more", data={"q-age": "130"})
    assert "Too old" in answer.text


async def test_people_are_added_one_by_one_and_taken_away(asked, db):
    await answer_page(asked, "home", answer="E09000012")
    assert await answer_page(asked, "stopped", answer="no") == "person"
    assert "You have not added any yet." in (await asked.get(f"{ASKED}/person")).text
    assert await answer_page(asked, "person", act="add") == "person.1"
    assert await answer_page(asked, "person.1", **{"q-years": "30"}) == "person.1"
    assert "Their harm" in (await asked.get(f"{ASKED}/person.1")).text
    assert await answer_page(asked, "person.1", **{"q-years": "30", "q-harm": "A cut"}) == "person"
    assert await answer_page(asked, "person", act="add") == "person.2"
    assert await answer_page(asked, "person.2", **{"q-years": "5"}) == "person"
    assert await answer_page(asked, "person", act="add") == "person.3"
    assert await answer_page(asked, "person", act="remove") == "person"
    assert await answer_page(asked, "person", act="go") == "part"
    for step in ("part", "when", "work"):
        await answer_page(asked, step, skip="yes")
    await answer_page(asked, "send")
    _, answers = await stored_response(db)
    assert answers["person"] == [{"years": 30}, {"years": 5}]
    assert answers["people"] == 2
    text = await db.the_connection.fetchrow("SELECT item, body FROM texts ORDER BY id DESC LIMIT 1")
    assert tuple(text) == ("harm", "A cut")


async def test_an_answer_changed_later_takes_away_what_hung_on_it(asked, db):
    await answer_page(asked, "home", answer="E09000012")
    await answer_page(asked, "stopped", answer="yes")
    await answer_page(asked, "side", answer="west")
    await answer_page(asked, "town", answer="acton")
    await answer_page(asked, "more", **{"q-age": "40"})
    await answer_page(asked, "stopped?change", answer="no")
    await answer_page(asked, "person", act="go")
    for step in ("part", "when", "work"):
        await answer_page(asked, step, skip="yes")
    await answer_page(asked, "send")
    assert (await stored_response(db))[1] == {"home": "E09000012", "stopped": "no", "people": 0}


@pytest.mark.parametrize(
    ("answers", "faults"),
    [
        ({"home": "E09000012"}, {"stopped": "needs an answer"}),
        ({"home": "Hackney", "stopped": "yes"}, {"age": "needs an answer"}),
        ({"home": "Hackney", "stopped": "yes", "age": 200}, {"age": "Too old"}),
        (
            {"home": "Hackney", "stopped": "yes", "age": 20, "side": "east", "town": "acton"},
            {"town": "needs one of the options offered"},
        ),
        ({"home": "Hackney", "stopped": "no", "part": 0.3}, {"part": "needs a number in steps"}),
        ({"home": "Hackney", "stopped": "no", "when": "2026-01-01"}, {"when": "needs a time"}),
        ({"home": "Hackney", "stopped": "no", "work": "ZZ1"}, {"work": "needs a postcode"}),
        (
            {"home": "Hackney", "stopped": "no", "person": [{"years": "old"}]},
            {"person.1.years": "needs a whole number"},
        ),
        ({"home": "Hackney", "stopped": "no", "people": 3}, {}),
    ],
)
async def test_the_same_rules_hold_for_what_programs_send(client, db, answers, faults):
    await instruments.insert(db.the_connection, SURVEY)
    answer = await client.post("/api/v1/surveys/asked/responses", json={"answers": answers})
    if faults:
        assert answer.status_code == 422, answer.text
        sentences = {one["where"]: one["sentence"] for one in answer.json()["faults"]}
        assert [where for where, said in faults.items() if said not in sentences[where]] == []
        assert set(sentences) == set(faults)
    else:
        assert answer.status_code == 201
        assert (await stored_response(db))[1] == {"home": "E09000012", "stopped": "no", "people": 0}


async def test_without_a_home_question_the_borough_is_still_needed(client, db):
    without = msgspec.structs.replace(SURVEY, items=SURVEY.items[1:])
    await instruments.insert(db.the_connection, without)
    given = {"answers": {"stopped": "no"}}
    answer = await client.post("/api/v1/surveys/asked/responses", json=given)
    assert answer.json()["code"] == "borough.needed"
    answer = await client.post("/api/v1/surveys/asked/responses", json=given | {"postcode": "E8"})
    assert answer.status_code == 201


async def test_a_survey_is_read_in_a_language_that_only_it_is_written_in(client, db):
    hindi = {"en": "Why?", "hi": "क्यों?"}
    one = msgspec.structs.replace(SURVEY, items=(Text(name="why", text=hindi),))
    await instruments.insert(db.the_connection, one)
    page = await client.get(ASKED)
    assert 'href="?lang=hi" lang="hi"' in page.text
    assert "हिन्दी" in page.text
    await client.get(f"{ASKED}?lang=hi")
    await client.post(ASKED)
    await client.post(f"{ASKED}/borough", data={"answer": "E09000012"})
    page = (await client.get(f"{ASKED}/why")).text
    assert '<span lang="hi" dir="ltr">क्यों?</span>' in page
    assert '<html lang="en"' in page
    await client.post(f"{ASKED}/why", data={"answer": "वे नहीं सुनते"})
    await client.post(f"{ASKED}/send")
    assert await db.the_connection.fetchval("SELECT DISTINCT language FROM texts") == "hi"
    assert "हिन्दी" not in (await client.get("/")).text


async def test_a_survey_changed_meanwhile_keeps_what_was_typed_under_its_new_name(asked, db):
    await answer_page(asked, "home", answer="E09000012")
    await answer_page(asked, "stopped", answer="no")
    renamed = msgspec.structs.replace(SURVEY.items[1], name="halted")
    draft = replace_part(InstrumentDraft(instrument=SURVEY), "stopped", renamed)
    await imports.publish_instrument(db.the_connection, next_version(draft, SURVEY))
    page = (await asked.get(f"{ASKED}/halted")).text
    assert re.search(r'value="no"[^>]* checked', page)
    for step, form in (("person", {"act": "go"}), ("part", {"skip": "yes"})):
        await answer_page(asked, step, **form)
    for step in ("when", "work"):
        await answer_page(asked, step, skip="yes")
    await answer_page(asked, "send")
    assert (await stored_response(db))[1] == {"home": "E09000012", "halted": "no", "people": 0}


async def test_the_letter_of_an_earlier_version_opens_the_next(client, db):
    sampled = next(one for one in load_ready_instruments() if one.mode == "sampled")
    codes = [("ABCD-2345", "inner", "u1", 0.01)]
    await instruments.insert_invitations(db.the_connection, sampled, codes)
    again = next_version(InstrumentDraft(instrument=sampled), sampled)
    await imports.publish_instrument(db.the_connection, again)
    answers = {name: 3 for name in again.likert()}
    given = {"borough": "Hackney", "access_code": "ABCD-2345", "answers": answers}
    answer = await client.post("/api/v1/surveys/taser-trial/responses", json=given)
    assert answer.status_code == 201, answer.text
    (row,) = await load_answers(db.the_connection, "taser-trial")
    assert (row.version, row.mode) == (again.version, "sampled")
