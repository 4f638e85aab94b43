"""Groups of boroughs in an edition: their sums, and what the gate withholds of them."""

import pytest
from msgspec.structs import replace

from analysis.disclosure import EVENTS
from analysis.editions import gate
from analysis.editions.chapters import groupings
from survey.editions.figures import GroupedFigures
from survey.places import AreaGroup, Grouping
from tests.analysis.editions.made_up_edition import LONDON, bare_edition, rate

AREAS = ("A", "B", "C", "D", "E")
UNITS = Grouping(
    "Units",
    (
        AreaGroup("unit-1", "First", ("A", "B")),
        AreaGroup("unit-2", "Second", ("C", "D")),
        AreaGroup("unit-3", "Third", ("E",)),
    ),
)


def gated_month(*counts):
    """The gated edition of a month with these complaints by area."""
    rows = [rate(name, n, 200_000) for name, n in zip(AREAS, counts, strict=True)]
    city = rate(LONDON, sum(counts), 1_000_000)
    complaints = (city, *rows)
    grouped = GroupedFigures(
        name=UNITS.name,
        groups=UNITS.groups,
        complaints=tuple(groupings.group_rates(complaints, UNITS)),
    )
    edition = replace(bare_edition(), complaints=complaints, grouped=(grouped,))
    return gate.safe_edition(edition)


def shown(edition):
    return {one.domain: one.events for one in edition.grouped[0].complaints}


def test_a_group_adds_up_events_and_residents():
    rows = [rate(name, n, 100_000 + n) for n, name in enumerate(AREAS)]
    first, second, third = groupings.group_rates(rows, UNITS)
    assert (first.events, first.population) == (1, 200_001)
    assert (second.events, second.population) == (5, 200_005)
    assert (third.events, third.population) == (4, 100_004)
    assert first.per_10_000 == pytest.approx(10_000 / 200_001)


def test_a_group_lacks_an_area_that_has_no_figures():
    rows = [rate(name, 20, 100_000) for name in AREAS[1:]]
    assert [one.domain for one in groupings.group_rates(rows, UNITS)] == ["unit-2", "unit-3"]


def test_large_counts_are_shown_rounded():
    edition = gated_month(31, 42, 53, 64, 75)
    assert shown(edition) == {"unit-1": 75, "unit-2": 115, "unit-3": 75}


def test_a_group_of_small_boroughs_is_shown_where_each_is_hidden():
    edition = gated_month(4, 4, 53, 64, 75)
    assert {one.domain: one.events for one in edition.complaints}["A"] is None
    assert shown(edition)["unit-1"] == 10


def test_a_group_gives_way_to_its_one_hidden_borough():
    """53 and 2: 55 less what is shown of the other would leave from 0 to 4."""
    edition = gated_month(40, 42, 53, 2, 75)
    of = {one.domain: one.events for one in edition.complaints}
    assert of["D"] is None
    for group, areas in (("unit-1", "AB"), ("unit-2", "CD")):
        figure = shown(edition)[group]
        if figure is None:
            continue
        known = [EVENTS.bounds(of[name]) for name in areas if of[name] is not None]
        hidden = [name for name in areas if of[name] is None]
        least = EVENTS.bounds(figure).low - sum(one.high for one in known)
        most = EVENTS.bounds(figure).high - sum(one.low for one in known)
        assert not hidden or len(hidden) > 1 or most - max(least, 0) >= 5


def test_a_group_of_one_borough_is_that_borough():
    for counts in ((31, 42, 53, 64, 75), (31, 42, 53, 64, 3), (4, 4, 53, 64, 9)):
        edition = gated_month(*counts)
        own = next(one for one in edition.complaints if one.domain == "E")
        assert shown(edition)["unit-3"] == own.events


def test_what_was_published_is_known_to_later_editions():
    counts = {one.series: one.shown for one in gate.published_counts(gated_month(4, 4, 53, 64, 75))}
    assert counts["complaints by group", "unit-1"] == 10
