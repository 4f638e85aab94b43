"""Counts in any file, by a mapping that says which column holds what."""

import datetime
import json

import msgspec
import pytest

from survey.problems import Invalid
from survey.sources import mappings
from survey.sources.mappings import reading
from tests.london import CITY

KNOWN = datetime.date(2024, 6, 1)
MAP = """
source = "Force A: uses"
licence = "Open Government Licence v3.0"
dates = "%d/%m/%Y"
[columns]
area = "Where"
start = "When"
count = "Uses"
tactic = "What"
group = "Who"
[areas]
"The North" = "Hackney"
"Everywhere" = ""
[tactics]
"Taser fired" = "fired"
"Handcuffs" = ""
[groups]
"Black" = "ethnicity_officer:black"
"Total" = "all"
"""
FILE = (
    "Where;When;What;Who;Uses;Station\n"
    "The North;03/01/2024;Taser fired;Black;2;x\n"
    "Hackney;31/01/2024;Taser fired;Black;3;y\n"
    "Brent;01/02/2024;drawn;Total;1;z\n"
    "Everywhere;01/02/2024;drawn;Total;9;z\n"
    "Brent;01/02/2024;Handcuffs;Total;9;z\n"
)


def mapping(text=MAP):
    return mappings.read_mapping("map.toml", text.encode())


def read(text=FILE, by=MAP, known_on=KNOWN):
    return reading.read_mapped("f.csv", text.encode(), by=mapping(by), city=CITY, known_on=known_on)


def figures(found):
    return {(c.area, str(c.start), str(c.end), c.tactic, c.group): c.count for c in found.counts}


def test_columns_words_and_dates_are_read_as_the_mapping_says():
    found = read()
    assert figures(found) == {
        ("E09000012", "2024-01-01", "2024-01-31", "fired", "ethnicity_officer:black"): 5,
        ("E09000005", "2024-02-01", "2024-02-29", "drawn", "all"): 1,
    }
    assert {c.measure for c in found.counts} == {"officer_reports"}


def test_the_import_carries_its_publisher_licence_and_what_was_left_out():
    found = read()
    assert found.source == "Force A: uses"
    assert found.notes == ("Open Government Licence v3.0", "Rows that the mapping leaves out: 2.")


def test_without_a_column_of_counts_every_row_is_one():
    found = read(by=MAP.replace('count = "Uses"\n', ""))
    assert figures(found) == {
        ("E09000012", "2024-01-01", "2024-01-31", "fired", "ethnicity_officer:black"): 2,
        ("E09000012", "2024-01-01", "2024-01-31", "fired", "all"): 2,
        ("E09000005", "2024-02-01", "2024-02-29", "drawn", "all"): 1,
    }


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [
        ("day", "2024-01-31", "2024-01-31"),
        ("week", "2024-01-29", "2024-02-04"),
        ("quarter", "2024-01-01", "2024-03-31"),
        ("year", "2023-01-01", "2023-12-31"),
    ],
)
def test_the_period_around_a_day(period, start, end):
    day = "31/01/2023" if period == "year" else "31/01/2024"
    text = f"Where;When;What;Who;Uses\nBrent;{day};drawn;Total;1\n"
    (count,) = read(text, f'period = "{period}"\n{MAP}').counts
    assert (str(count.start), str(count.end)) == (start, end)


def test_a_mapping_may_be_json_and_the_template_is_one():
    as_json = json.dumps(msgspec.to_builtins(mapping()))
    assert mapping(as_json) == mapping()
    assert mapping(mappings.TEMPLATE.read_text()).always.tactic == "ced"


def test_a_corrected_mapping_makes_another_version_of_the_same_file():
    corrected = MAP.replace('"fired"', '"aimed"')
    assert read().sha256 == read().sha256 != read(by=corrected).sha256


ROWS = [
    ("The North", "Paris", "row 2, column 'where': 'Paris' is not an area in London"),
    ("03/01/2024", "2024-01-03", "'2024-01-03' is not a date as '%d/%m/%Y'"),
    ("03/01/2024", "03/07/2024", "2024-07-31 is after 2024-06-01"),
    ("Taser fired;Black;2", "Baton;Black;2", "column 'what': 'Baton' is not one of"),
    ("Black;2", "Green;2", "column 'who': 'Green' is neither 'all' nor"),
    ("Black;2", "Black;2.5", "column 'uses': '2.5' is not a whole number"),
    ("Black;2", "Black;=2+3", "column 'uses': '=2+3' is not a whole number"),
    ("Black;2;x\n", "Black;2\n", "row 2: has 5 cells where the header has 6"),
]


@pytest.mark.parametrize(("old", "new", "sentence"), ROWS)
def test_refuses_rows_that_cannot_be(old, new, sentence):
    with pytest.raises(Invalid) as refusal:
        read(FILE.replace(old, new, 1))
    assert sentence in refusal.value.sentence


MAPPINGS = [
    (MAP.replace("Force A: uses", "=cmd()"), "source: '=cmd()' is not the name"),
    (MAP.replace("Force A: uses", ""), "source: is empty"),
    (MAP.replace('"fired"', '"shot"'), "tactics.Taser fired: 'shot' is not one of"),
    (MAP.replace("ethnicity_officer:black", "Black"), "groups.Black: 'Black' is neither"),
    (MAP + '[always]\nmeasure = "deaths"\n', "always.measure: 'deaths' is not one of"),
]


@pytest.mark.parametrize(("text", "sentence"), MAPPINGS)
def test_refuses_a_mapping_with_words_that_are_not_ours(text, sentence):
    with pytest.raises(Invalid) as refusal:
        mapping(text)
    assert sentence in refusal.value.sentence


BROKEN = [
    (MAP.replace("area =", "aera ="), "Object contains unknown field `aera`"),
    (MAP.replace("licence", "license"), "unknown field `license`"),
    (MAP + "[", "Seen:"),
    ("x\0y", "Seen:"),
    ('dates = "%d"', "missing required field"),
    (MAP.replace("licence", 'encoding = "utf-16"\nlicence'), "Invalid enum value"),
]


@pytest.mark.parametrize(("text", "seen"), BROKEN)
def test_refuses_a_file_that_is_no_mapping(text, seen):
    with pytest.raises(Invalid) as refusal:
        mapping(text)
    assert seen in refusal.value.remedy
    assert "--mapping-template" in refusal.value.remedy


def test_a_column_that_the_file_does_not_have_is_told_with_what_was_seen():
    with pytest.raises(Invalid) as refusal:
        read(by=MAP.replace('"Where"', '"District"'))
    assert "Expected the columns District, When" in refusal.value.remedy
    assert "where, when, what" in refusal.value.remedy


def test_a_mapping_that_leaves_everything_out_is_refused():
    with pytest.raises(Invalid, match="not the file that was expected"):
        read("Where;When;What;Who;Uses\nEverywhere;01/02/2024;drawn;Total;9\n")
