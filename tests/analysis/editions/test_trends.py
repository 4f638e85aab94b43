"""Figures of all the time that is known: the trend without its season, and what is drawn."""

import datetime
import math

import msgspec
import numpy as np
import pytest

from analysis import editions
from analysis.editions.chapters import published
from analysis.editions.inputs import LongPast
from analysis.statistics import series
from api.editions import contents, report_view
from survey.deployments import Perception, months_before
from survey.editions.figures import SeriesMark
from tests.analysis.editions.smallest_inputs import month_fields, monthly_counts, woodland_inputs

JUNE = month_fields(2026, 6)
SEASON = [8 * math.sin(2 * math.pi * month / 12) for month in range(12)]
CASEY = SeriesMark(datetime.date(2023, 3, 21), "A review", "Read it at example.org.")


def months_to_june(many):
    return [months_before(JUNE["start"], ago) for ago in reversed(range(many))]


def edition_of_june(**past):
    events = past.pop("events", ())
    given = {"published": True, "counts_source": "Force A"}
    made_from = woodland_inputs(**JUNE, **given, long_past=LongPast(**past), events=events)
    return editions.make_edition(made_from)


def spans_of_counts(starts, counts):
    ends = [months_before(start, -1) - datetime.timedelta(days=1) for start in starts]
    return list(zip(starts, ends, counts, strict=True))


def seasonal_counts(starts, growth):
    return [
        round((60 + SEASON[start.month - 1]) * (1 + growth) ** (i / 12))
        for i, start in enumerate(starts)
    ]


def words_of(edition):
    return next(
        one for one in report_view(edition, "5eed" * 16).every_section if one.key == "trends"
    ).words


@pytest.mark.parametrize("many", [24, 36, 60])
def test_a_trend_is_found_under_a_season_that_is_larger(many):
    starts = months_to_june(many)
    found = edition_of_june(uses=spans_of_counts(starts, seasonal_counts(starts, 0.08)))
    (trend,) = found.trends
    assert trend.change == pytest.approx(8, abs=1.5)
    assert trend.low < trend.change < trend.high
    assert (trend.first, trend.last, trend.months) == (starts[0], JUNE["end"], many)


def test_the_trend_is_one_plain_sentence():
    starts = months_to_june(60)
    (words,) = words_of(edition_of_june(uses=spans_of_counts(starts, seasonal_counts(starts, 0.2))))
    assert words.startswith("Deployments: with the season taken out, a rise of about ")
    assert "% a year (1 Jul 2021 to 30 Jun 2026; 95% interval " in words


def test_two_years_are_needed_and_the_page_says_how_many_months_there_are():
    starts = months_to_june(23)
    found = edition_of_june(uses=spans_of_counts(starts, [60] * 23))
    assert found.trends[0].change is None
    assert words_of(found) == (
        "Deployments: too early for a trend. It needs 24 months; known so far: 23.",
    )


def test_a_few_events_a_month_have_no_trend():
    starts = months_to_june(30)
    found = edition_of_june(complaints=list(zip(starts, [9] * 30, strict=True)))
    assert words_of(found) == ("Complaints: too few a month for a trend.",)


def test_a_calendar_month_without_events_has_no_season_to_take_out():
    starts = months_to_june(36)
    counts = [0 if start.month == 2 else 40 for start in starts]
    found = edition_of_june(complaints=list(zip(starts, counts, strict=True)))
    assert words_of(found) == (
        "Complaints: no trend. One calendar month had none in any year, so the season cannot be "
        "taken out.",
    )


def test_a_level_has_its_trend_in_its_own_unit():
    days = months_to_june(36)
    noise = np.random.default_rng(5).normal(0, 0.5, len(days))
    y = 60 - 2 * np.arange(36) / 12 + [SEASON[day.month - 1] for day in days] + noise
    found = series.level_trend(y, days)
    assert found.low < -2 < found.high
    assert found.high - found.low < 3


@pytest.mark.slow
@pytest.mark.parametrize("scatter", [1.0, 3.0])
def test_the_interval_of_a_trend_holds_the_truth(scatter):
    """300 series of three years; counts of clusters vary three times as much as Poisson."""
    dice, days = np.random.default_rng(8), months_to_june(36)
    mean = np.array([60 + SEASON[day.month - 1] for day in days]) * 1.05 ** (np.arange(36) / 12)
    exposure = np.full(36, 30.4)
    held = 0
    for _ in range(300):
        y = scatter * dice.poisson(mean / scatter)
        found = series.count_trend(y.astype(float), days, exposure)
        held += found.low <= 5 <= found.high
    assert 0.91 * 300 <= held <= 0.99 * 300


def quarters(first, many):
    ends = []
    for i in range(many):
        month = first.month - 1 + 3 * i
        start = datetime.date(first.year + month // 12, month % 12 + 1, 1)
        ends.append(months_before(start, -1) - datetime.timedelta(days=1))
    return ends


def perceptions_of(area, ends, share, base):
    return [
        Perception(area=area, quarter_end=end, item="good_job_local", proportion=share, base=base)
        for end in ends
    ]


def test_every_published_quarter_is_drawn_with_the_events_between_its_ends():
    ends = quarters(datetime.date(2014, 12, 1), 37)
    rows = [*perceptions_of("A", ends, 0.6, 400), *perceptions_of("MPS", ends, 0.65, 12_800)]
    long_ago = SeriesMark(datetime.date(2001, 1, 1), "Long ago")
    found = edition_of_june(perceptions=rows, events=[CASEY, long_ago])
    assert found.published_past.ends == tuple(ends)
    one = found.published_past.series[0]
    assert (one.area, one.values[0]) == ("A", 60.0)
    alone = published.published_estimate(rows[0])
    assert (one.low[0], one.high[0]) == (round(alone.low, 1), round(alone.high, 1))
    assert [mark.label for mark in found.marks] == ["A review"]
    tiles = msgspec.structs.replace(found, tiles=())
    charts = dict(contents.all_charts(tiles))
    assert len(charts["past-good-job-local"].points) == 37
    assert charts["past-good-job-local"].marks == (CASEY,)
    section = next(
        one
        for one in report_view(tiles, "5eed" * 16).every_section
        if one.key == "past-good-job-local"
    )
    assert section.words[1:] == ("21 March 2023: A review. Read it at example.org.",)
    assert len(section.figure.table.rows) == 37


def test_monthly_deployments_are_shown_only_as_their_publisher_released_them():
    starts = months_to_june(15)
    months = monthly_counts([13] * 14 + [0], starts[0], area="A")
    found = edition_of_june(months=months)
    (city, a, b, _) = found.monthly_deployments.areas
    assert (city.domain, a.counts, b.counts) == ("Woodland", (*[13] * 14, 0), (0,) * 15)
    assert found.monthly_deployments.starts == tuple(starts)
    assert len(dict(contents.all_charts(found))["months"].points) == 15
    force = monthly_counts([5], months_before(starts[0], 1), area="A", tactic="force")
    with_force = edition_of_june(months=[*force, *months])
    assert with_force.monthly_deployments.starts == tuple(starts)
    hidden = woodland_inputs(**JUNE, long_past=LongPast(months=months))
    assert editions.make_edition(hidden).monthly_deployments is None
