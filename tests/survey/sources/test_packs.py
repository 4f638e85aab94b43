"""`place add` makes a pack that can be loaded, or names the file, the row and what to do."""

import csv
import datetime
import itertools
import json
import os
import pty
import shutil
import subprocess
import sys

import pytest
from click.testing import CliRunner

from api.__main__ import main
from survey.sources import packs, places
from tests.house.trees import ROOT

AREAS = "code,name,neighbours\nN,Northmoor,E|S\nE,Eastleigh,N|S\nS,Southport,N|E\n"
SHARES = {"white": 50, "mixed": 5, "asian": 25, "black": 15, "other": 5}


def population(codes="NES", **changed):
    rows = ["area,year,dimension,category,persons,source,published"]

    def row(code, dimension, category, persons):
        rows.append(f"{code},2021,{dimension},{category},{persons},A count,2022-06-28")

    for code in codes:
        row(code, "total", "all", changed.get("total", 100_000))
        for sex in ("female", "male"):
            for ages in ("0-19", "20-64", "65+"):
                row(
                    code,
                    "age_sex",
                    f"{sex} {ages}",
                    {"0-19": 12500, "20-64": 25000}.get(ages, 12500),
                )
        for group, share in SHARES.items():
            row(code, "ethnicity", group, share * 1000)
    return "\n".join(rows) + "\n"


def square(code, x, y):
    ring = [[x, y], [x + 1, y], [x + 1, y + 1], [x, y + 1], [x, y]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": {"id": code}, "geometry": shape}


OUTLINES = json.dumps({"features": [square("N", 0, 1), square("E", 1, 1), square("S", 0, 0)]})


@pytest.fixture
def add(tmp_path):
    """Types `place add` with these files; its exit status and what it printed."""

    def run(areas=AREAS, people=None, *words, **files):
        given = {"areas": areas, "population": population() if people is None else people, **files}
        typed = []
        for name, content in given.items():
            ending = "geojson" if name == "boundaries" else "csv"
            path = tmp_path / f"my-{name}.{ending}"
            path.write_text(content, "utf-8")
            typed += [f"--{name.replace('_', '-')}", str(path)]
        named = (
            "--name",
            "Three Towns",
            "--force",
            "Towns Police",
            "--out",
            str(tmp_path / "pack"),
        )
        zone = () if "--time-zone" in words else ("--time-zone", "America/Chicago")
        return CliRunner().invoke(main, ["place", "add", *typed, *named, *zone, *words])

    return run


def test_a_pack_of_plain_files_is_loaded_as_it_was_given(add, tmp_path):
    done = add()
    assert done.exit_code == 0, done.output
    assert f"./soundings import places {tmp_path / 'pack'}" in done.output
    city, counts, boundaries = places.read_city(tmp_path / "pack")
    assert (city.name, city.time_zone, boundaries) == ("Three Towns", "America/Chicago", None)
    assert [area.code for area in city.local_areas()] == ["N", "E", "S"]
    assert len({(area.column, area.row) for area in city.local_areas()}) == 3
    assert city.force("Towns Police").code == city.find("N").police_area
    assert city.find("Not recorded").code == "not-stated"
    assert len(counts) == 3 * 12


def test_neighbours_and_tiles_come_from_boundaries(add, tmp_path):
    areas = "code,name\nN,Northmoor\nE,Eastleigh\nS,Southport\n"
    assert add(areas, boundaries=OUTLINES).exit_code == 0
    with (tmp_path / "pack" / "areas.csv").open(newline="") as opened:
        rows = {row["code"]: row for row in csv.DictReader(opened)}
    assert [rows[code]["neighbours"] for code in "NES"] == ["E|S", "N", "N"]
    spots = [(rows[code]["column"], rows[code]["row"]) for code in "NES"]
    assert spots == [("1", "1"), ("2", "1"), ("1", "2")]
    city, _, boundaries = places.read_city(tmp_path / "pack")
    outlines = places.city_outlines(places.msgspec.structs.replace(city, boundaries=boundaries))
    assert [outlines.at(x, y) for x, y in ((0.5, 1.5), (1.5, 1.5), (0.5, 0.5))] == ["N", "E", "S"]
    assert outlines.at(1.5, 0.5) is None


@pytest.mark.parametrize(
    ("areas", "people", "says"),
    [
        (AREAS + "N,North again,\n", None, "code: 'N' appears twice"),
        (AREAS + "W,Northmoor,\n", None, "appears twice"),
        (AREAS.replace("N|S\n", "S\n"), None, "row 2: has E as a neighbour, whose row 3 lacks N"),
        (AREAS.replace("N|E", "N|E|W"), None, "row 4: its neighbour 'W' is not another area"),
        ("code,name,column,row\nN,Northmoor,1,1\nE,Eastleigh,1,1\n", None, "the tile of Northmoor"),
        ("code,name,column,row\nN,Northmoor,1,\n", None, "needs both column and row"),
        (AREAS, population("NESW"), "'W' is not the code of an area"),
        (AREAS, population("NE"), "S: has no row with its total"),
        (AREAS, population(total=103_000), "age_sex adds up to 100,000 where the total is 103,000"),
        (AREAS, "place,people\nN,3\n", "Seen: a first row with 'place, people'"),
        (AREAS, "period,zone_id,var_id,value\n2021,N,P01001,5\n", "Expected --source, --published"),
    ],
)
def test_what_cannot_be_right_is_refused_and_nothing_is_written(add, tmp_path, areas, people, says):
    done = add(areas, people)
    assert done.exit_code == 1
    assert says in done.output
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []


def test_what_disclosure_control_changes_is_no_fault(add):
    assert add(AREAS, population(total=100_400)).exit_code == 0


def test_an_unknown_time_zone_and_a_folder_that_exists_are_refused(add):
    assert "Europe/Nowhere" in add(AREAS, None, "--time-zone", "Europe/Nowhere").output
    assert add().exit_code == 0
    assert "[place.exists]" in add().output


def test_outlines_must_be_of_all_areas(add):
    few = json.dumps({"features": [square("N", 0, 1), square("E", 1, 1)]})
    assert "Southport: has no outline" in add(boundaries=few).output
    assert "Expected GeoJSON" in add(boundaries="[]").output


POSTCODES = "district,areas\nN1,N\nE1,E|S\n"
GROUPINGS = "grouping,code,name,areas\nUnits,coast,Coast,E|S\nUnits,inland,Inland,N\n"
FORMER_NAMES = "area,name,until\nN,Northmarsh,2024-03-31\n"
TABLES = {"postcodes": POSTCODES, "groupings": GROUPINGS, "former_names": FORMER_NAMES}


@pytest.mark.parametrize("number", range(len(TABLES) + 1))
def test_further_tables_are_loaded_as_they_were_given(add, tmp_path, number):
    for given in itertools.combinations(TABLES, number):
        done = add(**{name: TABLES[name] for name in given})
        assert done.exit_code == 0, done.output
        city, _, _ = places.read_city(tmp_path / "pack")
        assert bool(city.districts) == ("postcodes" in given)
        found = [
            (group.code, group.areas) for grouping in city.groupings for group in grouping.groups
        ]
        groups = [("coast", ("E", "S")), ("inland", ("N",))]
        assert found == (groups if "groupings" in given else [])
        named = "former_names" in given
        assert city.on(datetime.date(2024, 3, 31)).find("N").name == (
            "Northmarsh" if named else "Northmoor"
        )
        shutil.rmtree(tmp_path / "pack")


@pytest.mark.parametrize(
    ("table", "row", "says"),
    [
        ("postcodes", "W1,W", "row 4: 'W' is not the code"),
        ("postcodes", "N1,E", "district: 'N1' appears twice"),
        ("postcodes", "N2,", "row 4, column 'areas'"),
        ("groupings", "Units,west,West,W", "row 4: 'W' is not the code"),
        ("groupings", "Units,west,West,force", "row 4: 'force' is not the code"),
        ("groupings", "Units,coast,Again,N", "code: 'coast' appears twice"),
        ("groupings", "Units,west,West,N", "grouping, area: 'Units N' appears twice"),
        ("groupings", "Parts,North West,West,N", "row 4: 'North West' must be small letters"),
        ("groupings", "Parts,west,,N", "row 4, column 'name'"),
        ("groupings", "Parts,west,West", "row 4: has 3 cells"),
        ("former_names", "W,Westmarsh,2024-03-31", "row 3: 'W' is not the code"),
        ("former_names", "E,Southport,2024-03-31", "row 3: 'Southport' is also a name of another"),
        ("former_names", "E,Northmarsh,2024-03-31", "row 3: 'Northmarsh' is also a name"),
        ("former_names", "E,Eastmarsh,31.3.2024", "row 3, column 'until'"),
        ("former_names", "N,Moor,2024-03-31", "area, until: 'N 2024-03-31' appears twice"),
    ],
)
def test_a_bad_row_of_a_further_table_is_refused_by_its_number(add, tmp_path, table, row, says):
    done = add(**{table: f"{TABLES[table]}{row}\n"})
    assert done.exit_code == 1
    assert f"my-{table}.csv: {says}" in done.output
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []


@pytest.mark.parametrize("table", TABLES)
def test_a_further_table_with_other_columns_is_refused(add, table):
    assert f"my-{table}.csv" in add(**{table: "one,two\n1,2\n"}).output


WORDS = {"area": "town", "areas": "towns", "body": "Towns Council"}
OTHER_WORDS = {
    "area_example": "Southport",
    "force": "Police of the Towns",
    "force_short": "the TP",
    "body_short": "the Council",
    "complaints": "https://towns.example.org/complain?by=form",
}
POSTCODE_WORDS = {"postcode": "zip code", "postcode_example": "E1 1AA"}


def as_options(words):
    return [part for name, text in words.items() for part in ("--word", name, text)]


@pytest.mark.parametrize("with_postcodes", [False, True])
@pytest.mark.parametrize("with_others", [False, True])
def test_words_given_as_options_are_those_of_the_place(add, tmp_path, with_postcodes, with_others):
    given = WORDS | (OTHER_WORDS if with_others else {})
    given |= POSTCODE_WORDS if with_postcodes else {}
    tables = {"postcodes": POSTCODES} if with_postcodes else {}
    done = add(AREAS, None, *as_options(given), **tables)
    assert done.exit_code == 0, done.output
    assert "words of London" not in done.output
    words = places.read_city(tmp_path / "pack")[0].words
    assert {name: getattr(words, name) for name in given} == given
    assert (words.city, words.code_example) == ("Three Towns", "S" if with_others else "N")
    if not with_others:
        assert (words.area_example, words.force) == ("Northmoor", "Towns Police")
        assert (words.force_short, words.body_short) == ("Towns Police", "Towns Council")


def test_a_pack_without_words_says_that_it_has_londons(add, tmp_path):
    assert "Pages will use the words of London" in add().output
    assert places.read_city(tmp_path / "pack")[0].words.city == "London"


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"body": ""}, "body: is empty"),
        ({"areas": " "}, "areas: is empty"),
        ({"area": "t<b>n"}, "area: is longer than 100 signs, or has one of"),
        ({"force_short": "x" * 101}, "force_short: is longer than 100 signs"),
        ({"body_short": "two\nlines"}, "body_short: is longer than 100 signs, or has one of"),
        ({"area_example": "Hackney"}, "area_example: is not the name of an area"),
        ({"complaints": "http://towns.example.org"}, "complaints: is not an address"),
        ({"postcode": "zip code"}, "postcode: a city with a file of postcodes needs"),
        ({"postcode_example": "E1 1AA"}, "postcode: a city with a file of postcodes needs"),
    ],
)
def test_a_word_that_cannot_be_used_is_refused_by_its_name(add, tmp_path, changed, says):
    done = add(AREAS, None, *as_options(WORDS | changed))
    assert done.exit_code == 1
    assert "These words of Three Towns cannot be used. [place.words]" in done.output
    assert says in done.output
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []


def test_a_place_with_postcodes_needs_an_example_that_is_in_them(add):
    for example, says in (("", "needs postcode and"), ("W1 1AA", "is in no district")):
        given = WORDS | {"postcode_example": example}
        assert says in add(AREAS, None, *as_options(given), postcodes=POSTCODES).output


def test_an_unknown_word_is_refused(add):
    assert add(AREAS, None, "--word", "county", "shire").exit_code == 2


@pytest.fixture
def add_in_terminal(tmp_path):
    """Types `place add` in a terminal, with these answers after the files; what it printed."""

    def run(answers, *words, postcodes=""):
        files = {"areas": AREAS, "population": population(), "postcodes": postcodes}
        typed = ["--name", "Three Towns", "--force", "Towns Police", "--time-zone", "UTC"]
        typed += ["--out", str(tmp_path / "pack"), *words]
        for name, content in files.items():
            if content:
                (tmp_path / f"{name}.csv").write_text(content, "utf-8")
                typed += [f"--{name}", str(tmp_path / f"{name}.csv")]
        ours, theirs = pty.openpty()
        try:
            # A terminal keeps what is typed until it is read; control-D ends it.
            os.write(ours, "".join(f"{answer}\n" for answer in answers).encode() + b"\x04")
            command = [sys.executable, "-P", "-m", "api", "place", "add", *typed]
            return subprocess.run(
                command,
                **{"cwd": ROOT, "stdin": theirs, "capture_output": True},
                **{"text": True, "check": False, "timeout": 60},
            )
        finally:
            os.close(ours)
            os.close(theirs)

    return run


def test_a_terminal_is_asked_for_each_word_and_again_while_one_is_wrong(add_in_terminal, tmp_path):
    wrong = ["town", "towns", "Hackney", "", "the TP", "", "Towns Council", "-", "ftp://x"]
    again = ["", "", "Eastleigh", "", "", "", "", "https://towns.example.org/complain"]
    done = add_in_terminal(wrong + again)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "area_example: is not the name of an area in which residents live" in done.stdout
    assert "complaints: is not an address" in done.stdout
    words = places.read_city(tmp_path / "pack")[0].words
    assert (words.area, words.areas, words.area_example) == ("town", "towns", "Eastleigh")
    assert (words.force, words.force_short) == ("Towns Police", "the TP")
    assert (words.body, words.body_short) == ("Towns Council", "Towns Council")
    assert words.complaints == "https://towns.example.org/complain"


def test_a_terminal_is_asked_for_postcodes_where_there_are_any(add_in_terminal, tmp_path):
    given = as_options(WORDS | OTHER_WORDS)
    done = add_in_terminal(["", "E1 1AA"], *given, postcodes=POSTCODES)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "What an area is called" not in done.stdout
    words = places.read_city(tmp_path / "pack")[0].words
    assert (words.postcode, words.postcode_example) == ("postcode", "E1 1AA")


def test_a_terminal_is_asked_again_for_words_that_were_given_wrong(add_in_terminal, tmp_path):
    given = as_options(WORDS | OTHER_WORDS | {"body": "", "postcode": "zip code"})
    again = ["", "", "", "", "", "Towns Council", "", "-", ""]
    done = add_in_terminal(again, *given)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "body: is empty" in done.stdout
    words = places.read_city(tmp_path / "pack")[0].words
    assert (words.body, words.postcode, words.postcode_example) == ("Towns Council", "postcode", "")


def test_a_conversation_that_ends_early_leaves_nothing(add_in_terminal, tmp_path):
    assert add_in_terminal(["town", "towns"]).returncode == 1
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []


def test_a_series_of_a_statistical_office_is_added_up():
    rows = ["period,zone_id,var_id,value", "2021,N,P01001,100", "2021,X,P01001,7"]
    rows += [f"2021,N,P03{n:03},1" for n in range(1, 42)]
    table = "\n".join(rows).encode()
    source = packs.TableSource("ONS series", "2022-06-28", 2021)
    counts = packs.read_residents("series.csv", table, frozenset("N"), source)
    found = {(count.dimension, count.category): count.persons for count in counts}
    assert found["total", "all"] == 100
    assert found["age_sex", "female 0-4"] == found["age_sex", "male 80-84"] == 1
    assert found["age_sex", "female 85+"] == found["age_sex", "male 85+"] == 3
    assert len(found) == 1 + 2 * 18
    assert {count.source for count in counts} == {"ONS series, 2021"}


def test_a_table_of_ethnic_groups_is_added_up_to_five():
    table = b"code,White: Irish,White: Other,Asian: Chinese,Black: African,Mixed: a,Other: b\n"
    source = packs.TableSource("TS021", "2022-11-29", 2021)
    counts = packs.read_residents("t.csv", table + b"N,1,2,4,8,16,32\n", frozenset("N"), source)
    found = {count.category: count.persons for count in counts}
    assert found == {"white": 3, "asian": 4, "black": 8, "mixed": 16, "other": 32}


def test_west_midlands_adds_up_and_touches_both_ways():
    city, counts, _ = places.read_city(places.WEST_MIDLANDS)
    codes = [area.code for area in city.local_areas()]
    assert len(codes) == 7
    packs.check_totals("populations.csv", counts, codes)
    raw = (places.WEST_MIDLANDS / "areas.csv").read_bytes()
    drafts = packs.read_draft_areas("areas.csv", raw)
    assert sum(bool(draft.neighbours) for draft in drafts) == 7
