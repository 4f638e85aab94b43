"""What published counts say of a span, also where it begins or ends between their days."""

import math
import random

import pytest

from analysis.statistics.suppression import FeasibleInterval, PublishedSpan, span_bounds

DAY = 733_000


def known_span(first, end, low, high):
    return PublishedSpan(DAY + first, DAY + end, low, high)


def with_every_day(published, days):
    """The same counts, and of every single day that its count is 0 or more: no new fact."""
    return [*published, *(known_span(day, day + 1, 0, math.inf) for day in range(days))]


@pytest.mark.parametrize("seed", range(20))
def test_days_without_a_figure_change_nothing(seed):
    dice, days = random.Random(seed), 60
    true = [dice.randrange(4) for _ in range(days)]
    published, spans = [], []
    for _ in range(40):
        first = dice.randrange(days - 1)
        end = dice.randrange(first + 1, days + 1)
        count = sum(true[first:end])
        if len(published) < 8:
            published.append(known_span(first, end, max(0, count - 2), count + 2))
        spans.append((DAY + first, DAY + end))
    assert span_bounds(published, spans) == span_bounds(with_every_day(published, days), spans)


def test_a_span_outside_all_figures_may_hold_anything():
    published = [known_span(0, 7, 5, 7)]
    assert span_bounds(published, [(DAY + 10, DAY + 12)]) == [FeasibleInterval(0.0, math.inf)]
    assert span_bounds(published, [(DAY + 2, DAY + 4)]) == [FeasibleInterval(0.0, 7.0)]
    assert span_bounds(published, [(DAY - 2, DAY + 9)]) == [FeasibleInterval(5.0, math.inf)]
    assert span_bounds([], [(DAY, DAY + 1)]) == [FeasibleInterval(0.0, math.inf)]
