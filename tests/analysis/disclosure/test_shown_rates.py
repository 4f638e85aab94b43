"""Rates that are given from 13 events on: their intervals hold although chance chose them."""

import msgspec
import numpy as np
import pytest
from scipy import stats

from analysis.disclosure import FEWEST_FOR_RATE, gates, rounded_cell
from analysis.editions import gate
from analysis.editions.chapters import funnels
from analysis.statistics import rates
from tests.analysis.editions import made_up_edition
from tests.analysis.editions.made_up_edition import LONDON

RESIDENTS = 250_000
UNIT = rates.PER / RESIDENTS


def shown_rate(events):
    found = made_up_edition.rate("E1", events, RESIDENTS)
    return gates.gated_rate(found, rounded_cell(events))


def share_that_holds(mean):
    """Of counts with this mean that have a rate: how often its interval holds the mean."""
    counts = np.arange(FEWEST_FOR_RATE, int(mean + 12 * mean**0.5) + 20)
    chance = stats.poisson.pmf(counts, mean)
    limits = [shown_rate(int(one)) for one in counts]
    held = [one.low - 0.005 <= mean * UNIT <= one.high + 0.005 for one in limits]
    return float(chance @ held / chance.sum())


@pytest.mark.parametrize("mean", [3, 5, 8, 12, 15, 25, 60, 135])
def test_an_interval_holds_given_that_the_count_has_a_rate(mean):
    """Of means of 8 events none held and of 12 some 85 in 100: only counts above them are shown."""
    assert share_that_holds(mean) >= 0.945


def test_the_smallest_count_with_a_rate_may_come_from_any_smaller_mean():
    first, next_ = shown_rate(13), shown_rate(18)
    assert (first.per_10_000, first.low) == (0.6, 0.0)
    assert 0 < next_.low < first.per_10_000 < next_.per_10_000 < next_.high


def test_far_from_the_smallest_count_limits_are_the_usual_ones():
    shown = rates.ShownCount(498, 502, FEWEST_FOR_RATE)
    assert rates.shown_count_limits(shown) == pytest.approx(rates.byar_limits(500), rel=0.002)


def test_counts_that_are_published_alike_have_the_same_interval():
    """It is made of the published count, so it says nothing more about the true one."""
    assert len({(one.low, one.high, one.method) for one in map(shown_rate, range(18, 23))}) == 1


def test_clusters_widen_the_limits():
    shown = rates.ShownCount(298, 302, FEWEST_FOR_RATE)
    (low, high), (lower, higher) = (rates.shown_count_limits(shown, phi=phi) for phi in (1.0, 4.0))
    assert (higher - lower) / (high - low) == pytest.approx(2, rel=0.05)


@pytest.mark.parametrize(("drawn", "share"), [(60, 0.2), (80, 0.16), (120, 0.16), (400, 0.16)])
def test_a_share_that_is_shown_only_from_13_on_holds_too(drawn, share):
    """Of 1,354 shares fired at 1,261 held the truth, by Wilson's limits of the rounded count."""
    hits = np.arange(FEWEST_FOR_RATE, drawn - FEWEST_FOR_RATE + 1)
    chance = stats.binom.pmf(hits, drawn, share)
    held = []
    for one in hits:
        shown = gates.rated_count(rounded_cell(int(one)))
        low, high = rates.shown_share_limits(shown, drawn)
        held.append(low <= share <= high)
    assert chance @ held / chance.sum() >= 0.94


def test_the_others_may_be_too_few_as_well():
    few, many = (
        rates.shown_share_limits(rates.ShownCount(*shown, 13), 60) for shown in ((13, 17), (43, 47))
    )
    assert few[0] == 0.0
    assert many == (pytest.approx(1 - few[1]), 1.0)


def published_funnel(counts):
    """The funnel of complaints of boroughs with these counts, after the gate."""
    areas = [made_up_edition.rate(f"E{n}", one, RESIDENTS) for n, one in enumerate(counts)]
    city = made_up_edition.rate(LONDON, sum(counts), RESIDENTS * len(counts))
    table = (city, *areas)
    edition = msgspec.structs.replace(
        made_up_edition.bare_edition(),
        complaints=table,
        funnels=funnels.rate_funnels({"complaints": table}),
    )
    return gate.safe_edition(edition).funnels[0]


def test_a_funnel_is_the_same_whatever_the_hidden_counts_are():
    """Its spread was of exact counts: who knew all of them but one could work that one out."""
    shown = [14, 18, 25, 33, 40, 60, 75, 90, 120, 150, 30, 22]
    first, second = (published_funnel([*shown, *hidden]) for hidden in ((4, 4, 1, 1), (3, 2, 2, 3)))
    assert first.phi > 5
    assert sum(one.value is None for one in first.spots) == 4
    assert first == second


def test_the_spread_of_published_counts_is_near_that_of_exact_ones():
    dice = np.random.default_rng(3)
    ratios = []
    for _ in range(40):
        counts = dice.poisson(dice.gamma(4, 10, size=33)).tolist()
        table = [made_up_edition.rate(f"E{n}", one, RESIDENTS) for n, one in enumerate(counts)]
        (exact,) = funnels.rate_funnels({"complaints": [table[0], *table]})
        ratios.append((published_funnel(counts).phi or 1) / (exact.phi or 1))
    assert abs(float(np.median(ratios)) - 1) < 0.05
    assert min(ratios) > 0.8
