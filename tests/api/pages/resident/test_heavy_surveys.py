"""Surveys whose expressions are too heavy or fail: refused when published; never a 500 later."""

import json

import msgspec
import pytest

from survey.store.surveys import instruments
from survey.surveys.instruments import Calculate, Instrument, Text
from tests.api.pages.forms import send
from tests.people import AMINA

WORK = "/work/surveys"


def survey_with(*calculations):
    story = Text(name="story", text={"en": "What happened?"})
    worked = [Calculate(name=f"c{n}", calculation=one) for n, one in enumerate(calculations)]
    return Instrument(
        slug="heavy", version=1, mode="open", kind="survey", title={"en": "Heavy"}, summary={},
        items=(story, *worked),
    )  # fmt: skip


CYCLE = survey_with("concat(${c1}, ${c1}, 'x')", "concat(${c0}, ${c0}, 'y')")
DOUBLING = survey_with("${story}", *[f"concat(${{c{n}}}, ${{c{n}}})" for n in range(23)])
FAILING = ["if(1)", "round(1, 400)", "instance('nope')/root", "int(1 div 0)",
           "date(99999999999)", "'a'/b"]  # fmt: skip


@pytest.mark.parametrize("one", [CYCLE, *map(survey_with, FAILING)])
async def test_what_cannot_be_worked_out_is_not_published(one, signed_in):
    amina = await signed_in(AMINA)
    answer = await send(amina, WORK, {"definition": msgspec.json.encode(one).decode()})
    assert answer.status_code == 422
    assert "c0: calculate" in answer.text


@pytest.mark.parametrize("one", [CYCLE, DOUBLING, *map(survey_with, FAILING)])
async def test_what_was_published_before_takes_answers(one, client, db):
    """By JSON and by page; a calculation that fails stays empty, one that grows is cut."""
    await instruments.insert(db.the_connection, one)
    sent = {"borough": "Hackney", "answers": {"story": "Hello"}}
    answer = await client.post("/api/v1/surveys/heavy/responses", json=sent)
    if answer.status_code == 422:  # cannot even be read, as `if(1)`
        assert answer.json()["code"] in ("instrument.invalid", "survey.too_much_work")
    else:
        assert answer.status_code == 201
    assert (await client.post("/surveys/heavy")).status_code < 500
    for form in ({"answer": "Hackney"}, {"answer": "Hello"}):
        page = await client.get("/surveys/heavy/story")
        assert page.status_code < 500
        assert (await client.post("/surveys/heavy/borough", data=form)).status_code < 500
    assert (await client.post("/surveys/heavy/story", data={"answer": "Hi"})).status_code < 500
    assert (await client.get("/surveys/heavy/check")).status_code < 500


@pytest.mark.parametrize("depth", [50, 3_000, 60_000])
async def test_groups_within_groups_are_refused_in_words_at_both_doors(depth, signed_in):
    amina = await signed_in(AMINA)
    one = msgspec.json.encode(survey_with()).decode()
    start, end = one.index("[") + 1, one.rindex("]")
    deep = '{"type":"group","name":"g","items":[' * depth + one[start:end] + "]}" * depth
    content = one[:start] + deep + one[end:]
    assert (await send(amina, WORK, {"definition": content})).status_code in (413, 422)
    files = {"file": ("deep.json", content.encode())}
    assert (await send(amina, "/work/builder/import", files=files)).status_code == 422


@pytest.mark.parametrize(
    "given",
    [
        {"title": "A", "elements": [{"type": "text", "name": "a\0b", "title": "\0"}]},
        json.loads(msgspec.json.encode(survey_with())) | {"title": {"en": "\0"}},
    ],
)
async def test_a_nul_in_a_file_is_no_failure_of_ours(given, signed_in):
    amina = await signed_in(AMINA)
    files = {"file": ("a\0.json", json.dumps(given).encode())}
    answer = await send(amina, "/work/builder/import", files=files)
    assert answer.status_code in (303, 422)
    if answer.status_code == 303:
        assert (await amina.get(answer.headers["location"])).status_code == 200
