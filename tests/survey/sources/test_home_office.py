"""Home Office tables of several editions: known by title and headings, for London's two forces."""

import csv
import datetime
import io
import zipfile

import pytest

from survey.files import cells
from survey.problems import Invalid
from survey.sources import formats
from tests.files.spreadsheets import ods
from tests.london import CITY

KNOWN = datetime.date(2024, 6, 1)
TITLE = "Table 13. Use of CED by type and police force: 1 April 2017 to 31 March 2018"
TYPES = ["Drawn ", "Aimed", "Red-dot", "Arced", "Drive stun", "Fired", "Angled drive stun"]
HEADINGS = ["Region", "Police force", "Total", *TYPES, "CED not \nstated"]
MET = ["London", "Metropolitan", 28, 1, 2, 3, 4, 5, 6, 7, 0]
LONDON_TOTAL = ["London", "*Total London ", 28, 1, 2, 3, 4, 5, 6, 7, 0]


def workbook_of(met=MET, headings=HEADINGS, title=TITLE):
    return ods(
        Contents=[["Contents"]],
        Table_13=[[title], [], headings, ["Wales", "Gwent", "*", "", ""], LONDON_TOTAL, met],
    )


def read(content, name="tables.ods"):
    return formats.read_import(name, content, city=CITY, known_on=KNOWN)


def by_tactic(found, start=datetime.date(2017, 4, 1), area="E23000001"):
    return {
        c.tactic: c.count
        for c in found.counts
        if (c.area, c.start, c.group, c.measure) == (area, start, "all", "officer_reports")
    }


def test_reads_the_force_and_leaves_subtotals_and_other_places():
    found = read(workbook_of())
    assert by_tactic(found) == {
        "ced": 28,
        "drawn": 1,
        "aimed": 2,
        "red_dotted": 3,
        "arced": 4,
        "drive_stunned": 5,
        "fired": 6,
        "angled_drive_stunned": 7,
        "not_stated": 0,
    }
    assert {c.end.isoformat() for c in found.counts} == {"2018-03-31"}


def test_reads_the_year_from_its_column():
    content = workbook_of(["2018/19", *MET], ["Financial year", *HEADINGS])
    assert by_tactic(read(content), datetime.date(2018, 4, 1))["ced"] == 28


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (workbook_of([*MET[:2], 29, *MET[3:]]), "column 'Total': is 29, the types give 28"),
        (workbook_of([*MET[:3], "*", *MET[4:]]), "row 6, column 'drawn': '*' is not a count"),
        (workbook_of([*MET[:3], -1, *MET[4:]]), "-1 is not a whole number"),
        (workbook_of([*MET[:3], 1.5, *MET[4:]]), "1.5 is not a whole number"),
        (workbook_of(headings=["Region", "Police force", "Total"]), "no column for aimed"),
        (workbook_of(headings=["Region", "Total"]), "no row of headings"),
        (workbook_of(title=TITLE.replace("2018", "2028")), "2028-03-31 is after 2024-06-01"),
        (workbook_of(title="Use of CED by type and police force"), "no period was found"),
    ],
)
def test_refuses_and_names_sheet_row_and_column(content, words):
    with pytest.raises(Invalid) as refusal:
        read(content)
    assert words in refusal.value.sentence
    assert "sheet 'Table_13'" in refusal.value.sentence


def test_refuses_a_workbook_without_the_table():
    with pytest.raises(Invalid) as refusal:
        read(ods(Sheet1=[["Something", "else"]]))
    assert "0 such tables" in refusal.value.remedy


def test_refuses_a_broken_workbook():
    with pytest.raises(Invalid) as refusal:
        read(workbook_of()[:-200])
    assert refusal.value.code == "file.format"


@pytest.mark.parametrize(
    ("title", "period"),
    [
        ("x: 1 april 2017 to 31 march 2019", ("2017-04-01", "2019-03-31")),
        ("x: january to march 2017", ("2017-01-01", "2017-03-31")),
        ("x: january to december 2016 revisions", ("2016-01-01", "2016-12-31")),
        ("x, police force and region, 2015", ("2015-01-01", "2015-12-31")),
    ],
)
def test_periods_in_words(title, period):
    assert tuple(day.isoformat() for day in cells.period_in_title(title)) == period


@pytest.mark.parametrize("text", ["2017", "2017/19", "2017-18", ""])
def test_refuses_other_years(text):
    with pytest.raises(ValueError, match="financial year"):
        cells.parse_financial_year(text)


@pytest.fixture(scope="module")
def published(shared):
    folder = shared / "data" / "deployments" / "homeoffice"
    return {p.name: read(p.read_bytes(), p.name) for p in sorted(folder.glob("*.ods"))}


@pytest.mark.parametrize(
    ("edition", "start", "devices"),
    [
        ("devices-2016", "2015-01-01", 1_954),
        ("devices-2016", "2016-01-01", 2_072),
        ("hosb3018", "2016-01-01", 2_072),
        ("hosb3018", "2017-01-01", 578),
        ("hosb3018", "2017-04-01", 4_951),
        ("hosb3319", "2018-04-01", 7_396),
        ("hosb3720", "2019-04-01", 10_068),
    ],
)
def test_the_mets_use_of_devices_as_published(published, edition, start, devices):
    found = next(found for name, found in published.items() if edition in name)
    tactics = by_tactic(found, datetime.date.fromisoformat(start))
    assert tactics["ced"] == devices == sum(n for t, n in tactics.items() if t != "ced")


def by_group(found, dimension, area="E23000001"):
    """The counts of a dimension's categories, by the category's own name."""
    return {
        c.group.partition(":")[2]: c.count
        for c in found.counts
        if c.area == area and c.group.startswith(f"{dimension}:")
    }


GROUPS = {
    "hosb3319": {
        "age": (0, 783, 4_461, 1_625, 492, 35, 0),
        "sex": (6_961, 426, 9, 0),
        "ethnicity_officer": (3_017, 3_055, 745 + 27, 214, 223, 115),
        "health": (1_416, 41, 33, 5_906, 0),
    },
    "hosb3720": {
        "age": (0, 1_330, 6_018, 2_104, 576, 40, 0),
        "sex": (9_498, 558, 12, 0),
        "ethnicity_officer": (3_813, 4_453, 1_071, 310, 310, 111),
        "health": (1_659, 55, 39, 8_315, 0),
    },
}


@pytest.mark.parametrize("edition", GROUPS)
@pytest.mark.parametrize("dimension", ["age", "sex", "ethnicity_officer", "health"])
def test_the_mets_use_of_devices_by_group(published, edition, dimension):
    found = next(found for name, found in published.items() if edition in name)
    assert tuple(by_group(found, dimension).values()) == GROUPS[edition][dimension]


CLEANED_BY_OTHERS = {
    "taser-use-by-age.csv": (
        "age",
        {"0-11": "0-10", "11-17": "11-17", "18-34": "18-34", "35-49": "35-49", "65+": "65+"},
    ),
    "taser-use-by-ethnicity.csv": (
        "ethnicity_officer",
        {"White": "white", "Black (or Black British)": "black", "Mixed": "mixed"},
    ),
}


@pytest.mark.parametrize("file", CLEANED_BY_OTHERS)
def test_agrees_with_what_others_made_of_the_tables(published, shared, file):
    dimension, names = CLEANED_BY_OTHERS[file]
    path = shared / "data" / "deployments" / "homeoffice" / "cleaned" / file
    rows = csv.DictReader(path.read_text().splitlines())
    compared = 0
    for row in rows:
        force = {"Metropolitan": "E23000001", "City of London": "E23000034"}.get(
            row["Police Force"]
        )
        if force and row["variable"] in names:
            edition = {"2019": "hosb3319", "2020": "hosb3720"}[row["ytd"][:4]]
            found = next(found for name, found in published.items() if edition in name)
            ours = by_group(found, dimension, force)[names[row["variable"]]]
            assert ours == int(float(row["value"]))
            compared += 1
    assert compared == 4 * len(names)


@pytest.mark.parametrize(
    ("edition", "incidents"), [("hosb3018", 61_016), ("hosb3319", 129_729), ("hosb3720", 157_705)]
)
def test_incidents_are_another_measure(published, edition, incidents):
    found = next(found for name, found in published.items() if edition in name)
    (met,) = [c for c in found.counts if (c.area, c.measure) == ("E23000001", "incidents")]
    assert (met.tactic, met.count) == ("force", incidents)


def repacked(content, old, new):
    """The same workbook with its text changed."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(changed, "w") as after:
        for name in before.namelist():
            after.writestr(name, before.read(name).replace(old, new, 1))
    return changed.getvalue()


@pytest.mark.parametrize(
    ("old", "new", "seen"),
    [
        (b"</table:table>", b"</tabl", "XML that is broken"),
        (b"<table:table-row>", b'<table:table-row table:number-rows-repeated="9999999">', "filled"),
        (b"<table:table-row>", b'<table:table-row table:number-rows-repeated="-1">', "repeated"),
        (b"?><", b'?><!DOCTYPE x [<!ENTITY a "aaa">]><', "a document type"),
        (b'encoding="UTF-8"', b'encoding="UTF-X"', "unknown encoding"),
    ],
)
def test_a_workbook_that_would_loop_or_swell_is_not_opened(old, new, seen):
    with pytest.raises(Invalid) as refusal:
        read(repacked(workbook_of(), old, new))
    assert refusal.value.code == "file.format"
    assert seen in refusal.value.remedy
