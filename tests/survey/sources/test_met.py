"""The Met's use of force by borough and month: rows are parts, and parts are summed."""

import datetime

import pytest

from survey.sources import formats
from tests.london import CITY

KNOWN = datetime.date(2024, 6, 1)
HEADER = (
    "Date,Borough,CED Used,Firearms Aimed,SubjectEthnicity_Chinese,"
    "SubjectEthnicity_Asian (or Asian British),SubjectEthnicity_Don't know,UseOfForceCount\n"
)
SMALL = (
    HEADER + "2023-04-01,Hackney,1,0,1,2,0,3\n"
    "2023-04-01,Hackney,1,0,1,2,0,3\n"
    "2023-05-01,City of Westminster,0,0,0,0,2,2\n"
    "2023-04-01,Out of force,0,0,0,0,0,0\n"
)


def read(text):
    return formats.read_import("met.csv", text.encode(), city=CITY, known_on=KNOWN)


def figures(found):
    return {(c.area, c.start.month, c.tactic, c.group): c.count for c in found.counts}


def test_sums_rows_even_those_that_are_alike():
    found = figures(read(SMALL))
    assert found[("E09000012", 4, "force", "all")] == 6
    assert found[("E09000012", 4, "ced", "all")] == 2
    assert found[("E09000012", 4, "force", "ethnicity_officer:asian")] == 6
    assert found[("E09000033", 5, "force", "ethnicity_officer:unknown")] == 2


def test_a_zero_in_the_file_is_a_zero():
    assert figures(read(SMALL))[("out-of-force", 4, "force", "all")] == 0


def test_a_count_covers_its_month():
    april = read(SMALL).counts[0]
    assert (april.start.isoformat(), april.end.isoformat()) == ("2023-04-01", "2023-04-30")
    assert april.measure == "officer_reports"


def test_the_order_of_columns_does_not_matter():
    turned = "UseOfForceCount,CED Used,Borough,Date\n3,1,Hackney,2023-04-01\n"
    assert figures(read(turned))[("E09000012", 4, "force", "all")] == 3


def test_windows_text_is_read():
    content = SMALL.encode("cp1252").replace(b"\n", b"\r\n")
    assert formats.read_import("met.csv", content, city=CITY, known_on=KNOWN).counts


def test_the_same_bytes_have_the_same_mark():
    assert read(SMALL).sha256 == read(SMALL).sha256 != read(SMALL + "\n").sha256


def test_the_year_2023_24_as_published(shared):
    path = shared / "data" / "deployments" / "mps_uof_by_borough_month_fy23-24.csv"
    counts = formats.read_import(path.name, path.read_bytes(), city=CITY, known_on=KNOWN).counts
    total = {}
    for c in counts:
        total[(c.tactic, c.group)] = total.get((c.tactic, c.group), 0) + c.count
    assert total[("force", "all")] == 101_558
    assert total[("ced", "all")] == 5_480
    assert sum(n for (_, group), n in total.items() if group != "all") == 101_558
    assert len({(c.area, c.start) for c in counts}) == 34 * 12


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("2023-04-01,Hackny,1,0,1,2,0,3", "row 2, column 'borough': 'Hackny' is not an area"),
        ("Hackney,2023-04-01,1,0,1,2,0,3", "'2023-04-01' is not an area"),
        ("2023-04-02,Hackney,1,0,1,2,0,3", "'2023-04-02' is not the first day of a month"),
        ("2024-06-01,Hackney,1,0,1,2,0,3", "2024-06-30 is after 2024-06-01"),
        ("2023-04-01,Hackney,4,0,1,2,0,3", "'CED Used' is 4, more than"),
        ("2023-04-01,Hackney,1,0,1,1,0,3", "the ethnicities add up to 2, not to 3"),
        ("2023-04-01,Hackney,-1,0,1,2,0,3", "'-1' is not a whole number"),
        ("2023-04-01,Hackney,1,0,1,2,0,3.5", "'3.5' is not a whole number"),
        ("2023-04-01,Hackney,1,0,1,2,0", "row 2: has 7 cells where the header has 8"),
    ],
)
def test_refuses_what_cannot_be(row, words):
    with pytest.raises(Exception, match=r"met\.csv") as refusal:
        read(HEADER + row + "\n")
    assert words in refusal.value.sentence
