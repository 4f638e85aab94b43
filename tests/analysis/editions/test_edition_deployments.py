"""Deployments of a period: counts, expected ranges, and no zero where nothing was reported."""

import dataclasses
import datetime

import msgspec
import numpy as np
import pytest
from scipy import stats

from analysis.disclosure import days_before
from analysis.editions import perception, workings
from analysis.editions.chapters import deployments, quality, received
from analysis.editions.inputs import EventCounts
from analysis.statistics import rates
from survey.deployments import RestatedCount, without_double_counts
from tests.analysis.editions.smallest_inputs import (
    START,
    SUNDAY,
    WEEK,
    count,
    int_array,
    month_fields,
    monthly_counts,
    nobody_sampled,
    weekly_counts,
    woodland_inputs,
)

RATES_FROM = START + SUNDAY - datetime.timedelta(days=90)
NO_TEXTS = np.zeros(0, dtype=np.bool_)
NOBODY_ASKED = perception.Respondents(
    sampled=nobody_sampled(),
    areas=3,
    sample=perception.design_weighted_sample(nobody_sampled()),
    projection=None,
    raked=None,
    refused=False,
    became={},
    reliable=None,
)


def test_the_range_is_exact_by_the_binomial_that_it_turns_round():
    low, high = rates.prediction_interval(40, 91, coming=7)
    share = 7 / 98
    assert (low, high) == (0, 7)
    assert stats.binom.sf(high - 1, 40 + high, share) > 0.025
    assert stats.binom.sf(high, 40 + high + 1, share) <= 0.025
    low, high = rates.prediction_interval(1300, 91, coming=7)
    assert stats.binom.cdf(low, 1300 + low, 7 / 98) >= 0.025
    assert stats.binom.cdf(low - 1, 1300 + low - 1, 7 / 98) < 0.025


def test_the_range_after_none_is_that_of_one_geometric_draw():
    low, high = rates.prediction_interval(0, 13, coming=1)
    assert (low, high) == (0, 1)
    assert 1 - (1 / 14) ** (high + 1) >= 0.975
    with pytest.raises(ValueError, match="0 or more"):
        rates.prediction_interval(-1, 13, coming=1)


def test_the_range_holds_the_next_count_as_often_as_it_says():
    random = np.random.default_rng(4)
    before, after = random.poisson(130, 2000), random.poisson(10, 2000)
    limits = [rates.prediction_interval(int(one), 13, coming=1) for one in before]
    inside = [low <= y <= high for (low, high), y in zip(limits, after, strict=True)]
    assert 0.945 <= np.mean(inside) <= 0.98


def test_counts_that_scatter_more_than_chance_make_the_range_wider():
    even, days = np.full(10, 100), np.full(10, 7.0)
    assert rates.overdispersion(even, days) == 1.0
    uneven = np.array([60, 140] * 5)
    assert rates.overdispersion(uneven, days) == pytest.approx(10 * 16 / 9)
    assert rates.overdispersion(uneven[:7], days[:7]) == 1.0
    low, high = rates.prediction_interval(1000, 70, coming=7, phi=16)
    assert high - low > 3 * (rates.prediction_interval(1000, 70, coming=7)[1] - 100)


def test_a_week_stands_beside_its_range_and_what_was_since_the_pilot():
    found = deployments.period_deployments(
        woodland_inputs(
            counts=weekly_counts([10] * 13 + [31]), since_pilot=(START - 20 * WEEK, 222)
        )
    )
    (low, high), (lowest, highest) = (
        rates.prediction_interval(130, 91, coming=7, level=level) for level in (0.95, 0.99)
    )
    assert found == deployments.PeriodDeployments(
        events=31,
        low=low,
        high=high,
        since=START - 20 * WEEK,
        cumulative=222,
        before=130,
        until=START + SUNDAY,
        elsewhere=0,
        lowest=lowest,
        highest=highest,
    )


def test_the_range_is_that_of_the_count_as_it_is_told():
    """The range of the exact count once left only 1.8 counts possible where the page rounds to
    5.
    """
    ranges = {
        (found.low, found.high)
        for more in (-2, -1, 0, 1, 2)
        for found in [
            deployments.period_deployments(
                woodland_inputs(counts=weekly_counts([10] * 12 + [10 + more] + [31]))
            )
        ]
    }
    assert len(ranges) == 1
    few = deployments.period_deployments(
        woodland_inputs(counts=weekly_counts([0] * 12 + [3] + [31]))
    )
    assert (few.low, few.high, few.before) == (None, None, None)


@pytest.mark.parametrize("month", [False, True])
def test_the_days_before_are_those_under_which_the_gate_books_their_count(month):
    """92 days were counted before a week, and booked as 91; before a month they may be 89."""
    fields = month_fields(2026, 5) if month else {}
    start = fields.get("start", START)
    first = datetime.date(2026, 2, 1) if month else START - 13 * WEEK
    days = [first - datetime.timedelta(days=1), first, start - datetime.timedelta(days=1), start]
    counts = [count(day, 10, end=day) for day in days]
    inputs = woodland_inputs(counts=counts, **fields)
    assert days_before(inputs.kind, start) == (first, days[2])
    assert set(deployments.uses_before(inputs)) == {(day, day) for day in days[1:3]}


def test_a_month_told_by_weeks_is_expected_for_the_days_told():
    october = woodland_inputs(
        counts=weekly_counts([7] * 30), **month_fields(2026, 2)
    )  # Mondays 2, 9, 16; the last week ends on 1 March
    found = deployments.period_deployments(october)
    assert found.events == 21
    assert (found.low, found.high) == rates.prediction_interval(12 * 7, 84, coming=21)


def test_a_week_has_no_figures_from_a_monthly_publisher():
    counts = monthly_counts([400] * 26, datetime.date(2024, 1, 1), tactic="ced")
    made = woodland_inputs(counts=counts)
    assert deployments.period_deployments(made) is None
    assert deployments.uses_by_week(made) == []


def test_a_reported_week_without_uses_counts_as_zero():
    found = deployments.period_deployments(woodland_inputs(counts=weekly_counts([0])))
    assert (found.events, found.low, found.high) == (0, None, None)


def test_weeks_are_told_by_severity_and_a_week_that_was_not_told_is_left_out():
    counts = [*weekly_counts([2] * 20), *weekly_counts([1], tactic="fired")]
    counts = [one for one in counts if one.start != START - 2 * WEEK]
    found = deployments.uses_by_week(woodland_inputs(counts=counts))
    assert [one.start for one in found] == [
        START - ago * WEEK for ago in range(12, -1, -1) if ago != 2
    ]
    assert dict(found[-1].tactics)["fired"] == 1
    assert dict(found[0].tactics) | {"drawn": 0} == dict.fromkeys(
        ("angled_drive_stunned", "fired", "drive_stunned", "arced", "red_dotted", "aimed", "drawn"),
        0,
    )


def test_any_use_counts_once_beside_its_most_severe_form():
    split, plain = weekly_counts([2, 3]), weekly_counts([2, 3], tactic="ced")
    assert without_double_counts([*split, *plain]) == split
    assert without_double_counts(plain) == plain
    assert without_double_counts([split[0], *plain]) == [split[0], plain[1]]


def taser_events(*weeks_ago):
    """Complaints, one for each of these numbers of weeks ago."""
    days = int_array(
        *((START + SUNDAY - ago * WEEK - woodland_inputs().first).days for ago in weeks_ago)
    )
    return EventCounts(day=days, area=0 * days, persons=0 * days + 1)


def test_complaints_about_a_taser_stand_beside_their_median_week():
    ago = [0, 0, 0, *range(1, 8), *range(1, 8), 20]
    found = received.taser_complaints(
        woodland_inputs(complaints=taser_events(*ago), about_taser=taser_events(*ago))
    )
    assert (found.rate.events, found.median) == (3, 2.0)
    assert found.rate.per_10_000 == pytest.approx(3 / 60)
    assert received.taser_complaints(woodland_inputs()) is None


def test_a_median_week_needs_thirteen():
    some = woodland_inputs(
        complaints=taser_events(0), about_taser=taser_events(0), first=START - 5 * WEEK
    )
    assert received.taser_complaints(some).median is None


def find_kind(kind, found):
    return next((one for one in found if one.kind == kind), None)


def test_persons_are_told_beside_as_long_a_time_of_the_year_before():
    years = {"age:11-17": 2, "age:18-34": 10, "age:65+": 1}
    counts = [
        one
        for group, n in years.items()
        for one in weekly_counts([n] * 40 + [3 * n] * 13, group=group)
    ]
    found = list(deployments.persons_by_kind(woodland_inputs(groups=counts)))
    assert {one.kind for one in found} == {"under_18", "over_64"}
    young = find_kind("under_18", found)
    assert (young.period, young.window, young.typical) == (6, 78, pytest.approx(26))
    assert young.since == START - 12 * WEEK


def test_health_counts_the_mental_in_any_disability_and_no_year_is_no_typical():
    groups = [
        *weekly_counts([5] * 13, group="health:mental"),
        *weekly_counts([1] * 13, group="health:both"),
        *weekly_counts([9] * 13, group="impact_mental_health:yes"),
    ]
    found = list(deployments.persons_by_kind(woodland_inputs(groups=groups)))
    assert find_kind("mental", found).window == 13 * 6
    assert find_kind("physical", found).window == 13
    assert find_kind("any_disability", found).window == 13 * 6
    assert find_kind("mental", found).typical is None


def test_no_persons_are_counted_where_only_any_force_or_nothing_is_reported():
    assert list(deployments.persons_by_kind(woodland_inputs())) == []
    force = weekly_counts([50] * 13, tactic="force", group="age:11-17")
    assert list(deployments.persons_by_kind(woodland_inputs(groups=force))) == []


def test_answers_that_could_not_be_weighed_are_in_the_log():
    refused = dataclasses.replace(
        NOBODY_ASKED,
        sampled=dataclasses.replace(nobody_sampled(), persons=int_array(300)),
        refused=True,
    )
    found = quality.quality_notes(woodland_inputs(), refused, texts=NO_TEXTS, since=RATES_FROM)
    assert "unweighed" in {one.kind for one in found}


def completeness_of(**changes):
    return quality.data_completeness(woodland_inputs(**changes), NOBODY_ASKED, RATES_FROM)


def test_weeks_that_were_not_told_are_counted_as_missing():
    assert completeness_of(counts=weekly_counts([1] * 13)).weeks == 13
    gap = [one for one in weekly_counts([1] * 13) if one.start != START - WEEK]
    assert (completeness_of(counts=gap).weeks, completeness_of(counts=gap).of_weeks) == (12, 13)
    assert completeness_of().weeks == 0


def test_a_month_inside_the_window_tells_its_weeks_and_a_year_tells_none():
    year = [count(datetime.date(2025, 4, 1), 900, end=datetime.date(2026, 3, 31))]
    assert completeness_of(counts=year).weeks == 0
    months = monthly_counts([400] * 26, datetime.date(2024, 1, 1))
    assert completeness_of(counts=months).weeks == 7  # those of January and February


def change(was, now, ago=3, **fields):
    start = START - ago * WEEK
    plain = RestatedCount(
        source="us", area="A", start=start, end=start + SUNDAY, measure="incidents",
        tactic="drawn", group="all", was=was, now=now,
    )  # fmt: skip
    return msgspec.structs.replace(plain, **fields)


def test_only_rises_of_earlier_days_are_late():
    moved = [
        change(4, 7),
        change(None, 2, area="B"),
        change(9, 5, area="C"),
        change(1, 50, ago=0),
        change(1, 50, source="others"),
        change(1, 50, tactic="force"),
        change(1, 50, group="age:11-17"),
    ]
    found = completeness_of(counts=weekly_counts([1] * 13), counts_source="us", restated=moved)
    assert found.late == 5
    assert completeness_of(counts=weekly_counts([1] * 13)).late is None


def quality_log(**changes):
    made = woodland_inputs(**changes)
    since = workings.window_start(made, workings.RATE_DAYS)
    found = quality.quality_notes(made, NOBODY_ASKED, texts=NO_TEXTS, since=since)
    return {one.kind: one.sentence for one in found}


def test_the_log_says_what_is_missing_and_what_was_left_out():
    gap = [one for one in weekly_counts([1] * 13) if one.start != START - WEEK]
    found = quality_log(
        counts=gap, counts_source="us", left_out=["others"], restated=[change(1, 2)]
    )
    assert found["missing_weeks"].endswith("that begin on 23 February 2026.")
    assert not [line for line in found.values() if "Beech" in line or "Cedar" in line]
    assert found["left_out"].endswith("others.")
    assert found["restated"].startswith("Some figures have been revised")


def test_a_whole_feed_is_no_line_in_the_log():
    counts = [one for area in "ABC" for one in weekly_counts([1] * 13, area=area)]
    assert quality_log(counts=counts) == {}


def test_a_month_cut_by_weeks_says_which_days_count():
    found = quality_log(counts=weekly_counts([1] * 13), **month_fields(2026, 2))
    assert (
        "21 of the 28 days since 1 February 2026, from 2 February 2026 to 22 February 2026"
        in found["cut"]
    )


def test_half_of_the_usual_answers_is_told():
    days = np.arange(9) * 7 + (START - woodland_inputs().first).days - 56
    came = EventCounts(day=days, area=days * 0, persons=int_array(*[40] * 8, 19))
    assert "about 50%" in quality_log(drawn=came)["few_answers"]
    came = dataclasses.replace(came, persons=int_array(*[40] * 8, 20))
    assert "few_answers" not in quality_log(drawn=came)
