"""Taser use of 2004 to 2010 as the Home Office published it in March 2010: total and by quarter."""

import datetime

import pytest

from survey.problems import Invalid
from survey.sources import formats
from tests.london import CITY

KNOWN = datetime.date(2010, 9, 1)
QUARTERS = ("2009-04_06", "2010-01_03")
WHAT = ("firings", "drive_stuns", "non_discharges", "totals")
HEADER = ",".join(("force", *(f"{q}_{what}" for what in WHAT for q in QUARTERS))) + "\n"
MET = "Metropolitan Police,6,8,2,0,48,53,56,61\n"


def read(text, known_on=KNOWN):
    return formats.read_import("quarters.csv", text.encode(), city=CITY, known_on=known_on)


def test_each_quarter_is_a_period_and_its_parts_make_its_total():
    found = {
        (c.start.isoformat(), c.end.isoformat(), c.tactic): c.count
        for c in read(HEADER + MET).counts
    }
    assert found["2009-04-01", "2009-06-30", "fired"] == 6
    assert found["2009-04-01", "2009-06-30", "not_discharged"] == 48
    assert found["2010-01-01", "2010-03-31", "ced"] == 61
    assert len(found) == 8


REFUSED = [
    (HEADER + MET.replace(",56,", ",57,"), "the uses of a quarter add up to 56, not to 57"),
    (HEADER + MET.replace(",6,", ",,"), "'' is not a whole number"),
    (HEADER + MET * 2, "appears twice"),
]


@pytest.mark.parametrize(("text", "sentence"), REFUSED)
def test_refuses_what_cannot_be(text, sentence):
    with pytest.raises(Invalid) as refusal:
        read(text)
    assert sentence in refusal.value.sentence


def test_refuses_a_quarter_without_its_total_and_a_day_before_its_end():
    with pytest.raises(Invalid) as refusal:
        read(HEADER.replace("2010-01_03_totals", "x") + MET)
    assert "no ced from 2010-01-01" in refusal.value.remedy
    with pytest.raises(Invalid, match="2010-03-31 is after 2010-01-01"):
        read(HEADER + MET, datetime.date(2010, 1, 1))


REAL = [
    ("taser_specially_trained_units_2009-10_by_quarter.csv", (34, 3, 183), (56, 64, 39, 61)),
    ("cleaned/taser-use/pre-2011/table2-2009-2010.csv", (99, 14, 202), (67, 85, 69, 94)),
]


@pytest.mark.parametrize(("file", "parts", "totals"), REAL)
def test_the_mets_quarters_as_published(shared, file, parts, totals):
    content = (shared / "data" / "deployments" / "homeoffice" / file).read_bytes()
    counts = [c for c in read(content.decode()).counts if c.area == "E23000001"]
    of = {t: [c.count for c in counts if c.tactic == t] for t in {c.tactic for c in counts}}
    assert tuple(sum(of[t]) for t in ("fired", "drive_stunned", "not_discharged")) == parts
    assert tuple(of["ced"]) == totals
    assert len({c.start for c in counts}) == 4


def test_all_use_is_another_source_than_that_of_the_units(shared):
    folder = shared / "data" / "deployments" / "homeoffice"
    table = folder / "cleaned" / "taser-use" / "pre-2011" / "table1-2004-2010-total.csv"
    found = read(table.read_text())
    met = {c.tactic: c.count for c in found.counts if c.area == "E23000001"}
    assert (met["ced"], met["fired"], met["not_stated"]) == (1_173, 401, 3)
    units = folder / "taser_specially_trained_units_2007-09_to_2010-03.csv"
    assert found.source != read(units.read_text()).source
