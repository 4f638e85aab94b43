"""Twelve months next to those before them: what is counted, compared and hidden."""

import datetime

import numpy as np
import pytest

from analysis import editions
from analysis.editions.inputs import EventCounts, PastYears, year_windows
from analysis.statistics import rates
from api.editions import contents, report_view
from api.editions.rows import HEAD, export_periods
from tests.analysis.editions import small_inputs
from tests.analysis.editions.smallest_inputs import (
    int_array,
    month_fields,
    monthly_counts,
    woodland_inputs,
)

JUNE = month_fields(2026, 6)
NOW, BEFORE = year_windows(JUNE["start"], JUNE["end"])
TWO_YEARS_AGO = datetime.date(2024, 7, 1)
DAY = datetime.timedelta(days=1)
WEEK = datetime.timedelta(weeks=1)


def events_of(first, counts, areas=3):
    """Events of whole months from a first day: so many a month in each area, on its first days."""
    rows = []
    for month, number in enumerate(counts):
        months = 12 * first.year + first.month - 1 + month
        start = datetime.date(months // 12, months % 12 + 1, 1)
        rows += [((start - woodland_inputs().first).days, area, number) for area in range(areas)]
    day, area, persons = (int_array(*column) for column in zip(*rows, strict=True))
    return EventCounts(day=day, area=area, persons=persons)


def edition_of_june(counts=(), *, complaints=(), since=TWO_YEARS_AGO, **changes):
    """The edition of June 2026, with deployments as their publisher has released them."""
    events = events_of(TWO_YEARS_AGO, complaints) if complaints else woodland_inputs().complaints
    past = PastYears(complaints_since=since if complaints else None, complaints=events)
    plain = {"counts": counts, "past": past, "published": True, "counts_source": "Force A"}
    return editions.make_edition(woodland_inputs(**(JUNE | plain | changes)))


def counts_of(first, *, a, b=None):
    counts = [*monthly_counts(a, first, area="A"), *monthly_counts(b or a, first, area="B")]
    return tuple(counts)


def row_of(found, measure, place):
    year = next(one for one in found.twelve_months.counts if one.measure == measure)
    return year, next(one for one in year.rows if one.domain == place)


def words_of(edition):
    sections = report_view(edition, "5eed" * 16).every_section
    found = next(one for one in sections if one.key == "twelve-months")
    return " ".join((*found.words, *found.for_statisticians.words))


def test_a_year_is_compared_with_the_year_before_by_the_days_of_each():
    found = edition_of_june(counts_of(TWO_YEARS_AGO, a=[20] * 12 + [30] * 12))
    year, row = row_of(found, "deployments", "A")
    assert (found.twelve_months.start, found.twelve_months.end) == NOW
    assert (row.now.events, row.before.events, row.change) == (360, 240, 50.0)
    assert row.low < 50 < row.high
    assert row.low > 0
    assert (year.counted.days, year.counted_before.days, year.phi) == (365, 365, 1.0)
    assert {one.domain for one in year.rows} == {"Woodland", "A", "B", "C"}
    # Nobody used a device in C in either year: there is no change of nothing.
    assert row_of(found, "deployments", "C")[1].change is None


def test_a_leap_year_is_compared_by_the_day():
    now, before = (366, 366.0), (365, 365.0)
    value, low, high = rates.rate_change(now, before)
    assert value == pytest.approx(0.0)
    assert low < 0 < high


def test_counts_that_scatter_have_wider_intervals():
    steady = edition_of_june(counts_of(TWO_YEARS_AGO, a=[20] * 12 + [30] * 12))
    scattered = edition_of_june(counts_of(TWO_YEARS_AGO, a=[0, 40] * 6 + [0, 60] * 6))
    narrow, wide = (row_of(one, "deployments", "A") for one in (steady, scattered))
    assert wide[0].phi > 5
    assert wide[1].change == narrow[1].change
    assert wide[1].high - wide[1].low > 2 * (narrow[1].high - narrow[1].low)
    assert "vary" in words_of(scattered)


def test_a_year_before_that_is_not_whole_gives_no_change_and_says_why():
    found = edition_of_june(counts_of(datetime.date(2025, 1, 1), a=[20] * 18))
    year, row = row_of(found, "deployments", "A")
    assert (row.now.events, row.before, row.change) == (240, None, None)
    assert year.no_change == "before"
    assert "181 of its 365 days were counted" in words_of(found)


def test_nine_months_are_not_told_as_twelve():
    assert edition_of_june(counts_of(datetime.date(2025, 10, 1), a=[20] * 9)).twelve_months is None


def test_a_week_and_a_month_that_is_not_over_have_no_twelve_months():
    counts = counts_of(TWO_YEARS_AGO, a=[20] * 24)
    running = edition_of_june(counts, end=JUNE["end"] - DAY)
    assert running.twelve_months is None


def test_complaints_need_a_whole_year_of_collecting():
    counts = counts_of(TWO_YEARS_AGO, a=[20] * 24)
    found = edition_of_june(counts, complaints=[10] * 12 + [20] * 12)
    assert row_of(found, "complaints", "A")[1].change == 100.0
    young = edition_of_june(counts, complaints=[0] * 14 + [20] * 10, since=NOW[0] + 62 * DAY)
    assert young.twelve_months.counts[1].rows == ()
    assert "less than a whole year" in words_of(young)
    first = edition_of_june(counts, complaints=[5] * 24, since=BEFORE[0] + 31 * DAY)
    assert row_of(first, "complaints", "A")[1].change is None
    assert "not collected for all of it" in words_of(first)


def test_what_no_publisher_released_is_rounded_and_withheld_and_its_change_is_of_shown_counts():
    counts = (
        *monthly_counts([1] * 12 + [2] * 12, TWO_YEARS_AGO, area="A"),
        *monthly_counts([7] * 12 + [9] * 12, TWO_YEARS_AGO, area="B"),
        *monthly_counts([6] * 12 + [8] * 12, TWO_YEARS_AGO, area="C"),
    )
    found = edition_of_june(counts, published=False, complaints=[1] + [0] * 22 + [1])
    rows = {one.domain: one for one in found.twelve_months.counts[0].rows}
    assert {row.now.events % 5 for row in rows.values() if row.now.events} == {0}
    # 24 is 25 and 12 is 10: too few for a rate, so for a change too.
    assert (rows["A"].before.events, rows["A"].before.per_10_000) == (10, None)
    assert rows["A"].change is None
    # 108 and 84, but a change of these would give them back: it is that of 110 and 85.
    assert (rows["B"].now.events, rows["B"].before.events) == (110, 85)
    assert rows["B"].change == round(100 * (110 / 85 - 1))
    # One complaint in a year is withheld like none.
    assert {row.now.events for row in found.twelve_months.counts[1].rows[1:]} == {None}


def test_every_figure_of_the_table_is_exported():
    found = edition_of_june(counts_of(TWO_YEARS_AGO, a=[20] * 12 + [30] * 12))
    rows = [
        dict(zip(HEAD, row, strict=True))
        for row in contents.export_rows(found, export_periods(found))
    ]
    mine = {
        (row["period"], row["measure"]): row["value"]
        for row in rows
        if (row["table"], row["domain"]) == ("twelve months: deployments", "A")
    }
    assert mine["2025-07-01/2026-06-30", "change on the year before, per cent"] == 50.0
    assert len(mine) == 3


def sampled_years(now, before, persons=40):
    """Answers of two years in four boroughs: five neighbourhoods with a mean index each."""
    first = small_inputs.FIRST
    rows = []
    for start, mean in ((BEFORE[0], before), (NOW[0], now)):
        for area in range(4):
            spread = (-4.0, -2.0, 0.0, 2.0, 4.0)
            rows += [((start - first).days, area, persons, mean + by) for by in spread]
    return small_inputs.sampled_answers(rows)


def mondays(first, many):
    monday = first + datetime.timedelta(days=-first.weekday() % 7)
    return [monday + n * WEEK for n in range(many)]


def edition_with_index(weeks):
    nothing = EventCounts(day=int_array(), area=int_array(), persons=int_array())
    past = PastYears(
        complaints_since=None,
        complaints=nothing,
        weeks=weeks,
        sampled=sampled_years(60.0, 50.0),
    )
    return editions.make_edition(small_inputs.inputs_of_week(**JUNE, past=past))


def test_the_index_of_a_year_is_that_of_all_its_answers():
    found = edition_with_index(mondays(BEFORE[0], 104)).twelve_months
    one = next(one for one in found.index if one.domain == "E1")
    assert (one.now.n, one.now.value, one.before.value, one.change) == (200, 60.0, 50.0, 10.0)
    reach = 1.96 * np.hypot(one.now.standard_error, one.before.standard_error)
    assert one.high - one.change == pytest.approx(reach, abs=0.06)


def test_the_index_of_a_year_needs_answers_in_most_of_its_weeks():
    whole = mondays(NOW[0], 52)
    found = edition_with_index(whole).twelve_months
    assert {one.change for one in found.index} == {None}
    assert found.index[0].now.value is not None
    assert edition_with_index(whole[12:]).twelve_months is None
