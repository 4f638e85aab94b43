"""A city is a folder of files: another one is loaded only while nobody has answered."""

import csv
import shutil

import pytest

from api.operations import foundations
from survey.problems import Conflict, Invalid
from survey.sources import places as source
from survey.store import places


@pytest.fixture
def town(tmp_path):
    """London's files cut down to two boroughs under another name."""
    folder = shutil.copytree(source.LONDON, tmp_path / "town")
    areas = {"E09000012", "E09000013"}
    for file, column in (("areas.csv", "code"), ("populations.csv", "area")):
        path = folder / file
        with path.open(encoding="utf-8-sig", newline="") as opened:
            rows = list(csv.DictReader(opened))
        with path.open("w", newline="", encoding="utf-8") as opened:
            writer = csv.DictWriter(opened, rows[0].keys())
            writer.writeheader()
            writer.writerows(row for row in rows if row[column] in areas)
    (folder / "city.toml").write_text(
        'name = "Twotown"\nattribution = ["Cut from London for a test."]\n'
        'areas = "areas.csv"\npopulations = "populations.csv"\n'
    )
    return folder


async def test_another_city_takes_the_place_of_one_where_nobody_has_answered(db, town):
    connection = db.the_connection
    assert (await foundations.load_city(connection, town)).name == "Twotown"
    city = await places.get_city(connection)
    assert [area.code for area in city.areas] == ["E09000012", "E09000013"]
    assert city.districts == ()
    assert {one.area for one in await places.load_populations(connection, "total")} == {
        "E09000012",
        "E09000013",
    }


@pytest.mark.parametrize("zone", ["Mars/Olympus", "Asia/Kolkata", "Australia/Adelaide"])
async def test_a_time_that_is_no_whole_hours_from_utc_is_refused(town, zone):
    file = town / "city.toml"
    file.write_text(f'time_zone = "{zone}"\n{file.read_text()}')
    with pytest.raises(Invalid) as refused:
        source.read_city(town)
    assert zone in refused.value.remedy


async def test_a_city_with_answers_stays(db, town, client):
    answers = {"subject": "taser", "story": "I was here first."}
    sent = await client.post(
        "/api/v1/surveys/feedback/responses", json={"borough": "Hackney", "answers": answers}
    )
    assert sent.status_code == 201
    with pytest.raises(Conflict) as refused:
        await foundations.load_city(db.the_connection, town)
    assert refused.value.code == "city.lived_in"
    assert (await places.get_city(db.the_connection)).name == "London"


async def test_the_same_city_is_brought_up_to_date_at_any_time(db):
    assert (await foundations.load_city(db.the_connection, source.LONDON)).name == "London"
    assert len((await places.get_city(db.the_connection)).local_areas()) == 33
