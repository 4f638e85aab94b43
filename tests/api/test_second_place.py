"""What residents and the working group do works in West Midlands as it does in London."""

import datetime

import pytest

from api import clock
from api.operations import foundations, imports
from survey.places import data_of_another_city
from survey.sources import places as source
from survey.store import places
from tests.second_place import PLACES


@pytest.fixture(params=PLACES)
async def place(request, db):
    """A city that was loaded before anybody answered."""
    connection = db.the_connection
    city = await foundations.load_city(connection, PLACES[request.param])
    stored = await places.get_city(connection)
    assert (stored.name, stored.areas) == (city.name, city.areas)
    return city


async def send(client, city, count=1):
    first = city.local_areas()[0]
    for n in range(count):
        answers = {"subject": "taser", "story": f"I was stopped near the station, time {n}."}
        sent = await client.post(
            "/api/v1/surveys/feedback/responses", json={"borough": first.name, "answers": answers}
        )
        assert sent.status_code == 201, sent.text
    return first


async def test_an_answer_is_stored_for_the_area_by_name_and_by_code(client, db, place):
    first = await send(client, place)
    last = place.local_areas()[-1]
    answers = {"subject": "taser", "story": "By its code this time."}
    sent = await client.post(
        "/api/v1/surveys/feedback/responses", json={"borough": last.code, "answers": answers}
    )
    assert sent.status_code == 201
    stored = await db.the_connection.fetch("SELECT DISTINCT area FROM responses ORDER BY area")
    assert [area for (area,) in stored] == sorted({first.code, last.code})


@pytest.mark.parametrize("other", PLACES)
async def test_an_area_of_another_place_is_refused(client, place, other):
    there, _, _ = source.read_city(PLACES[other])
    sent = await client.post(
        "/api/v1/surveys/feedback/responses",
        json={
            "borough": there.local_areas()[1].code,
            "answers": {"subject": "taser", "story": "From elsewhere."},
        },
    )
    assert sent.status_code == (201 if there.name == place.name else 422)


async def test_plain_deployments_are_imported_by_name(db, place):
    today = clock.today()
    start = (today.replace(day=1) - datetime.timedelta(days=1)).replace(day=1)
    end = today.replace(day=1) - datetime.timedelta(days=1)
    table = "source,start,end,area,measure,tactic,count\n" + "".join(
        f"Plain figures,{start},{end},{area.name},incidents,ced,{n}\n"
        for n, area in enumerate(place.local_areas(), 1)
    )
    lines = await imports.import_figures(
        db.the_connection, "deployments", "plain.csv", table.encode(), today
    )
    assert lines
    stored = await db.the_connection.fetch("SELECT DISTINCT area FROM deployment_counts")
    assert {area for (area,) in stored} == {area.code for area in place.local_areas()}


async def test_a_place_with_answers_is_not_replaced(client, db, place):
    await send(client, place)
    other = next(folder for name, folder in PLACES.items() if name != place.name)
    with pytest.raises(data_of_another_city().__class__) as refused:
        await foundations.load_city(db.the_connection, other)
    assert refused.value.code == "city.lived_in"
