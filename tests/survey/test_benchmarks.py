"""Residents between two censuses are on a straight line; outside them the nearest census counts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey.places import ResidentCount, populations_in_year


def census_count(year, persons, category="all"):
    return ResidentCount(
        area="E1",
        year=year,
        dimension="total",
        category=category,
        persons=persons,
        source="a census",
        published="2022",
    )


COUNTS = [census_count(2011, 2000), census_count(2001, 1000)]


@pytest.mark.parametrize(
    ("year", "persons", "basis"),
    [
        (2007, 1600, "straight line between the censuses of 2001 and 2011"),
        (2001, 1000, "census of 2001"),
        (2011, 2000, "census of 2011"),
        (1990, 1000, "census of 2001, the nearest one to 1990"),
        (2024, 2000, "census of 2011, the nearest one to 2024"),
    ],
)
def test_a_year_between_and_outside_censuses(year, persons, basis):
    found = populations_in_year(COUNTS, year)
    assert [(p.persons, p.basis) for p in found] == [(pytest.approx(persons), basis)]


def test_each_category_has_its_own_line():
    found = populations_in_year([*COUNTS, census_count(2001, 5, "female 0-4")], 2001)
    assert {p.category: p.persons for p in found} == {"all": 1000, "female 0-4": 5}


def test_nothing_gives_nothing():
    assert populations_in_year([], 2007) == []


@given(st.integers(1900, 2100), st.lists(st.integers(0, 10**6), min_size=2, max_size=5))
def test_stays_between_its_neighbours(year, persons):
    counts = [census_count(1981 + 10 * i, number) for i, number in enumerate(persons)]
    (found,) = populations_in_year(counts, year)
    assert min(persons) - 1e-6 <= found.persons <= max(persons) + 1e-6
