"""Sums over twelve months, month after month, next to every week and month: who could work out a
small count from them by linear programming?
"""

import datetime
from functools import cache

import msgspec
import pytest

from analysis.disclosure import gates, rounded_cell
from analysis.editions import gate
from analysis.editions.chapters import twelve_months
from analysis.editions.inputs import year_windows
from survey.editions.caseload import ReceivedCounts
from tests.analysis.disclosure.test_disclosure_attack import (
    ATTACKED_OF_EACH_KIND,
    DisclosureAttack,
    leaks,
    most_exposed,
    small_hidden_figures,
)
from tests.analysis.editions import simulated_year
from tests.analysis.editions.made_up_edition import LONDON, bare_edition
from tests.analysis.editions.simulated_year import PLACES, WINDOW, SimulatedYear
from tests.parts import slow_and_long

# From October 2007 to January 2010: five months have both years.
DAYS = 854
LOOK_BACK = datetime.timedelta(weeks=51)
SEEDS = (2008, 1)


def edition_of_complaints(year, kind, start, end):
    """An edition with all its counts of complaints and uses, before the gate."""
    weekly = kind == "weekly"
    since = end - datetime.timedelta(days=WINDOW - 1) if weekly else start
    received = (
        ReceivedCounts(
            domain=name,
            sampled=None,
            open=None,
            complaints=year.true(("complaints", name), (start, end)),
        )
        for name in (LONDON, *PLACES)
    )
    return msgspec.structs.replace(
        bare_edition(),
        kind=kind,
        start=start,
        end=end,
        rates_from=since,
        complaints=year.rates("complaints", (since, end)),
        deployments=year.rates("uses", (since, end)),
        received=tuple(received),
        about_taser=year.about((start, end)) if weekly else None,
        twelve_months=None if weekly else year.twelve_months(start, end),
    )


def known_editions(found, start, end):
    """The editions that the gate is given in production: all of a year, and of the year before
    that the counts which are also summed over twelve months.
    """
    first = start - datetime.timedelta(days=start.weekday()) - LOOK_BACK
    oldest = min(first, year_windows(start, end)[1][0])
    older = [one for one in found if oldest <= one.end < first]
    return [
        *(gate.edition_with_year_counts(one) for one in older),
        *(gate.edition_with_counts(one) for one in found if one.end >= first),
    ]


def published_editions(year, weeks_from):
    """The monthly editions, and the weekly ones from a day on, each through the gate."""
    found = []
    for kind, start, end in simulated_year.edition_periods(year.days):
        if kind == "monthly" or start >= weeks_from:
            made = edition_of_complaints(year, kind, start, end)
            found.append(gate.safe_edition(made, known_editions(found, start, end)))
    return found


@cache
def two_years(seed, weeks_from):
    year = SimulatedYear(seed, DAYS)
    return year, published_editions(year, weeks_from)


def worked_out(year, editions, account, many=ATTACKED_OF_EACH_KIND):
    attack = DisclosureAttack(account, editions)
    rows = most_exposed(attack, small_hidden_figures(attack, year), many)
    assert len(rows) >= many
    return list(leaks(attack, rows))


def test_sums_over_a_year_are_shown_where_months_are_not():
    """Otherwise the tests below would have nothing to attack."""
    _, editions = two_years(2008, datetime.date.max)
    last = editions[-1]
    complaints = last.twelve_months.counts[0]
    shown = {row.domain for row in complaints.rows if row.now.events and row.change is not None}
    months = {row.domain for row in last.received if row.complaints}
    assert len(shown) > len(months)


def test_months_and_their_yearly_sums_tell_no_small_count():
    year, editions = two_years(2008, datetime.date.max)
    assert worked_out(year, editions, "complaints") == []


@pytest.mark.slow
@pytest.mark.parametrize("account", ["complaints", "uses"])
@pytest.mark.parametrize("seed", slow_and_long(SEEDS, 1))
def test_two_years_of_weeks_months_and_yearly_sums_tell_no_small_count(account, seed):
    year, editions = two_years(seed, datetime.date.min)
    assert worked_out(year, editions, account) == []


@pytest.mark.slow
def test_yearly_sums_that_are_rounded_alone_would_tell_small_counts(monkeypatch):
    """Why they pass the gate with everything before them: rounding alone gives months away."""

    def rounded_alone(step, found, rows, counted):
        return tuple(gates.gated_rate(one, rounded_cell(one.events)) for one in rows)

    monkeypatch.setattr(twelve_months, "gated_table", rounded_alone)
    year = SimulatedYear(2008, DAYS)
    editions = published_editions(year, datetime.date.min)
    assert worked_out(year, editions, "complaints")
