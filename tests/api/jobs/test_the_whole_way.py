"""From a response to an edition: the simulated city, one real response, and what is published."""

import dataclasses

import msgspec
import pytest

from analysis import editions as edition
from api import clock
from api.jobs import kinds
from api.jobs.edition_inputs import editions
from api.jobs.edition_inputs.all_inputs import load_edition_inputs
from survey.store import editions as reports
from survey.store import jobs
from survey.store.answers import sums
from survey.store.surveys import instruments
from survey.surveys.instruments import Index
from tests.jobs import run_all_jobs
from tests.stored.published_editions import publish_saved

# The city takes two minutes to make; smaller ones are in the quick part (test_edition_police).
pytestmark = pytest.mark.slow

SAMPLED = "/api/v1/surveys/taser-trial/responses"
FEEDBACK = {
    "borough": "Hackney",
    "answers": {"subject": "taser", "story": "I am scared of it. Call me on 07700 900123."},
}


async def make_edition(connection, kind, start):
    made, _ = await editions.make_edition(connection, kind, start)
    return made


async def test_the_way_from_an_answer_to_an_edition(client, city, db):
    sent = await client.post("/api/v1/surveys/feedback/responses", json=FEEDBACK)
    assert sent.status_code == 201
    assert await run_all_jobs(db) >= 1
    coded = await city.fetchrow(
        "SELECT redacted, coder, codebook FROM codings c JOIN texts t ON t.id = c.text"
        " WHERE t.body LIKE '%07700%'"
    )
    assert "07700" not in coded["redacted"]
    assert (coded["coder"], coded["codebook"]) == ("soundings.text", 1)
    start = kinds.this_week(clock.today())
    before = await city.fetchval("SELECT count(*) FROM responses WHERE mode = 'open'")
    made = await make_edition(city, "weekly", start)
    assert made.end == clock.today()
    assert before > 0
    assert (await client.get("/api/v1/reports")).json()["items"] == []
    await publish_saved(city, made)
    listed = (await client.get("/api/v1/reports")).json()["items"]
    assert listed[0]["start"] == str(start)


async def test_a_weekly_edition_says_what_the_city_is(city):
    made = await make_edition(city, "weekly", kinds.last_week(clock.today()))
    london, *areas = made.index
    assert made.synthetic
    assert len(areas) == 33
    assert london.low < 60 < london.high or abs(london.value - 60) < 5
    assert all(one.status in ("flagged", "withheld") for one in areas)
    assert made.association.verdict == "between_looks"
    assert "An estimate, not a verdict" not in " ".join(made.headline)
    assert {one.stream for one in made.themes} == {"sampled", "open", "complaints"}


async def test_nothing_small_leaves_an_edition(city):
    made = await make_edition(city, "weekly", kinds.last_week(clock.today()))
    for rate in (*made.complaints, *made.deployments):
        assert rate.events is None or rate.events % 5 == 0
    for row in made.received:
        assert row.complaints is None or row.complaints % 5 == 0
    for share in made.themes:
        assert share.texts is None or share.texts >= 10
    assert made.withheld > 0


async def test_an_edition_is_never_overwritten(city):
    start = kinds.last_week(clock.today())
    first = await make_edition(city, "weekly", start)
    second = await make_edition(city, "weekly", start)
    assert (first.number, second.number) == (1, 2)
    assert await reports.get(city, "weekly", start, 1, drafts=True) == first


async def test_the_same_material_gives_the_same_bytes(city):
    start = kinds.last_week(clock.today())
    period = editions.edition_period("weekly", start)
    await sums.rebuild(city)
    material = [
        await load_edition_inputs(city, "weekly", period, number=1, as_of=clock.today())
        for _ in range(2)
    ]
    assert edition.make_edition(material[0]) == edition.make_edition(material[1])


async def test_answers_that_cannot_be_weighed_give_no_index_and_say_so(city):
    start = kinds.last_week(clock.today())
    await sums.rebuild(city)
    material = await load_edition_inputs(
        city, "weekly", editions.edition_period("weekly", start), number=1, as_of=clock.today()
    )
    doubled = material.targets | {"age_sex": 2 * material.targets["age_sex"]}
    found = edition.make_edition(dataclasses.replace(material, targets=doubled))
    assert found.index[0].value is None
    assert "could not be weighted" in found.headline[0]


async def test_the_calendar_s_job_makes_the_edition(city, db):
    start = kinds.last_week(clock.today())
    assert await jobs.enqueue_once(city, "weekly_edition", str(start))
    assert not await jobs.enqueue_once(city, "weekly_edition", str(start))
    await run_all_jobs(db)
    assert (await reports.get(city, "weekly", start, drafts=True)).number == 1


async def test_the_calendar_makes_nothing_that_a_person_has_made(city, db):
    start = kinds.last_week(clock.today())
    await make_edition(city, "weekly", start)
    await jobs.enqueue_once(city, "weekly_edition", str(start))
    await run_all_jobs(db)
    assert await reports.reserve_number(city, "weekly", start) == 2


async def test_another_sampled_survey_never_becomes_part_of_the_index(city):
    before = await make_edition(city, "weekly", kinds.last_week(clock.today()))
    survey, _ = await instruments.get(city, "taser-trial")
    other = msgspec.structs.replace(
        survey, slug="one-estate", version=9, index=Index("estate", ("listens",), 1)
    )
    await instruments.insert(city, other)
    after = await make_edition(city, "weekly", kinds.last_week(clock.today()))
    assert after.index == before.index
