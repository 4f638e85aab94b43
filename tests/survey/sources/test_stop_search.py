"""Stop and search as data.police.uk publishes it, as CSV and as JSON."""

import datetime
import json
from collections import Counter

import msgspec
import pytest

from survey.problems import Conflict, Invalid
from survey.sources import formats
from survey.sources.places import city_outlines
from tests.london import CITY, SHAPES

MAPPED = msgspec.structs.replace(CITY, boundaries=SHAPES)
KNOWN = datetime.date(2023, 6, 1)
HEADER = (
    "Type,Date,Part of a policing operation,Policing operation,Latitude,Longitude,Gender,Age range,"
    "Self-defined ethnicity,Officer-defined ethnicity,Legislation,Object of search,Outcome,"
    "Outcome linked to object of search,Removal of more than just outer clothing\n"
)
ROW = (
    "Person search,2023-02-01T00:06:00+00:00,False,,51.5455,-0.0557,Male,18-24,"
    "White - Irish,Black,Misuse of Drugs Act 1971 (section 23),Controlled drugs,Arrest,,\n"
)
ONE = {
    "type": "Person search",
    "datetime": "2023-02-01T00:06:00+00:00",
    "involved_person": True,
    "location": {"latitude": "51.5455", "longitude": "-0.0557", "street": {"id": 1, "name": "x"}},
    "gender": "Male",
    "age_range": "18-24",
    "self_defined_ethnicity": "White - Irish",
    "officer_defined_ethnicity": "Black",
    "object_of_search": "Controlled drugs",
    "outcome": "Arrest",
    "outcome_object": {"id": "bu-arrest", "name": "Arrest"},
}


def read(content, name="2023-02-metropolitan-stop-and-search.csv", city=MAPPED):
    content = content if isinstance(content, bytes) else content.encode()
    return formats.read_import(name, content, city=city, known_on=KNOWN)


def read_json(*searches):
    return read(json.dumps(searches), "stops.json")


def groups(found):
    return {c.group: c.count for c in found.counts}


def test_a_search_is_counted_where_it_was_and_in_each_dimension():
    found = read(HEADER + ROW)
    assert {(c.area, c.measure, c.tactic) for c in found.counts} == {
        ("E09000012", "searches", "stop_search")
    }
    assert set(groups(found)) == {
        *("all", "search:person", "sex:male", "age:18-24", "object:drugs", "outcome:arrest"),
        *("ethnicity_officer:black", "ethnicity_self:white"),
    }


def test_json_says_the_same_as_csv():
    assert read_json(ONE).counts == read(HEADER + ROW).counts


def test_exact_copies_are_dropped_and_counted():
    other = ROW.replace("18-24", "25-34")
    found = read(HEADER + ROW * 3 + other)
    assert groups(found)["all"] == 2
    assert found.notes[0] == "Exact copies of another row, not counted: 2."
    assert groups(read_json(ONE, ONE, ONE | {"age_range": None}))["all"] == 2


PLACES = [
    ("51.5455,-0.0557", "E09000012"),
    (",", "not-stated"),
    ("52.6289,-1.1302", "out-of-force"),
    ("51.5136,-0.0983", "E09000001"),
]


@pytest.mark.parametrize(("written", "area"), PLACES)
def test_the_area_is_found_from_the_coordinates(written, area):
    found = read(HEADER + ROW.replace("51.5455,-0.0557", written))
    assert {c.area for c in found.counts} == {area}


def test_a_city_without_outlines_states_no_borough():
    assert {c.area for c in read(HEADER + ROW, city=CITY).counts} == {"not-stated"}


def test_a_city_loaded_before_is_told_to_be_brought_up_to_date():
    older = msgspec.structs.replace(CITY, areas=CITY.areas[:-1])
    with pytest.raises(Conflict, match="no area 'Not stated'"):
        read(HEADER + ROW, city=older)


OUTCOMES = [
    ("A no further action disposal", "no_further_action"),
    ("Nothing found - no further action", "no_further_action"),
    ("Suspect arrested", "arrest"),
    ("Local resolution", "community_resolution"),
    ("Khat or Cannabis warning", "drugs_warning"),
    ("Offender given drugs possession warning", "drugs_warning"),
    ("Suspect summonsed to court", "summons"),
    ("", "unknown"),
]


@pytest.mark.parametrize(("word", "outcome"), OUTCOMES)
def test_the_outcome_words_of_both_times(word, outcome):
    assert f"outcome:{outcome}" in groups(read(HEADER + ROW.replace("Arrest", word)))


NULLS = [
    ({"location": None}, "all"),
    ({"outcome": False}, "outcome:no_further_action"),
    ({"outcome": None}, "outcome:unknown"),
    ({"officer_defined_ethnicity": None}, "ethnicity_officer:unknown"),
    ({"self_defined_ethnicity": "Other ethnic group - Not stated"}, "ethnicity_self:unknown"),
    ({"self_defined_ethnicity": "White - White British (W1)"}, "ethnicity_self:white"),
    ({"type": "Search by drone"}, "search:unknown"),
]


@pytest.mark.parametrize(("change", "group"), NULLS)
def test_what_json_does_not_tell(change, group):
    assert groups(read_json(ONE | change))[group] == 1


def test_a_month_is_london_s_and_not_greenwich_s():
    summer = ROW.replace("2023-02-01T00:06:00", "2023-04-30T23:30:00")
    (count,) = [c for c in read(HEADER + summer).counts if c.group == "all"]
    assert (count.start.isoformat(), count.end.isoformat()) == ("2023-05-01", "2023-05-31")


def test_each_force_is_a_source_of_its_own():
    assert read(HEADER + ROW).source.endswith(", metropolitan")
    other = read(HEADER + ROW, "2023-02-city-of-london-stop-and-search.csv")
    assert other.source.endswith(", city-of-london")


REFUSED = [
    (ROW.replace("51.5455", "north"), "row 2, column 'longitude': 'north' is not a number"),
    (ROW.replace("51.5455", "151.5"), "is not a place on Earth"),
    (ROW.replace("2023-02-01T00:06:00+00:00", "1 Feb"), "'1 Feb' is not a time such as"),
    (ROW.replace("2023-02-01T00:06:00+00:00", "0001-01-01T00:00+05:00"), "is not a time such as"),
    (ROW.replace("2023-02", "2024-02"), "2024-02-01 is after 2023-06-01"),
]


@pytest.mark.parametrize(("row", "sentence"), REFUSED)
def test_refuses_rows_that_cannot_be(row, sentence):
    with pytest.raises(Invalid) as refusal:
        read(HEADER + row)
    assert sentence in refusal.value.sentence


BROKEN = [
    (json.dumps([ONE])[:-2], "truncated"),
    ('[{"officer_defined_ethnicity": null}, 3]', "Expected `object`, got `int`"),
    ('[{"officer_defined_ethnicity": ' + "[" * 1_000_000, "recursion"),
]


@pytest.mark.parametrize(("content", "seen"), BROKEN)
def test_broken_json_is_refused_with_what_was_seen(content, seen):
    with pytest.raises(Invalid) as refusal:
        read(content, "stops.json")
    assert seen in refusal.value.remedy


def test_json_with_wrong_fields_names_the_search():
    with pytest.raises(Invalid, match="search 2: Expected `str"):
        read_json(ONE, ONE | {"gender": 3})


REAL = [("2018-06", 10_333, 248, 973), ("2023-02", 13_424, 216, 1_300)]


@pytest.mark.parametrize(("month", "searches", "copies", "unstated"), REAL)
def test_the_months_as_published(shared, month, searches, copies, unstated):
    name = f"{month}-metropolitan-stop-and-search.csv"
    found = read((shared / "data" / "deployments" / "stop_search" / name).read_bytes(), name)
    total = Counter()
    for c in found.counts:
        total[c.group.partition(":")[0]] += c.count
    assert set(total.values()) == {searches}
    assert len(total) == 8
    assert found.notes[0].endswith(f" {copies}.")
    (left,) = [c.count for c in found.counts if (c.area, c.group) == ("not-stated", "all")]
    assert left == unstated
    assert {c.start.isoformat()[:7] for c in found.counts} == {month}
    assert not [note for note in found.notes if "not a word known" in note]


def test_the_api_s_example(shared):
    name = "api_stops-street_example.json"
    content = (shared / "data" / "deployments" / "stop_search" / name).read_bytes()
    later = datetime.date(2024, 6, 1)
    found = formats.read_import(name, content, city=MAPPED, known_on=later)
    whole = {(c.area, c.start.isoformat()): c.count for c in found.counts if c.group == "all"}
    assert whole == {("out-of-force", "2024-01-01"): 1, ("not-stated", "2017-01-01"): 1}


def test_outlines_agree_with_finer_ones_but_for_the_borders(shared):
    ours = city_outlines(MAPPED)
    fine = json.loads(
        (shared / "data" / "geography" / "london_boroughs_33_E09codes.geojson").read_text()
    )
    for feature in fine["features"]:
        ring = feature["geometry"]["coordinates"][0]
        ring = ring[0] if feature["geometry"]["type"] == "MultiPolygon" else ring
        x, y = (sum(part) / len(ring) for part in zip(*(p[:2] for p in ring), strict=True))
        assert ours.at(x, y) == feature["properties"]["code"]
