"""Part of a window is never told as the whole: days counted, and what is compared on them."""

import datetime

import msgspec
import pytest

from analysis.editions import change_figures, make_edition
from analysis.editions.chapters import changes, disparities, published
from analysis.editions.workings import counted_days
from survey.deployments import Perception
from survey.editions.figures import CountedDays, least_days
from tests.analysis.editions.small_inputs import CODES, count, events, inputs_of_week
from tests.analysis.editions.smallest_inputs import (
    SUNDAY,
    WEEK,
    month_fields,
    monthly_counts,
    woodland_inputs,
)
from tests.analysis.editions.smallest_inputs import count as one_count

OCTOBER = month_fields(2024, 10)  # a Tuesday; whole weeks from 7 to 27 October
DECEMBER = month_fields(2024, 12)


def weekly_counts(weeks, number=20):
    return [count(code, week, number) for week in weeks for code in CODES]


def complaints_each_day(days, area=1):
    return events([(day, area, 1) for day in days])


def october(**changes):
    given = {"counts": weekly_counts(range(45)), "complaints": complaints_each_day(range(310))}
    return inputs_of_week(**{"kind": "monthly"} | OCTOBER | given | changes)


def test_a_month_of_which_three_weeks_are_known_names_them_and_has_no_rate():
    made = make_edition(october())
    assert made.headline[1] == (
        "About 240 uses of a conducted energy device were recorded in the 21 days from 7 October "
        "2024 to 27 October 2024. There is no rate: figures cover 21 of the 31 days, and a rate "
        "needs 25 of them."
    )
    assert {one.per_10_000 for one in made.deployments} == {None}
    assert [one.events for one in made.deployments] == [240, 60, 60, 60, 60]
    assert [one.measure for one in made.funnels] == ["complaints"]
    assert (made.completeness.days, made.completeness.of_days) == (21, 31)
    assert made.this_period.events == 240


def test_complaints_of_a_month_are_of_its_own_days_where_deployments_give_no_rate():
    made = make_edition(october())
    assert made.complaints[0].events == 30  # 31 days, to the nearest 5
    assert made.complaints[0].per_10_000


def test_a_month_that_is_known_has_a_rate_of_the_month_and_no_reason():
    counts = monthly_counts([50] * 12, datetime.date(2024, 1, 1), area="E2")
    made = make_edition(october(counts=counts))
    assert "recorded in the month to 31 October 2024: 0.45 per 10,000" in made.headline[1]
    assert (made.rates_counted.is_whole, made.rates_counted.no_rate) == (True, "")


def test_without_the_last_week_both_rates_are_of_the_twelve_weeks_before_it():
    inputs = inputs_of_week(
        30, counts=weekly_counts(range(30)), complaints=complaints_each_day(range(7 * 31))
    )
    made = make_edition(inputs)
    assert "in the 84 days from 6 May 2024 to 28 July 2024: " in made.headline[1]
    assert made.deployments[0].events == 12 * 80
    assert made.complaints[0].events == 85  # one on each of 84 days, not of 91
    assert made.rates_counted.is_comparable


def test_complaints_keep_their_own_days_where_a_week_in_between_is_missing():
    weeks = [week for week in range(31) if week != 25]
    inputs = inputs_of_week(
        30, counts=weekly_counts(weeks), complaints=complaints_each_day(range(7 * 31))
    )
    made = make_edition(inputs)
    assert "in 84 of the 91 days from 6 May 2024 to 4 August 2024: " in made.headline[1]
    assert (made.deployments[0].events, made.complaints[0].events) == (12 * 80, 90)
    assert not made.rates_counted.is_comparable


def test_ten_of_thirteen_weeks_are_too_few_for_a_rate_and_eleven_are_not():
    found = {
        weeks: counted_days(
            (made := inputs_of_week(30, counts=weekly_counts(range(18, 18 + weeks)))),
            made.end - 13 * WEEK + datetime.timedelta(days=1),
            made.end,
        ).no_rate
        for weeks in (10, 11)
    }
    assert found == {10: "few", 11: ""}


@pytest.mark.parametrize(("days", "least"), [(91, 73), (31, 25), (30, 24), (35, 28), (5, 4)])
def test_a_rate_needs_four_days_of_five(days, least):
    assert least_days(days) == least


def test_a_weekly_edition_of_a_monthly_publisher_has_no_rate_of_thirteen_weeks():
    """January to March are these very 91 days, and still there is no rate of weeks."""
    counts = monthly_counts([50] * 3, datetime.date(2024, 1, 1), area="E2")
    made = make_edition(inputs_of_week(12, counts=counts))
    assert (made.rates_counted.is_whole, made.rates_counted.no_rate) == (True, "long")
    assert made.deployments[0].per_10_000 is None
    assert made.headline[1].startswith(
        "About 150 uses of a conducted energy device were recorded in the 13 weeks to 31 March"
    )
    assert made.headline[1].endswith("a monthly one also of figures by month.")


def test_a_monthly_edition_of_a_yearly_publisher_does_not_speak_of_weekly_editions_alone():
    """The first edition that anybody can make is of the Home Office's tables by year."""
    [first, *_] = monthly_counts([50], datetime.date(2024, 1, 1), area="E2")
    year = msgspec.structs.replace(first, end=datetime.date(2024, 12, 31))
    made = make_edition(october(counts=(year,)))
    assert made.headline[1] == (
        "There is no rate: the publisher gives figures for longer periods. A weekly edition has "
        "rates of figures by week, a monthly one also of figures by month."
    )


def test_without_any_figures_the_reason_stands_in_the_place_of_the_rate():
    made = make_edition(inputs_of_week(30))
    assert made.deployments == ()
    assert made.headline[1] == "No deployments have been reported for this period yet."
    year = [one_count(datetime.date(2024, 4, 1), 900, end=datetime.date(2024, 6, 30), area="E1")]
    made = make_edition(inputs_of_week(20, counts=year))
    assert made.headline[1].startswith("There is no rate: the publisher gives figures for longer")


def test_figures_of_a_whole_force_are_no_figures_of_its_boroughs():
    """Nothing is known of any borough then: its number is not 0."""
    rows = [
        Perception(area=code, quarter_end=end, item="good_job_local", proportion=0.6, base=400)
        for code in CODES
        for end in (datetime.date(2024, 6, 30), datetime.date(2024, 9, 30))
    ]
    counts = monthly_counts([50] * 12, datetime.date(2024, 1, 1), area="Force A")
    made = make_edition(october(counts=counts, perceptions=rows))
    assert (made.rates_counted.no_rate, made.deployments) == ("whole", ())
    assert made.headline[0] == (
        "About 50 uses of a conducted energy device were recorded in the month to 31 October 2024. "
        "There is no count or rate by borough: the publisher gives figures for a whole force alone."
    )
    assert (made.this_period.events, made.this_period.elsewhere) == (50, None)
    assert {one.deployments for one in made.beside} == {None}
    assert [one.measure for one in made.funnels] == ["complaints"]
    assert made.complaints[0].per_10_000


def test_a_whole_force_that_used_none_says_so():
    counts = monthly_counts([*[50] * 9, 0, 50, 50], datetime.date(2024, 1, 1), area="Force A")
    made = make_edition(october(counts=counts))
    assert made.headline[1].startswith(
        "No use of a conducted energy device was recorded in the month to 31 October 2024. There is"
    )


def test_weeks_of_a_whole_force_say_nothing_of_boroughs_before_and_after():
    counts = [count("Force A", week, 20) for week in range(31)]
    inputs = inputs_of_week(30, counts=counts, complaints=complaints_each_day(range(217)))
    made = make_edition(inputs)
    assert (made.rates_counted.no_rate, made.deployments) == ("whole", ())
    assert made.this_period.events == 20
    assert (made.complained, made.profile) == (None, None)


def test_counts_of_fewer_days_have_not_moved():
    before = change_figures(inputs_of_week(29, counts=weekly_counts(range(29)))).safe
    now = inputs_of_week(30, counts=weekly_counts(range(31)), last=before)
    assert (before.rates_counted.days, before.deployments[0].events) == (84, 960)
    found = changes.change_decomposition(now, change_figures(now), change_figures)
    assert [one.figure for one in found] == []


def test_a_tile_compares_no_months_of_which_other_days_are_known():
    september = make_edition(october(**month_fields(2024, 9)))
    assert (september.period_counted.days, september.this_period.events) == (28, 320)
    found = make_edition(october(last=september)).last_figures
    assert "deployments" not in {one.figure for one in found}


RESIDENTS = {"ethnicity": {"white": 4_500_000, "black": 975_000}}


def group_counts(starts, number, group, **fields):
    return [
        one_count(start, number, group=f"ethnicity_officer:{group}", **fields) for start in starts
    ]


def test_both_benchmarks_of_a_table_are_of_the_same_days():
    """Uses by week from 2 June 2025, searches by month from July to March."""
    year = month_fields(2026, 3)
    weeks = [datetime.date(2025, 6, 2) + n * WEEK for n in range(43)]
    uses = [*group_counts(weeks, 3, "black"), *group_counts(weeks, 4, "white")]
    searches = [
        one
        for group, n in (("black", 100), ("white", 400))
        for one in monthly_counts(
            [n] * 9,
            datetime.date(2025, 7, 1),
            group=f"ethnicity_officer:{group}",
            measure="searches",
            tactic="stop_search",
        )
    ]
    found = disparities.disparity_fields(
        woodland_inputs(**year, groups=uses, searches=searches, kinds=RESIDENTS)
    )
    by = {one.benchmark: one for one in found["disparities"]}
    # Whole weeks within July to March: 7 July to 29 March.
    days = {(one.since, one.until) for one in by.values()}
    assert days == {(datetime.date(2025, 7, 7), weeks[-1] + SUNDAY)}
    assert {one.events for one in by.values()} == {3 * 38}
    assert by["stops"].people == pytest.approx(900 * 38 * 7 / 274)
    assert by["stops"].exact.value == pytest.approx((3 / 100) / (4 / 400))
    assert any("Counted on 266 days" in one for one in found["disparity_caveats"])
    assert any("in proportion to the days" in one for one in found["disparity_caveats"])


def test_a_quarter_of_which_a_month_is_known_has_a_count_and_no_rate():
    rows = [
        Perception(area=code, quarter_end=end, item="good_job_local", proportion=0.6, base=400)
        for code in CODES
        for end in (datetime.date(2024, 6, 30), datetime.date(2024, 9, 30))
    ]
    weeks = [*range(13, 26), *range(35, 39)]  # April to June, and four weeks of September
    found, panel = published.perception_with_deployments(
        # The edition of December gives a verdict.
        october(perceptions=rows, counts=weekly_counts(weeks), **DECEMBER),
        "good_job_local",
    )
    by_end = {one.quarter_end: one for one in found if one.perception.domain == CODES[0]}
    june, september = by_end[datetime.date(2024, 6, 30)], by_end[datetime.date(2024, 9, 30)]
    assert (june.counted.days, june.deployments.events) == (91, 260)
    assert june.deployments.per_10_000 == pytest.approx(13)
    assert (september.counted.days, september.counted.no_rate) == (28, "few")
    assert (september.deployments.events, september.deployments.per_10_000) == (80, None)
    assert "reported for 1 of 2 quarters" in panel.sentence


def test_days_with_a_gap_are_not_one_run():
    day = datetime.date(2024, 1, 1)
    given = {"start": day, "end": day + 2 * SUNDAY, "first": day, "last": day + SUNDAY}
    assert CountedDays(**given, days=7).is_unbroken
    assert not CountedDays(**given, days=6).is_unbroken
