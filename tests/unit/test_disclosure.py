"""Whatever is counted, no reader learns that it was one, two, three or four."""

import datetime

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import disclosure
from survey.reports import Beside, Received
from tests.unit import editions

COUNTS = {"events", "texts", "n", "sampled", "open", "complaints"}
CITY = editions.LONDON
BASE = editions.sample()
count = st.integers(0, 60)
boroughs = st.lists(count, min_size=2, max_size=33)


def rates(counts):
    """A table with the city's total first, as every table has it."""
    cells = [editions.rate(f"E{n:08d}", one, 250_000) for n, one in enumerate(counts)]
    return (editions.rate(CITY, sum(counts), 250_000 * len(counts)), *cells)


def counted(found, name=""):
    """Every count of persons, events or texts in an edition, wherever it stands."""
    if isinstance(found, dict):
        return [one for key, part in found.items() for one in counted(part, key)]
    if isinstance(found, list | tuple):
        return [one for part in found for one in counted(part, name)]
    return [found] if name in COUNTS | {"tactics"} and isinstance(found, int) else []


@st.composite
def raw(draw):
    """An edition before anything was withheld, with counts of all sizes."""
    quarter = datetime.date(2008, 3, 31)
    perceived = editions.estimate(CITY, draw(count), 50.0)
    rows = draw(st.lists(st.tuples(count, count, count), min_size=1, max_size=4))
    return msgspec.structs.replace(
        BASE,
        received=tuple(Received(domain="x", sampled=a, open=b, complaints=c) for a, b, c in rows),
        index=tuple(editions.estimate(f"E{n}", n, 50.0) for n in draw(boroughs)),
        complaints=rates(draw(boroughs)),
        deployments=rates(draw(boroughs)),
        tactics=tuple((str(n), n) for n in draw(boroughs)),
        themes=tuple(
            editions.theme(row, "open", draw(st.integers(1, 200))) for row in editions.THEMES
        ),
        beside=(
            Beside(
                quarter_end=quarter,
                item="trust",
                perception=perceived,
                deployments=editions.rate(CITY, draw(count), 250_000),
            ),
        ),
    )


@given(raw())
@settings(max_examples=60, deadline=None)
def test_no_count_of_one_to_four_stands_anywhere_in_an_edition(found):
    made = msgspec.to_builtins(disclosure.edition(found))
    perceived = [row["perception"].pop("n") for row in made["beside"]]  # its publisher's own
    assert len(perceived) == 1
    assert not [one for one in counted(made) if 0 < one < disclosure.FEWEST_EVENTS]


@given(raw())
@settings(max_examples=30, deadline=None)
def test_what_was_withheld_has_no_figure_left(found):
    made = disclosure.edition(found)
    for cell in (*made.complaints, *made.deployments):
        if cell.status == "withheld":
            assert (cell.events, cell.per_10_000, cell.low, cell.high) == (None,) * 4
    for one in made.index:
        if one.status == "withheld":
            figures = (one.value, one.standard_error, one.low, one.high, one.effective_n)
            assert figures == (None,) * 5


@given(raw())
@settings(max_examples=30, deadline=None)
def test_to_withhold_twice_is_to_withhold_once(found):
    once = disclosure.edition(found)
    assert disclosure.edition(once) == once


@given(st.integers(0, 12) | st.integers(0, 10**6))
@settings(deadline=None)
def test_a_count_is_withheld_or_rounded_to_five(n):
    shown = disclosure.persons(n)
    if 1 <= n <= 4:
        assert shown is None
    else:
        assert shown % 5 == 0
        assert abs(shown - n) <= 2


@given(boroughs)
@settings(deadline=None)
def test_no_cell_is_withheld_alone(counts):
    found = disclosure.rates(rates(counts))
    hidden = [cell for cell in found[1:] if cell.status == "withheld"]
    assert len(hidden) != 1


@given(boroughs)
@settings(deadline=None)
def test_below_ten_events_there_is_no_rate(counts):
    for cell, n in zip(disclosure.rates(rates(counts))[1:], counts, strict=True):
        assert n >= disclosure.FEWEST_FOR_RATE or cell.per_10_000 is None


@given(boroughs)
@settings(deadline=None)
def test_the_total_does_not_give_the_withheld_cells_back(counts):
    """Beside the exact total, what is withheld is never of ones to fours only."""
    cells = disclosure.rates(rates(counts))[1:]
    pairs = list(zip(counts, cells, strict=True))
    hidden = [n for n, cell in pairs if cell.status == "withheld"]
    shown = [n for n, cell in pairs if cell.status != "withheld"]
    if hidden and shown:
        assert not all(1 <= n < disclosure.FEWEST_EVENTS for n in hidden)


@pytest.mark.parametrize(
    ("n", "status"), [(29, "withheld"), (30, "flagged"), (99, "flagged"), (100, "shown")]
)
def test_an_estimate_needs_thirty_answers_and_is_flagged_below_a_hundred(n, status):
    assert disclosure.estimate(editions.estimate(CITY, n, 50.0)).status == status


@pytest.mark.parametrize(("n", "shown"), [(0, None), (9, None), (10, 10), (29, 29)])
def test_how_many_answered_is_told_from_ten_up(n, shown):
    assert disclosure.estimate(editions.estimate(CITY, n, 50.0)).n == shown
