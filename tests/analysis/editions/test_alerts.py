"""Which rules raise an alert, how its status changes between editions, and the false alarms."""

import datetime

import msgspec
import numpy as np
import pytest

from analysis.editions import make_edition, signals
from analysis.editions.chapter import GateStep
from analysis.editions.chapters import alerts
from analysis.editions.chapters.themes import themes_with_meanings
from survey.deployments import BENCHMARKS
from survey.editions.actions import AlertAssignment, RaisedAlert, expected_by_chance
from survey.editions.figures import Estimate
from survey.editions.force import (
    EditionDisparity,
    EditionRateRatio,
    Funnel,
    FunnelPoint,
    PeriodDeployments,
    VulnerableUses,
)
from survey.editions.perception import IndexReliability, Weighting
from survey.editions.texts import ThemeShare
from survey.themes.demands import EditionCampaign
from tests.analysis.editions.small_inputs import (
    CITY,
    CODES,
    DAY,
    FIRST,
    WEEK,
    count,
    edition,
    events,
    index_weeks,
    inputs_of_week,
    sampled_answers,
)

CHILD = RaisedAlert(id="a", kind="under_18", area="E1", on=FIRST)


def alerts_by_key(now, this_edition=None):
    this_edition = this_edition or edition(now)
    return {one.key: one for one in alerts.edition_alerts(now, this_edition)}


def rules_raised(now, this_edition=None):
    return {one.rule for one in alerts.edition_alerts(now, this_edition or edition(now))}


# ---------------------------------------------------------------- status


def alerts_after_weeks(now, weeks, **changes):
    """The inputs some weeks later, and the alerts then, after an edition with the alerts of
    `now`.
    """
    last = msgspec.structs.replace(edition(now), alerts=alerts.edition_alerts(now, edition(now)))
    later = inputs_of_week(30 + weeks, last=last, **changes)
    return later, alerts_by_key(later)


def test_an_alert_is_new_and_lasts_four_weeks():
    now = inputs_of_week(raised=(CHILD,))
    [one] = alerts_by_key(now).values()
    assert (one.key, one.standing, one.domain) == (f"under_18/{CITY}", "new", CITY)
    assert (one.since, one.until) == (now.end, now.end + 4 * WEEK)
    assert one.expected_a_year is None


def test_an_alert_names_no_borough_and_no_number():
    two = [msgspec.structs.replace(CHILD, id=str(i), area=CODES[i]) for i in range(2)]
    assert alerts_by_key(inputs_of_week(raised=two)) == alerts_by_key(
        inputs_of_week(raised=(CHILD,))
    )


def test_an_alert_continues_to_its_last_day_and_is_shown_once_as_closed():
    now = inputs_of_week(raised=(CHILD,))
    week, [one] = alerts_after_weeks(now, 3)[0], alerts_after_weeks(now, 3)[1].values()
    assert (one.standing, one.since, one.until) == ("continuing", now.end, now.end + 4 * WEEK)
    closing = inputs_of_week(34, last=msgspec.structs.replace(edition(week), alerts=(one,)))
    [closed] = alerts_by_key(closing).values()
    assert (closed.standing, closed.until) == ("closed", now.end + 4 * WEEK)
    gone = inputs_of_week(35, last=msgspec.structs.replace(edition(closing), alerts=(closed,)))
    assert alerts_by_key(gone) == {}


def test_a_rule_that_holds_again_extends_its_alert():
    now = inputs_of_week(raised=(CHILD,))
    later, [one] = (
        alerts_after_weeks(now, 2, raised=(CHILD,))[0],
        alerts_after_weeks(now, 2, raised=(CHILD,))[1].values(),
    )
    assert (one.standing, one.since, one.until) == ("continuing", now.end, later.end + 4 * WEEK)


def test_an_alert_of_the_last_edition_can_still_be_translated():
    now = inputs_of_week(counts=[count("E1", 29, 5)])
    last = make_edition(now)
    arrived = [count("E1", week, 5) for week in range(32)]
    later = make_edition(inputs_of_week(31, last=last, counts=arrived))
    assert later.alerts[0].sentence == "No deployment figures were received for the period."
    assert later.alerts[0].sentence in {one.english for one in later.sentences}


def test_a_closed_one_that_holds_again_is_new():
    now = inputs_of_week(raised=(CHILD,))
    [one] = alerts_by_key(now).values()
    last = msgspec.structs.replace(
        edition(now), alerts=(msgspec.structs.replace(one, standing="closed"),)
    )
    [again] = alerts_by_key(inputs_of_week(31, raised=(CHILD,), last=last)).values()
    assert (again.standing, again.since) == ("new", now.end + WEEK)


@pytest.mark.parametrize("state", ["new", "closed"])
def test_an_edition_of_the_same_period_made_again_says_the_same(state):
    now = inputs_of_week(raised=(CHILD,))
    [one] = alerts_by_key(now).values()
    one = msgspec.structs.replace(one, standing=state)
    last = msgspec.structs.replace(edition(now), alerts=(one,))
    assert alerts_by_key(inputs_of_week(last=last, number=2)) == {one.key: one}


def test_an_alert_about_missing_data_closes_when_the_data_arrive():
    silent = inputs_of_week(counts=[count("E1", 29, 5)])
    assert alerts_by_key(silent)[f"feed_deployments/{CITY}"].level == "data"
    counts = [count("E1", week, 5) for week in range(32)]
    assert [one.standing for one in alerts_after_weeks(silent, 1, counts=counts)[1].values()] == [
        "closed"
    ]


def test_the_owner_and_the_action_are_those_written_down():
    now = inputs_of_week(
        raised=(CHILD,), assigned=(AlertAssignment(key=f"under_18/{CITY}", owner="A", action="B"),)
    )
    [one] = alerts_by_key(now).values()
    assert (one.owner, one.action) == ("A", "B")


def test_an_edition_lists_its_alerts_red_first():
    now = inputs_of_week(raised=(CHILD,), counts=[count("E1", 29, 5)])
    assert [one.level for one in make_edition(now).alerts] == ["red", "data"]


# ---------------------------------------------------------------- reported uses and their days


def test_a_report_says_since_when_it_is_known():
    """A report of the 26th must not stand in an edition to the 22nd as since the 22nd."""
    now = inputs_of_week()
    reported = now.end + 4 * DAY
    later = msgspec.structs.replace(CHILD, reported=reported)
    [one] = alerts_by_key(inputs_of_week(raised=(later,))).values()
    assert (one.since, one.standing, one.until) == (reported, "new", now.end + 4 * WEEK)


def test_what_happened_after_the_period_waits_for_the_edition_of_its_own():
    now = inputs_of_week()
    after = msgspec.structs.replace(CHILD, on=now.end + DAY, reported=now.end + DAY)
    assert rules_raised(inputs_of_week(raised=(after,))) == set()
    assert rules_raised(inputs_of_week(31, raised=(after,))) == {"under_18"}


def uses_on_children(period, window=100, until=None):
    return VulnerableUses(
        kind="under_18",
        period=period,
        since=FIRST + 17 * WEEK,
        until=until,
        window=window,
        typical=None,
    )


def uses_of_groups(weeks, child, week=30):
    """Weekly uses by age that a publisher gave, up to a week."""
    return [
        msgspec.structs.replace(count("E1", at, number, "fired"), group=group)
        for at in range(week + 1 - weeks, week + 1)
        for group, number in (("age:11-17", child), ("age:18-34", 20))
    ]


def children_alerts(period, before, *, window=65, mine=None, **changes):
    """The alerts of an edition with so many uses on children in its period and `mine` in three
    months, and `before` in the last one.
    """
    groups = uses_of_groups(20, 5)
    was = uses_on_children(before, window=window, until=FIRST + 30 * WEEK - DAY)
    last = edition(inputs_of_week(29), persons=(was,))
    now = inputs_of_week(groups=groups, **{"last": last} | changes)
    return alerts_by_key(now, edition(now, persons=(uses_on_children(period, window=mine),)))


def test_the_first_published_uses_on_children_are_an_alert_with_their_number():
    [one] = children_alerts(5, None, window=None).values()
    assert (one.key, one.level) == (f"under_18/first/{CITY}", "red")
    assert (one.figure, one.figure_before, one.unit) == (5, None, "deployments")
    assert one.sentence == "The first uses on people under 18 in about three months were recorded."
    assert list(children_alerts(5, None, last=None, mine=5)) == [one.key]


@pytest.mark.parametrize("last", [{"last": None}, {"window": None}])
def test_uses_on_children_are_not_the_first_where_three_months_had_more(last):
    """Found: "the first in about three months" beside "Since 31 August 2026: 100"."""
    assert children_alerts(5, None, mine=100, **last) == {}


def test_as_many_uses_on_children_as_usual_are_no_alert_and_more_are():
    assert children_alerts(10, 5) == {}
    [one] = children_alerts(20, 5).values()
    assert (one.key, one.level) == (f"under_18/more/{CITY}", "red")
    assert (one.figure, one.figure_before) == (20, 5)
    assert one.sentence.startswith("More uses on people under 18")
    assert one.expected_a_year == pytest.approx(1.3)


def test_a_report_by_staff_stands_next_to_what_a_publisher_counted():
    found = children_alerts(20, 5, raised=(CHILD,))
    assert set(found) == {f"under_18/{CITY}", f"under_18/more/{CITY}"}
    assert len({one.sentence for one in found.values()}) == 2


def test_a_corrected_edition_compares_with_the_period_before_not_with_its_first_edition():
    earlier = edition(inputs_of_week(29), persons=(uses_on_children(10),))
    now = inputs_of_week(last=earlier, raised=(CHILD,))
    first = edition(now, persons=(uses_on_children(5),))
    first = msgspec.structs.replace(first, alerts=alerts.edition_alerts(now, first))
    second = inputs_of_week(last=first, number=2, raised=(CHILD,))
    [one] = alerts_by_key(second, edition(second, persons=(uses_on_children(15),))).values()
    assert (one.figure, one.figure_before, one.standing) == (15, 10, "new")


def test_withheld_uses_on_children_are_no_alert():
    """It would say that a blank is 1 to 4, and no alert would say that it is 0."""
    now = inputs_of_week()
    assert rules_raised(now, edition(now, persons=(uses_on_children(None),))) == set()


# ---------------------------------------------------------------- figures outside what was expected


def period_of(events, low=299.0, high=380.0):
    return PeriodDeployments(
        events=events, low=low, high=high, since=FIRST, cumulative=None, before=1000
    )


@pytest.mark.parametrize("kind", ["weekly", "monthly"])
@pytest.mark.parametrize(
    ("events", "side"),
    [(295, "below"), (385, "above"), (300, None), (None, None)],
)
def test_deployments_outside_their_expected_range_are_an_alert(kind, events, side):
    now = inputs_of_week(kind=kind)
    found = alerts_by_key(now, edition(now, this_period=period_of(events)))
    assert list(found) == ([f"deployments_range/{side}/{CITY}"] if side else [])
    for one in found.values():
        assert (one.figure, one.level) == (events, "amber")
        assert one.expected_a_year == pytest.approx(0.05 * (52 if kind == "weekly" else 12))


def test_an_alert_has_the_figure_of_its_borough_and_that_of_the_edition_before():
    last = edition_with_index(inputs_of_week(48))
    now = inputs_of_week(49, last=last, **area_weeks(50, (-14, 0, 0, 0), 40))
    lower = [
        msgspec.structs.replace(one, value=57.2) if one.domain == "E1" else one
        for one in edition_with_index(now).index
    ]
    [one] = alerts_by_key(now, edition(now, index=tuple(lower))).values()
    assert (one.domain, one.figure, one.figure_before, one.unit) == ("E1", 57.2, 60.0, "points")


def test_the_gate_lets_no_figure_pass_that_the_edition_withholds():
    now = inputs_of_week()
    found = edition(now, persons=(uses_on_children(5, window=5),))
    [one] = alerts.edition_alerts(now, found)
    hidden = edition(now, persons=(uses_on_children(None),))
    step = GateStep(None, edition(now, alerts=(one,)), hidden)
    [passed] = alerts.gated_alerts(step)
    assert (passed.figure, passed.figure_before) == (None, None)


def city_weeks(weeks, shift=0.0, since=None, seed=1):
    """Weekly values: an AR(1) level around 60, measured with a standard error of 1."""
    rng = np.random.default_rng(seed)
    level, found = 0.0, []
    for week in range(weeks):
        level = 0.4 * level + rng.normal(0, 1)
        planted = shift if since is not None and week >= since else 0.0
        found.append(60 + level + rng.normal(0, 1) + planted)
    return np.array(found)


def city_warning(values):
    weeks = len(values)
    return signals.city_signal(inputs_of_week(weeks - 1, index_weeks=tuple(index_weeks(values))))


def test_a_planted_fall_of_the_citys_index_is_seen():
    seen = [city_warning(city_weeks(50, -5.0, since=44, seed=seed)) for seed in range(20)]
    assert sum(far is not None and far < 0 for far in seen) >= 17


@pytest.mark.slow
def test_the_citys_chart_gives_about_the_false_alarms_that_it_tells():
    """The last week of 260 series. The chart signals in 1 of 491 weeks, twice as often with a model
    of 40 weeks, and a signal lasts for weeks.
    """
    found = sum(city_warning(city_weeks(50, seed=seed)) is not None for seed in range(260))
    assert found <= 10


def test_a_city_with_a_short_past_gives_no_warning():
    assert city_warning(city_weeks(12, -9.0, since=8)) is None


def test_weeks_with_few_answers_are_not_charted():
    values = city_weeks(50, -9.0, since=42)
    weeks = tuple(index_weeks(values, n=29))
    assert signals.city_signal(inputs_of_week(49, index_weeks=weeks)) is None


def area_weeks(weeks, shifts, since):
    rng = np.random.default_rng(3)
    direct = 60 + rng.normal(0, 20 / 12**0.5, (4, weeks))
    direct[:, since:] += np.array(shifts)[:, None]
    asked = sampled_answers([(7 * (weeks - 1), i, 400, 60.0) for i in range(4)])
    return {
        "index_weeks": tuple(index_weeks(direct.mean(axis=0), direct=direct)),
        "sampled": asked,
    }


def edition_with_index(now, codes=CODES):
    index = [
        Estimate(
            domain=code,
            stream="sampled",
            n=120,
            effective_n=100.0,
            value=60.0,
            standard_error=2.0,
            low=56.0,
            high=64.0,
            method="invented",
        )
        for code in codes
    ]
    return edition(now, index=tuple(index))


def test_a_borough_that_fell_is_seen_and_no_other():
    now = inputs_of_week(49, **area_weeks(50, (-14, 0, 0, 0), 40))
    found = {
        one.domain: one
        for one in alerts_by_key(now, edition_with_index(now)).values()
        if one.level == "amber"
    }
    assert list(found) == ["E1"]
    assert "lower than" in found["E1"].sentence
    assert found["E1"].expected_a_year == pytest.approx(4 * 52 / 491)


def test_a_borough_whose_index_is_withheld_or_whose_past_is_short_gives_no_warning():
    now = inputs_of_week(49, **area_weeks(50, (-14, 0, 0, 0), 40))
    assert "index_signal" not in rules_raised(now, edition_with_index(now, CODES[1:]))
    assert signals.area_signals(inputs_of_week(0), np.ones(4, dtype=bool)) == {}
    young = inputs_of_week(24, **area_weeks(25, (-14, 0, 0, 0), 15))
    assert "index_signal" not in rules_raised(young, edition_with_index(young))


def weekly_complaints(*weekly):
    return events([(week * 7 + 3, week % 4, n) for week, n in enumerate(weekly) if n])


@pytest.mark.parametrize(("last", "seen"), [(8, False), (14, False), (45, True)])
def test_more_complaints_than_the_limit_of_the_weeks_before(last, seen):
    usual = np.random.default_rng(5).negative_binomial(6, 6 / (6 + 10), 30).tolist()
    now = inputs_of_week(30, complaints=weekly_complaints(*usual, last))
    assert ("complaints_limit" in rules_raised(now)) == seen


def test_few_complaints_raise_nothing_though_none_came_before():
    assert not signals.has_too_many_complaints(
        inputs_of_week(30, complaints=weekly_complaints(*[0] * 30, 9))
    )
    assert not signals.has_too_many_complaints(inputs_of_week(0, complaints=weekly_complaints(40)))
    once_each = weekly_complaints(*[1, 0] * 15, 9)
    assert not signals.has_too_many_complaints(inputs_of_week(30, complaints=once_each))


@pytest.mark.slow
def test_complaints_pass_the_limit_by_chance_about_as_often_as_is_told():
    rng = np.random.default_rng(8)
    weekly = rng.negative_binomial(6, 6 / (6 + 20), (2_000, 41)).astype(float)
    passed = sum(row[-1] > signals.upper_count_limit(row[:-1], 1.0) for row in weekly)
    assert passed / len(weekly) <= 3 * alerts.COUNT_LIMIT_CHANCE


def edition_with_funnel(now, place, known=4):
    spots = [
        FunnelPoint(domain=code, size=1.0, value=1.0, place=place if i == 0 else "within")
        for i, code in enumerate(CODES[:known])
    ]
    return edition(
        now, funnels=(Funnel(measure="deployments", target=1.0, spots=tuple(spots), limits=()),)
    )


@pytest.mark.parametrize("place", ["low", "high", "within", "withheld"])
def test_only_the_outer_limits_of_a_funnel_are_an_alert(place):
    now = inputs_of_week()
    assert rules_raised(now, edition_with_funnel(now, place)) == set()


def test_a_borough_outside_the_funnel_is_one_of_so_many_by_chance():
    now = inputs_of_week()
    [one] = alerts_by_key(now, edition_with_funnel(now, "above")).values()
    assert (one.key, one.level) == ("funnel_deployments/E1", "amber")
    assert one.expected_a_year == pytest.approx(0.002 * 4 * 52)
    monthly = inputs_of_week(kind="monthly")
    [one] = alerts_by_key(monthly, edition_with_funnel(monthly, "below")).values()
    assert one.expected_a_year == pytest.approx(0.002 * 4 * 12)


def disparity(low, status="shown", benchmark="residents"):
    return EditionDisparity(
        dimension="ethnicity",
        code="officer-defined",
        group="Black",
        reference="White",
        benchmark=benchmark,
        events=40,
        reference_events=60,
        people=1000.0,
        per_10_000=None,
        shown=EditionRateRatio(2.0, low, 4.0),
        exact=EditionRateRatio(2.0, low, 4.0),
        adjusted=None,
        unknown=None,
        tipping=(None, None),
        sentence="",
        status=status,
    )


@pytest.mark.parametrize(
    ("low", "before", "seen"), [(1.2, 0.9, True), (1.2, 1.1, False), (0.9, 0.9, False)]
)
def test_a_ratio_is_an_alert_when_its_lower_limit_has_newly_passed_one(low, before, seen):
    last = edition(inputs_of_week(29), disparities=(disparity(before),))
    now = inputs_of_week(last=last)
    assert ("disparity" in rules_raised(now, edition(now, disparities=(disparity(low),)))) == seen
    withheld = edition(now, disparities=(disparity(low, "withheld"),))
    assert "disparity" not in rules_raised(now, withheld)


@pytest.mark.parametrize("benchmark", BENCHMARKS)
def test_a_ratio_by_any_benchmark_is_an_alert_if_the_last_edition_had_it_too(benchmark):
    above = disparity(1.2, benchmark=benchmark)
    for before, seen in ((disparity(0.9, benchmark=benchmark), True), (None, False)):
        last = edition(inputs_of_week(29), disparities=(before,) if before else ())
        now = inputs_of_week(last=last)
        found = alerts_by_key(now, edition(now, disparities=(above,)))
        assert [one.sentence for one in found.values() if one.key.startswith("disparity")] == [
            f"The recorded rate {BENCHMARKS[benchmark].per} is now clearly higher for people "
            "recorded as Black than for people recorded as White (officer-defined)."
        ] * seen


def theme(texts, *, new=True, domain=CITY):
    return ThemeShare(
        theme="t",
        name="Drones",
        stream="open",
        domain=domain,
        texts=texts,
        share=0.1,
        low=None,
        high=None,
        new=new,
    )


def test_a_new_theme_of_ten_texts_is_an_alert():
    now = inputs_of_week()
    assert (
        "Drones"
        in alerts_by_key(now, edition(now, themes=(theme(10),)))[f"new_theme/t/{CITY}"].sentence
    )
    for other in (theme(None), theme(9), theme(10, new=False), theme(10, domain="E1")):
        assert rules_raised(now, edition(now, themes=(other,))) == set()


def test_a_theme_tells_what_it_is_about():
    now = inputs_of_week(meanings={"t": "Aircraft without a crew."})
    [one] = themes_with_meanings(now, [theme(10)])
    assert (one.new, one.meaning) == (False, "Aircraft without a crew.")


def test_a_reading_that_fell_is_an_alert():
    now = inputs_of_week()
    assert rules_raised(now, edition(now, reading="dropped")) == {"reading_dropped"}
    assert rules_raised(now, edition(now, reading="below")) == set()


# ---------------------------------------------------------------- what is missing


def weekly_answers(per_week, weeks=range(31), areas=range(4)):
    return sampled_answers([(week * 7 + 2, i, per_week, 60.0) for week in weeks for i in areas])


def test_a_borough_from_which_no_answer_came_is_an_alert():
    full = weekly_answers(12, range(30))
    now = inputs_of_week(
        sampled=sampled_answers(
            [*answer_rows(full), *answer_rows(weekly_answers(12, [30], range(1, 4)))]
        )
    )
    [one] = alerts_by_key(now).values()
    assert one.key == f"feed_answers/{CITY}"
    assert "E1" not in one.sentence
    assert one.expected_a_year == pytest.approx(52 * 4 * np.exp(-12))


def answer_rows(found):
    mean = found.score / np.maximum(found.persons, 1)
    return list(zip(found.day, found.area, found.persons, mean, strict=True))


def test_a_borough_in_which_few_answer_may_be_silent():
    rows = [
        *answer_rows(weekly_answers(3, range(30))),
        *answer_rows(weekly_answers(3, [30], range(1, 4))),
    ]
    assert rules_raised(inputs_of_week(sampled=sampled_answers(rows))) == set()


def test_half_the_answers_of_the_weeks_before_is_an_alert():
    rows = answer_rows(weekly_answers(20, range(30)))
    few = inputs_of_week(sampled=sampled_answers([*rows, *answer_rows(weekly_answers(9, [30]))]))
    assert rules_raised(few) == {"few_answers"}
    enough = inputs_of_week(
        sampled=sampled_answers([*rows, *answer_rows(weekly_answers(10, [30]))])
    )
    assert rules_raised(enough) == set()


def test_a_survey_that_has_just_begun_is_no_gap():
    now = inputs_of_week(4, sampled=weekly_answers(20, range(4)))
    assert "few_answers" not in rules_raised(now)


def test_a_borough_of_which_no_deployment_was_told_is_not_named():
    """Its name would reveal that nothing was recorded there, and so that other blanks are 1 to
    4.
    """
    usual = [count(code, week, 9) for week in range(30) for code in CODES]
    last_week = [count(code, 30, 9) for code in CODES[1:]]
    assert rules_raised(inputs_of_week(counts=[*usual, *last_week])) == set()
    assert rules_raised(inputs_of_week(counts=usual)) == {"feed_deployments"}


def test_a_week_that_a_monthly_figure_overlaps_is_not_missing():
    month = msgspec.structs.replace(
        count("E1", 0, 300), start=datetime.date(2024, 7, 1), end=datetime.date(2024, 7, 31)
    )
    assert rules_raised(inputs_of_week(30, counts=[month])) == set()


def withheld_index(n, value):
    return Estimate(
        domain=CITY,
        stream="sampled",
        n=n,
        effective_n=None,
        value=value,
        standard_error=None,
        low=None,
        high=None,
        method="",
        status="withheld",
    )


WEIGHTING = Weighting(
    invited=None,
    answered=None,
    response_rate=None,
    n=400,
    effective_n=90.0,
    kish=4.4,
    flag="red",
    trimmed=0.1,
    raked=True,
    margins=("area",),
    vintage="Census",
)
UNRELIABLE = IndexReliability(
    n=300, alpha=0.5, low=0.4, high=0.6, omega=0.5, item_rest=(), publishable=False
)


def test_why_there_is_no_index_is_an_alert_of_its_own():
    now = inputs_of_week()
    none = (withheld_index(400, None),)
    assert rules_raised(now, edition(now, index=none)) == {"unraked"}
    assert rules_raised(now, edition(now, index=(withheld_index(29, None),))) == set()
    assert rules_raised(now, edition(now, index=(withheld_index(400, 60.0),))) == set()
    assert rules_raised(now, edition(now, index=none, weighting=WEIGHTING)) == {"unequal_weights"}
    assert rules_raised(now, edition(now, index=none, reliability=UNRELIABLE)) == set()


def campaign(first, ident="c"):
    return EditionCampaign(id=ident, stream="open", themes=(), texts=12, first=first, last=first)


def after_campaign(now, weeks, **changes):
    """The alerts of this week with a campaign of its first day, and those some weeks later."""
    week = edition(now, campaigns=(campaign(now.start),))
    last = msgspec.structs.replace(week, alerts=alerts.edition_alerts(now, week))
    later = inputs_of_week(30 + weeks, last=last, **changes)
    shown = (campaign(now.start),) if later.end - 27 * DAY <= now.start else ()
    return last.alerts, alerts.edition_alerts(later, edition(later, campaigns=shown))


def test_the_alert_of_a_campaign_says_how_many_texts_and_until_when_they_count():
    now = inputs_of_week()
    (one,), _ = after_campaign(now, 1)
    assert (one.key, one.standing) == (f"burst/c:open/{CITY}", "new")
    assert one.sentence == "About 12 near-identical messages received (campaign)."
    assert one.until == now.start + 4 * WEEK


@pytest.mark.parametrize(
    ("weeks", "standing"), [(1, "continuing"), (2, "continuing"), (3, "continuing"), (4, "closed")]
)
def test_it_stays_while_its_texts_are_in_a_window_of_themes(weeks, standing):
    now = inputs_of_week()
    _, (one,) = after_campaign(now, weeks, campaigns=("c",))
    assert (one.standing, one.since) == (standing, now.end)


def test_it_stays_where_too_few_of_its_texts_are_left_to_name_it():
    now = inputs_of_week()
    week = edition(now, campaigns=(campaign(now.start),))
    last = msgspec.structs.replace(week, alerts=alerts.edition_alerts(now, week))
    later = inputs_of_week(33, last=last, campaigns=("c",))
    (one,) = alerts.edition_alerts(later, edition(later))
    assert one.standing == "continuing"


def test_it_closes_at_once_when_somebody_says_that_it_is_no_campaign():
    now = inputs_of_week()
    week = edition(now, campaigns=(campaign(now.start),))
    last = msgspec.structs.replace(week, alerts=alerts.edition_alerts(now, week))
    later = inputs_of_week(31, last=last, campaigns=())
    (one,) = alerts.edition_alerts(later, edition(later))
    assert one.standing == "closed"


def test_a_named_campaign_is_named_in_its_alert():
    now = inputs_of_week()
    named = msgspec.structs.replace(campaign(now.start), stream="complaints", name="No Taser")
    (one,) = alerts.edition_alerts(now, edition(now, campaigns=(named,)))
    assert one.sentence == "About 12 near-identical complaints received (campaign): No Taser."


@pytest.mark.parametrize(
    ("expected", "words"),
    [
        (0.1, "fewer than 1 a year"),
        (6.9, "about 7 a year"),
    ],
)
def test_false_alarms_are_told_in_words(expected, words):
    assert expected_by_chance(expected) == words
