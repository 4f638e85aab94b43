"""Our own two formats: counts, and deployments one by one."""

import datetime

import pytest

from survey.problems import Invalid
from survey.sources import formats
from tests.london import CITY

KNOWN = datetime.date(2008, 6, 1)
COUNTS = "source,start,end,area,measure,tactic,group,count\n"
ONE = "Force A: uses,2008-01-07,2008-01-13,Hackney,incidents,drawn,all,4\n"
RECORDS = "source,incident,subject,officer_report,date,area,tactics\n"
THREE = (
    "A,i1,s1,r1,2008-01-07,Hackney,drawn; fired\n"
    "A,i1,s1,r2,2008-01-07,Hackney,aimed\n"
    "A,i1,s2,r3,2008-01-08,Hackney,drawn\n"
)


def read(text):
    return formats.read_import("own.csv", text.encode(), city=CITY, known_on=KNOWN)


def test_reads_counts():
    (count,) = read(COUNTS + ONE).counts
    assert (count.area, count.tactic, count.group, count.count) == ("E09000012", "drawn", "all", 4)


def test_the_group_may_be_left_out():
    (count,) = read(COUNTS.replace(",group", "") + ONE.replace(",all", "")).counts
    assert count.group == "all"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("2008-01-13", "2008-01-01", "ends on 2008-01-01, before it starts on 2008-01-07"),
        ("2008-01-13", "2008-06-02", "2008-06-02 is after 2008-06-01"),
        ("2008-01-07", "07/01/2008", "'07/01/2008' is not a date such as"),
        ("Hackney", "Paris", "'Paris' is not an area in London"),
        ("incidents", "uses", "'uses' is not one of officer_reports, subjects, incidents"),
        ("drawn", "shown", "'shown' is not one of angled_drive_stunned"),
        (",all,", ",Black,", "'Black' is neither 'all' nor"),
        (",4\n", ",-4\n", "'-4' is not a whole number"),
        (",4\n", ",4.5\n", "'4.5' is not a whole number"),
        (",4\n", ",99999999999\n", "is too large to be true"),
        (",4\n", ",\n", "'' is not a whole number"),
    ],
)
def test_refuses_counts_that_cannot_be(old, new, words):
    with pytest.raises(Invalid) as refusal:
        read(COUNTS + ONE.replace(old, new))
    assert words in refusal.value.sentence


def test_refuses_a_count_that_stands_twice():
    with pytest.raises(Invalid, match="this figure appears twice"):
        read(COUNTS + ONE + ONE.replace("Hackney", "E09000012").replace(",4\n", ",5\n"))


def test_refuses_periods_that_overlap_and_two_publishers_in_one_file():
    week = ONE.replace("2008-01-07,2008-01-13", "2008-01-10,2008-01-16")
    with pytest.raises(Invalid, match="overlaps with 2008-01-07 to 2008-01-13"):
        read(COUNTS + ONE + week)
    with pytest.raises(Invalid, match="row 3, column 'source': differs from"):
        read(COUNTS + ONE + ONE.replace("Force A", "Force B"))


@pytest.mark.parametrize("name", ["", "=1+1", "@x", "x" * 200, "a\x07b"])
def test_refuses_what_is_no_name_of_a_source(name):
    with pytest.raises(Invalid, match="column 'source'"):
        read(COUNTS + ONE.replace("Force A: uses", name))


def test_deployments_count_by_all_three_rules():
    found = {(c.measure, c.tactic): c.count for c in read(RECORDS + THREE).counts}
    assert found == {
        ("officer_reports", "fired"): 1,
        ("officer_reports", "aimed"): 1,
        ("officer_reports", "drawn"): 1,
        ("officer_reports", "ced"): 3,
        ("subjects", "fired"): 1,
        ("subjects", "drawn"): 1,
        ("subjects", "ced"): 2,
        ("incidents", "fired"): 1,
        ("incidents", "ced"): 1,
    }


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (",r2,", ",r1,", "officer_report 'r1': appears in 2 rows"),
        ("i1,s2", ",s2", "row 4, column 'incident': is empty"),
        ("aimed", "waved", "'waved' is not one of"),
        ("aimed", "", "'' is not one of"),
        ("2008-01-08", "2009-01-08", "2009-01-08 is after"),
    ],
)
def test_refuses_deployments_that_cannot_be(old, new, words):
    with pytest.raises(Invalid) as refusal:
        read(RECORDS + THREE.replace(old, new))
    assert words in refusal.value.sentence
