"""Panels that mark by steps and a score: chosen, copied to a meeting, marked by, and reported."""

import pytest
from lxml import html

from api import clock
from survey.scrutiny.schemes import READY_SCHEMES, MarkStep, ScoreBand
from survey.store.scrutiny import marks, meetings, panels
from tests.api.pages.forms import send
from tests.api.pages.staff.test_scrutiny import cindy, nadia, panel, words_of
from tests.stored.scrutiny_meetings import begin_marking

__all__ = ["cindy", "nadia", "panel"]
ROOT = "/work/scrutiny"
STEPS = {f"step-{step.key}": "met" for step in READY_SCHEMES["planter"].steps}
OWN = {
    "scheme": "own",
    "scheme-name": "Ours",
    "steps": "F: Fair\nC: Calm and clear",
    "band-red": "1",
    "band-amber": "2-3",
    "band-green": "4 to 5",
}


async def save_scheme(client, panel, **typed):
    page = html.fromstring((await client.get(f"{ROOT}/panels/{panel}/settings")).text)
    same = {
        "name": page.xpath("string(//input[@name='name']/@value)"),
        "reasons": page.xpath("string(//textarea[@name='reasons'])").strip(),
        "areas": page.xpath("//input[@name='areas'][@checked]/@value"),
    }
    return await send(client, f"{ROOT}/panels/{panel}/settings", same | typed)


async def stored_scheme(db, panel):
    return (await panels.get_panel(db.the_connection, panel)).scheme


async def test_a_meeting_keeps_the_scheme_of_the_day_of_its_seed(cindy, db, panel):
    await save_scheme(cindy, panel, scheme="planter")
    assert await stored_scheme(db, panel) == READY_SCHEMES["planter"]
    meeting = await begin_marking(db.the_connection, panel)
    await save_scheme(cindy, panel, scheme="gowisely")
    kept = (await meetings.get_meeting(db.the_connection, meeting)).scheme
    assert kept == READY_SCHEMES["planter"]
    page = words_of(await cindy.get(f"{ROOT}/panels/{panel}"))
    assert "GOWISELY. Scores 1 to 3 are green, 4 to 6 are amber, 7 to 9 are red." in page


async def test_a_panel_has_its_own_steps_and_a_scale_that_ends_in_green(cindy, db, panel):
    await save_scheme(cindy, panel, **OWN)
    own = await stored_scheme(db, panel)
    assert own.steps == (MarkStep("F", "Fair"), MarkStep("C", "Calm and clear"))
    assert own.bands[0] == ScoreBand("green", 4, 5)
    assert own.scores() == {1: "red", 2: "amber", 3: "amber", 4: "green", 5: "green"}
    page = html.fromstring((await cindy.get(f"{ROOT}/panels/{panel}/settings")).text)
    assert page.xpath("string(//textarea[@name='steps'])").strip() == OWN["steps"]
    assert page.xpath("//input[@name='band-amber']/@value") == ["2 to 3"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"scheme": "none"}, "Select how members mark"),
        ({"scheme-name": ""}, "Enter a name for your scheme"),
        ({"steps": "Fair"}, "Write each step as a letter"),
        ({"steps": "F: Fair\nf: Firm"}, "Use each letter once"),
        ({"band-red": "lots"}, "Enter the scores of red"),
        ({"band-red": "5"}, "Give each score one colour"),
        ({"band-amber": "3"}, "Give each score one colour, and leave no score out"),
        ({"steps": "", "band-red": "", "band-amber": "", "band-green": ""}, "Enter steps, or"),
    ],
)
async def test_a_scheme_with_a_mistake_is_refused_and_keeps_what_was_typed(
    cindy, db, panel, typed, said
):
    answer = await save_scheme(cindy, panel, about="Kept", **OWN | typed)
    assert (answer.status_code, said in words_of(answer), "Kept" in answer.text) == (
        *(422, True, True),
    )
    assert await stored_scheme(db, panel) == READY_SCHEMES["colours"]


async def test_the_colour_follows_from_the_score(cindy, nadia, db, panel):
    await save_scheme(cindy, panel, scheme="planter")
    ident = await begin_marking(db.the_connection, panel)
    address = f"{ROOT}/meetings/{ident}/records/1"
    page = words_of(await nadia.get(address))
    assert "N: Necessary, to protect the person, the officers or the public" in page
    assert "7: red" in page
    nothing = await send(nadia, address, {"step-P": "not_met", "words": "Kept words"})
    said = words_of(nothing)
    assert "Give a score from 1 to 9, or that you cannot tell" in said
    assert "Select whether “L” was met, was not met, or that you cannot tell" in said
    again = html.fromstring(nothing.text)
    assert again.xpath("//input[@name='step-P'][@checked]/@value") == ["not_met"]
    assert "Kept words" in said
    why = words_of(await send(nadia, address, STEPS | {"score": "8"}))
    assert "Mark a step as not met, or write why it is amber or red" in why
    await send(nadia, address, STEPS | {"score": "8", "step-N": "not_met"})
    drawn = (await meetings.load_records(db.the_connection, ident))[0]
    await send(cindy, address, STEPS | {"score": "unsure"})
    await send(cindy, f"{ROOT}/meetings/{ident}/alone", {"sure": "yes"})
    given = {one.colour: one for one in await marks.load_marks(db.the_connection, ident)}
    assert (given["red"].score, given["red"].steps["N"]) == (8, "not_met")
    assert given["unsure"].score is None
    together = words_of(await cindy.get(address))
    assert "N: Necessary, to protect the person, the officers or the public 1 1 0" in together
    unsaid = await send(cindy, f"{address}/joint", STEPS | {"score": "2"})
    assert "Select whether there was body-worn video, or why not" in words_of(unsaid)
    joint = STEPS | {"score": "5", "step-N": "not_met", "video": "not_switched_on"}
    await send(cindy, f"{address}/joint", joint)
    page = words_of(await nadia.get(address))
    assert "Amber Score 5. Not met: N." in page
    assert "Body-worn video: No: it was not switched on" in page
    [mark] = await marks.load_joint_marks(db.the_connection, ident)
    assert (mark.record, mark.colour, mark.video) == (drawn.id, "amber", "not_switched_on")


async def test_sources_of_the_words_are_next_to_them(cindy):
    page = words_of(await cindy.get(f"{ROOT}/new"))
    assert "T asks whether the type was appropriate, not whether it was the least." in page
    assert "No source that we read says which scores have which colour." in page
    for scheme in READY_SCHEMES.values():
        assert all(source.read_on <= clock.today() for source in scheme.sources)
        assert bool(scheme.steps) == bool(scheme.sources)
