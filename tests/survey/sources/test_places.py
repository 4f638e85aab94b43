"""A city is read from a folder, or refused with the cell that is wrong; London's figures are
right.
"""

import csv
import datetime
import re
import shutil

import pytest

from survey.problems import Invalid
from survey.sources import places

GROUPS = ("white", "mixed", "asian", "black", "other")
LONDON_2011 = dict(zip(GROUPS, (4_887_435, 405_279, 1_511_546, 1_088_640, 281_041), strict=True))


@pytest.fixture(scope="module")
def london():
    return places.read_city(places.LONDON)


@pytest.fixture(scope="module")
def persons(london):
    return {(c.year, c.area, c.dimension, c.category): c.persons for c in london[1]}


@pytest.fixture(scope="module")
def denominators(shared):
    return shared / "data" / "denominators"


def csv_rows(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("year", "total"),
    [
        (1981, 6_608_598),
        (1991, 6_679_699),
        (2001, 7_172_069),
        (2011, 8_173_941),
        (2021, 8_799_756),
    ],
)
def test_totals_of_london(persons, year, total):
    assert sum(n for k, n in persons.items() if k[0] == year and k[2] == "total") == total


def test_totals_and_age_by_sex_are_those_of_the_series(persons, denominators):
    series = {
        (int(r["period"]), r["zone_id"], r["var_id"]): int(r["value"])
        for r in csv_rows(denominators / "census_1981-2021_sex_age5_london33.csv")
    }
    for (year, area, dimension, category), number in persons.items():
        if dimension == "age_sex":
            assert number == sum(series.get((year, area, v), 0) for v in census_variables(category))
        elif dimension == "total" and year < 2021:
            assert number == series[(year, area, "P01001")]


def census_variables(category):
    """P03002 is girls under 5, and so on by five years; P03022 the same for boys."""
    sex, ages = category.split()
    first = {"female": 2, "male": 22}[sex]
    low = int(ages.removesuffix("+").split("-")[0]) // 5
    places_ = (low, low + 1, low + 2) if ages == "85+" else (low,)
    return [f"P03{first + place:03d}" for place in places_]


def test_totals_of_2021_are_not_rounded(persons, denominators):
    for row in csv_rows(denominators / "census2021_ts007_age_london33.csv"):
        total = int(row["Age: Total; measures: Value"])
        assert persons[(2021, row["geography code"], "total", "all")] == total


def test_ethnicity_of_2021(persons, denominators):
    for row in csv_rows(denominators / "census2021_ts021_ethnicity_london33.csv"):
        for group in GROUPS:
            number = sum(int(n) for label, n in row.items() if label.lower().startswith(group))
            assert persons[(2021, row["ltla21_code"], "ethnicity", group)] == number


def test_ethnicity_of_2011_and_the_city_by_difference(london, persons, denominators):
    left = dict(LONDON_2011)
    for row in csv_rows(denominators / "census2011_ethnicity_london_police_areas.csv"):
        area = london[0].find(row["geography"]).code
        for group in GROUPS:
            number = int(row[f"Ethnic Group: {group.title()}; measures: Value"])
            left[group] -= number
            assert persons[(2011, area, "ethnicity", group)] == number
    assert left == {g: persons[(2011, "E09000001", "ethnicity", g)] for g in GROUPS}


def test_ethnicity_adds_up_to_the_total(london, persons):
    for area in london[0].local_areas():
        for year, most in ((2011, 0), (2021, 20)):
            parts = sum(persons[(year, area.code, "ethnicity", group)] for group in GROUPS)
            assert abs(parts - persons[(year, area.code, "total", "all")]) <= most


def test_police_areas_are_those_of_the_look_up(london, denominators):
    for row in csv_rows(denominators / "lookup_borough_csp_policeforce_2024.csv"):
        area = london[0].find(row["ltla24_code"])
        assert (area.name, area.police_area) == (row["ltla24_name"], row["pfa24_code"])


def test_london_names_its_sources(london):
    text = " ".join(london[0].attribution)
    assert "Open Government Licence v3.0" in text
    assert "Office for National Statistics" in text


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(places.LONDON, tmp_path / "town")


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("areas.csv", ",borough,", ",hamlet,", "row 3, column 'kind': 'hamlet' is not one of"),
        ("areas.csv", "E09000003", "E09000002", "code: 'E09000002' appears twice"),
        ("groupings.csv", "bcu-central-north", "bcu-central-east", "'bcu-central-east' appears"),
        ("groupings.csv", "E09000012", "E09000007", "units E09000007' appears twice"),
        ("groupings.csv", "E09000012", "E23000001", "'E23000001' is not the code of an area"),
        ("groupings.csv", "bcu-central-north", "E09000007", "must be small letters"),
        (
            "populations.csv",
            ",4701,",
            ",4701.5,",
            "row 2, column 'persons': '4701.5' is not a whole",
        ),
        ("populations.csv", "E09000001,1981", "E99,1981", "row 2: 'E99' is not the code"),
        ("populations.csv", "E09000002,1981,total", "E09000001,1981,total", "appears twice"),
        ("postcodes.csv", "E1W,E09000030", "E1W,E09000099", "row 3: 'E09000099' is not the code"),
        ("boundaries.json", "{", "", "the file: is not JSON"),
    ],
)
def test_refuses_a_folder_and_names_the_cell(folder, file, old, new, words):
    path = folder / file
    path.write_text(path.read_text("utf-8").replace(old, new, 1), "utf-8")
    with pytest.raises(Invalid) as refusal:
        places.read_city(folder)
    assert refusal.value.code == "file.cells"
    assert words in refusal.value.sentence
    assert refusal.value.sentence.startswith(f"{file}: ")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("E99,Old Town,2024-03-31", "'E99' is not the code of an area"),
        ("E23000001,Old Police,2024-03-31", "'E23000001' is not the code of an area"),
        ("E09000012,Camden,2024-03-31", "'Camden' is also a name of another area"),
        ("E09000007,old hackney,2024-03-31", "'old hackney' is also a name of another area"),
        ("E09000012,Hackenay,2026-02-28", "'E09000012 2026-02-28' appears twice"),
        ("E09000012,Hackenay,31 March", "column 'until'"),
        ("E09000012,,2024-03-31", "column 'name'"),
    ],
)
def test_former_names_are_read_or_refused(folder, row, words):
    toml = folder / "city.toml"
    toml.write_text('former_names = "former.csv"\n' + toml.read_text("utf-8"), "utf-8")
    table = "area,name,until\nE09000012,Old Hackney,2026-02-28\n"
    (folder / "former.csv").write_text(table, "utf-8")
    city, _, _ = places.read_city(folder)
    assert city.on(datetime.date(2026, 2, 28)).find("E09000012").name == "Old Hackney"
    (folder / "former.csv").write_text(table + row + "\n", "utf-8")
    with pytest.raises(Invalid, match=re.escape(words)) as refusal:
        places.read_city(folder)
    assert refusal.value.code == "file.cells"


def test_refuses_a_folder_without_its_files(tmp_path):
    with pytest.raises(Invalid, match=r"city\.toml"):
        places.read_city(tmp_path)


def test_a_table_outside_the_folder_is_not_read(folder):
    toml = folder / "city.toml"
    toml.write_text(toml.read_text("utf-8").replace('"areas.csv"', '"../areas.csv"'), "utf-8")
    with pytest.raises(Invalid, match=r"areas\.csv"):
        places.read_city(folder)


def test_a_city_may_do_without_boundaries_and_postcodes(folder):
    (folder / "city.toml").write_text(
        'name = "Town"\nattribution = []\nareas = "areas.csv"\npopulations = "populations.csv"\n'
    )
    city, counts, boundaries = places.read_city(folder)
    assert (city.districts, boundaries) == ((), None)
    assert counts
