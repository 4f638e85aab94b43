"""Use of Taser by specially trained units, 2007 to 2010: one row a force."""

import datetime

import pytest

from survey.problems import Invalid
from survey.sources import formats
from tests.london import CITY

KNOWN = datetime.date(2010, 9, 1)
HEADER = "force,discharges,drive_stuns,arced,red_dot,aimed,drawn,not_stated,total_used\n"


def read(text, known_on=KNOWN):
    return formats.read_import("units.csv", text.encode(), city=CITY, known_on=known_on)


def test_keeps_the_city_s_forces_only():
    found = read(HEADER + "Gwent Police,1,0,0,0,0,0,0,1\nMetropolitan Police,2,1,0,3,0,0,0,6\n")
    assert {c.area for c in found.counts} == {"E23000001"}
    assert {c.tactic: c.count for c in found.counts}["fired"] == 2
    assert {c.tactic: c.count for c in found.counts}["ced"] == 6


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("Metropolitan Police,2,1,0,3,0,0,0,7", "the uses add up to 6, not to 7"),
        ("Metropolitan Police,2,1,0,3,0,0,,6", "'' is not a whole number"),
        ("Metropolitan Police,2,1,0,3,0,0,0,6\nMetropolitan,2,1,0,3,0,0,0,6", "appears twice"),
        ("2,Metropolitan Police,1,0,3,0,0,0,6", "'Metropolitan Police' is not a whole number"),
    ],
)
def test_refuses_what_cannot_be(row, words):
    with pytest.raises(Invalid) as refusal:
        read(HEADER + row + "\n")
    assert words in refusal.value.sentence


def test_refuses_a_file_known_before_its_period_ended():
    with pytest.raises(Invalid, match="2010-03-31 is after 2008-01-01"):
        read(HEADER + "Metropolitan Police,2,1,0,3,0,0,0,6\n", datetime.date(2008, 1, 1))


def test_refuses_a_file_without_a_force_of_the_city():
    with pytest.raises(Invalid) as refusal:
        read(HEADER + "Gwent Police,1,0,0,0,0,0,0,1\n")
    assert "a police force of London" in refusal.value.remedy


def test_the_trial_s_708_as_published(shared):
    name = "taser_specially_trained_units_2007-09_to_2010-03.csv"
    path = shared / "data" / "deployments" / "homeoffice" / name
    found = formats.read_import(name, path.read_bytes(), city=CITY, known_on=KNOWN)
    met = {c.tactic: c.count for c in found.counts if c.area == "E23000001"}
    assert met == {
        "fired": 92,
        "drive_stunned": 9,
        "arced": 23,
        "red_dotted": 370,
        "aimed": 42,
        "drawn": 172,
        "not_stated": 0,
        "ced": 708,
    }
