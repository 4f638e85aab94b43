"""The summary of an imported file: numbers agree with their nouns, and years are never added up."""

import datetime

import pytest

from api.operations import imports
from survey.deployments import DeploymentCount, Import
from survey.sentences import with_noun


def iso_date(text):
    return datetime.date.fromisoformat(text)


def uses_count(start, end, count, *, group="all", tactic="ced"):
    return DeploymentCount(
        area="E23000001",
        start=iso_date(start),
        end=iso_date(end),
        measure="officer_reports",
        tactic=tactic,
        group=group,
        count=count,
    )


def summary_lines(*counts):
    found = Import(
        source="A", file="f.csv", sha256="", known_on=iso_date("2024-06-01"), counts=counts
    )
    return imports.import_summary(found)


def test_years_are_told_one_by_one_and_never_added_up():
    lines = summary_lines(
        uses_count("2018-04-01", "2019-03-31", 7445),
        uses_count("2017-04-01", "2018-03-31", 5027),
        uses_count("2017-01-01", "2017-12-31", 4000),
    )
    assert lines == [
        "Saved f.csv (A), taken as published on 1 June 2024.",
        "3 figures for 1 area, 1 January 2017 to 31 March 2019.",
        "Uses of a conducted energy device, officer reports: 4,000 in 2017, "
        "5,027 in Apr 2017 to Mar 2018, 7,445 in Apr 2018 to Mar 2019.",
    ]


def test_months_and_weeks_are_added_up_within_their_year():
    months = [uses_count(f"2023-{month:02}-01", f"2023-{month:02}-28", 2) for month in range(1, 13)]
    lines = summary_lines(*months, uses_count("2024-01-01", "2024-01-31", 5))
    assert lines[-1] == "Uses of a conducted energy device, officer reports: 24 in 2023, 5 in 2024."


def test_the_young_are_told_of_the_year_of_which_all_ages_are_known():
    year = ("2018-04-01", "2019-03-31")
    lines = summary_lines(
        uses_count("2017-04-01", "2018-03-31", 9),
        uses_count(*year, 10),
        uses_count(*year, 3, group="age:0-10"),
        uses_count(*year, 7, group="age:18-34"),
    )
    assert lines[-1].endswith("9 in Apr 2017 to Mar 2018, 10 in Apr 2018 to Mar 2019 "
                              "(3 of them under 18).")  # fmt: skip


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 areas"), (1, "1 area"), (2, "2 areas"), (1430, "1,430 areas")]
)
def test_a_number_and_its_noun_agree(number, words):
    assert with_noun(number, "area") == words
    assert with_noun(number, "match", "matches").startswith(f"{number:,} match")
