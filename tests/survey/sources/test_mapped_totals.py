"""Totals of a mapped file with groups, over the kinds of files that publishers make."""

from collections import Counter

import pytest

from survey.problems import Invalid
from survey.sources import mappings
from survey.sources.mappings import reading
from tests.london import CITY
from tests.survey.sources.test_mapped import KNOWN

MAP = """
source = "Force A: uses"
period = "month"
[columns]
area = "Where"
start = "When"
tactic = "What"
{columns}
[groups]
"Black" = "ethnicity_officer:black"
"White" = "ethnicity_officer:white"
"Young" = "age:18-34"
"Old" = "age:65+"
"Total" = "all"
{words}
"""
ONE, TWO = 'group = "Who"', 'group = ["Who", "Age"]'
COUNTED = 'count = "Uses"'
BLACK, WHITE, YOUNG = "ethnicity_officer:black", "ethnicity_officer:white", "age:18-34"
# Four uses as an incident file has them, one a row: of one nobody wrote down the ethnicity.
USES = (
    ("fired", "Black", "Young"),
    ("drawn", "Black", "Old"),
    ("fired", "", "Young"),
    ("fired", "White", ""),
)


def read(rows, columns, words=""):
    lines = [",".join(("Brent", "2024-01-05", *map(str, row))) for row in rows]
    text = "\n".join(("Where,When,What,Who,Age,Uses", *lines)) + "\n"
    by = mappings.read_mapping("map.toml", MAP.format(columns=columns, words=words).encode())
    return reading.read_mapped("f.csv", text.encode(), by=by, city=CITY, known_on=KNOWN)


def by_group(found):
    tally = Counter()
    for one in found.counts:
        tally[one.group] += one.count
    return tally


@pytest.mark.parametrize("columns", [ONE, TWO], ids=["one", "two"])
@pytest.mark.parametrize("blank", [True, False], ids=["blank", "none blank"])
def test_where_each_row_is_a_use_the_total_has_all_of_them(columns, blank):
    """Rows without an ethnicity alone were the total: 2 of 4, and 1 of 3 fired."""
    rows = [(what, who or ("" if blank else "White"), age, 1) for what, who, age in USES]
    found = read(rows, columns)
    tally = by_group(found)
    assert (tally["all"], tally[BLACK], tally[WHITE]) == (4, 2, 1 if blank else 2)
    assert tally[YOUNG] == (2 if columns == TWO else 0)
    assert {c.tactic: c.count for c in found.counts if c.group == "all"} == {"fired": 3, "drawn": 1}
    without = int(blank and columns == ONE)
    assert found.notes == (
        f"Totals are the sums of the file's rows: 4. Rows without a group: {without}.",
    )


@pytest.mark.parametrize("columns", [ONE, TWO], ids=["one", "two"])
def test_counts_by_group_without_totals_are_added_up(columns):
    rows = [("fired", "Black", "Young", 3), ("fired", "White", "Young", 4)]
    found = read(rows, f"{columns}\n{COUNTED}")
    assert by_group(found) == Counter(
        {"all": 7, BLACK: 3, WHITE: 4} | ({YOUNG: 7} if columns == TWO else {})
    )
    assert found.notes[0].startswith("Totals are the sums")


def test_totals_of_the_file_itself_are_taken_as_they_are():
    """Of 9 uses two were of people whose ethnicity is not published."""
    rows = [("fired", "Black", "", 3), ("fired", "White", "", 4), ("fired", "Total", "", 9)]
    found = read(rows, f"{ONE}\n{COUNTED}")
    assert by_group(found) == Counter({"all": 9, BLACK: 3, WHITE: 4})
    assert found.notes == ()


@pytest.mark.parametrize(
    ("words", "total", "unknown"),
    [('"" = "all"', 9, 0), ('"" = "ethnicity_officer:unknown"', 12, 9), ('"" = ""', 3, 0)],
)
def test_a_mapping_says_what_a_blank_among_counts_is(words, total, unknown):
    rows = [("fired", "Black", "", 3), ("fired", "", "", 9)]
    tally = by_group(read(rows, f"{ONE}\n{COUNTED}", words))
    assert (tally["all"], tally["ethnicity_officer:unknown"]) == (total, unknown)


@pytest.mark.parametrize(
    ("rows", "columns", "code"),
    [
        ([("fired", "Black", "", 3), ("fired", "", "", 9)], ONE, "totals.blank"),
        ([("fired", "Total", "", 9), ("fired", "", "", 9)], ONE, "totals.blank"),
        ([("fired", "Black", "Young", 3), ("fired", "White", "", 9)], TWO, "totals.blank"),
        ([("fired", "Black", "", 3), ("fired", "Young", "", 9)], ONE, "totals.missing"),
        ([("fired", "Black", "Young", 3), ("fired", "Old", "Young", 9)], TWO, "totals.missing"),
        ([("fired", "Black", "Young", 3), ("fired", "Total", "Total", 9)], TWO, "totals.combina"),
        ([("fired", "Black", "Total", 3), ("fired", "Black", "Young", 1)], TWO, "totals.combina"),
    ],
)
def test_counts_whose_total_cannot_be_told_are_refused(rows, columns, code):
    with pytest.raises(Invalid) as refusal:
        read(rows, f"{columns}\n{COUNTED}")
    assert refusal.value.code.startswith(code)
    assert "Nothing was saved." in refusal.value.remedy
