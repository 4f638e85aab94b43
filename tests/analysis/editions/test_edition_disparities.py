"""Groups compared with a reference: counts of a year, two benchmarks, nothing from missing
figures.
"""

import csv
import dataclasses
import datetime
import json

import numpy as np
import pytest

from analysis.editions.chapters import disparities, funnels, received
from analysis.editions.inputs import EventCounts
from survey.editions.figures import Rate
from survey.editions.force import group_label, group_title
from survey.sentences import sentence_sources
from tests.analysis.editions.smallest_inputs import (
    FIRST,
    count,
    month_fields,
    monthly_counts,
    weekly_counts,
    woodland_inputs,
)
from tests.reference import FOLDER, NUMBERS

MARCH = month_fields(2026, 3)
SINCE = datetime.date(2025, 4, 1)
RESIDENTS = {
    "ethnicity": {"white": 4_500_000, "asian": 1_125_000, "black": 975_000, "other": 900_000},
    "sex": {"female": 100_000.0, "male": 100_000.0},
    "age": {},
}
EVENTS = {"white": 60, "asian": 14, "black": 55, "other": 23, "unknown": 38}
STOPS = {"white": 9000, "asian": 2000, "black": 3900, "unknown": 500}


def group_counts(numbers, dimension="ethnicity_officer", **fields):
    """Counts by group over a year: all of them in the last month, none in the eleven before."""
    return [
        one
        for group, number in numbers.items()
        for one in monthly_counts(
            [0] * 11 + [number], SINCE, group=f"{dimension}:{group}", **fields
        )
    ]


def disparity_parts(**changes):
    plain = {"groups": group_counts(EVENTS), "kinds": RESIDENTS}
    return disparities.disparity_fields(woodland_inputs(**MARCH | plain | changes))


def find_row(found, group, benchmark="residents", dimension="ethnicity_officer"):
    key = dimension, group, benchmark
    return next(
        one for one in found["disparities"] if (one.dimension, one.group, one.benchmark) == key
    )


@pytest.mark.parametrize("group", ["asian", "black", "other"])
def test_the_exact_ratio_is_that_of_r(group):
    reference = json.loads(NUMBERS.read_text())
    theirs = reference["project_synthetic_R"]["force_rr"][group.capitalize()]
    ours = find_row(disparity_parts(), group)
    assert (ours.events, ours.people) == (theirs["events"], theirs["population"])
    assert ours.per_10_000 == pytest.approx(theirs["rate10k"], rel=1e-6)
    assert ours.exact.value == pytest.approx(theirs["rr"], rel=1e-6)
    assert (ours.exact.low, ours.exact.high) == pytest.approx(theirs["exact"], rel=1e-6)


def test_a_ratio_by_hand_with_its_unknown_share_and_the_window():
    found = find_row(disparity_parts(), "black")
    assert found.exact.value == pytest.approx((55 / 975) / (60 / 4500))
    assert found.shown.low > found.exact.low
    assert found.shown.high < found.exact.high
    assert found.unknown == pytest.approx(38 / 190)
    assert found.tipping[0] == pytest.approx((55 / 975) / (98 / 4500))
    assert found.tipping[1] == pytest.approx((93 / 975) / (60 / 4500))
    assert (found.since, found.until) == (SINCE, MARCH["end"])
    assert (found.code, found.reference, found.what) == ("officer-defined", "white", "device")
    assert found.adjusted is None


def test_stops_are_the_second_benchmark_and_without_them_it_is_said():
    found = disparity_parts(searches=group_counts(STOPS, measure="searches", tactic="stop_search"))
    assert find_row(found, "black", "stops").shown.value == pytest.approx((55 / 39) / (60 / 90))
    assert not [one for one in found["disparities"] if one.group == "other" and one.people < 1e5]
    assert not any("one benchmark" in one for one in found["disparity_caveats"])
    alone = disparity_parts()
    assert {one.benchmark for one in alone["disparities"]} == {"residents"}
    assert any("one benchmark" in one for one in alone["disparity_caveats"])


def test_one_month_of_stops_is_no_benchmark_for_a_year():
    stops = group_counts(STOPS, measure="searches", tactic="stop_search")
    found = disparity_parts(
        searches=[one for one in stops if one.start >= datetime.date(2026, 3, 1)]
    )
    assert {one.benchmark for one in found["disparities"]} == {"residents"}


def test_what_officers_perceived_and_what_people_said_stay_apart():
    said = {"white": 50, "black": 70, "unknown": 10}
    found = disparity_parts(groups=[*group_counts(EVENTS), *group_counts(said, "ethnicity_self")])
    assert find_row(found, "black").events == 55
    mine = find_row(found, "black", dimension="ethnicity_self")
    assert (mine.events, mine.code) == (70, "self-defined")
    assert mine.shown.value == pytest.approx((70 / 975) / (50 / 4500))


def test_a_publisher_of_any_force_is_said_to_be_one():
    found = disparity_parts(groups=group_counts(EVENTS, tactic="force", measure="officer_reports"))
    black = find_row(found, "black")
    assert black.what == "force"
    assert black.sentence.startswith(
        "Black people (officer-defined): recorded use of force was 4.2 times (2.9 to 6.1)"
    )
    assert found["fired"] == ()
    caveats = " ".join(found["disparity_caveats"])
    assert "any kind" in caveats
    assert "several officers" in caveats


def test_counts_outside_the_boroughs_are_left_out_unless_a_force_tells_them_all():
    elsewhere = group_counts({"black": 1000}, area="not-stated")
    assert (
        find_row(disparity_parts(groups=[*group_counts(EVENTS), *elsewhere]), "black").events == 55
    )
    assert (
        find_row(disparity_parts(groups=group_counts(EVENTS, area="the force")), "black").events
        == 55
    )


def test_none_on_a_group_says_none_and_a_small_ratio_keeps_a_figure():
    found = disparity_parts(groups=group_counts(EVENTS | {"asian": 0, "other": 1}))
    assert find_row(found, "asian").sentence.startswith(
        "Asian people (officer-defined): none recorded; at most 0.2"
    )
    assert find_row(found, "other").sentence.startswith(
        "People of other ethnicity (officer-defined): recorded use was 0.08 times"
    )
    assert "bias" not in str(found)


def test_a_week_and_a_year_without_figures_have_no_disparities():
    assert (
        disparities.disparity_fields(woodland_inputs(groups=group_counts(EVENTS), kinds=RESIDENTS))
        == {}
    )
    nothing = {"disparities": (), "fired": (), "disparity_caveats": ()}
    assert disparity_parts(groups=()) == nothing
    assert disparity_parts(groups=group_counts(dict.fromkeys(EVENTS, 0))) == nothing


def test_fired_given_drawn_is_compared_with_the_reference_alone():
    groups = [
        *group_counts({"female": 40, "male": 60}, "sex"),
        *group_counts({"female": 10, "male": 29}, "sex", tactic="fired"),
        *group_counts({"male": 1}, "sex", tactic="angled_drive_stunned"),
        *group_counts({"male": 10}, "sex", tactic="drive_stunned"),
        *group_counts({"female": 50, "male": 100}, "sex", tactic="ced"),
    ]
    female, male = disparity_parts(groups=groups)["fired"]
    assert (female.drawn, female.fired, female.share, female.p) == (50, 10, 0.2, None)
    assert (male.drawn, male.fired, male.share) == (100, 30, 0.3)
    assert (male.low, male.high) == pytest.approx((0.2189, 0.3958), abs=1e-4)
    assert male.p == pytest.approx(0.2406, abs=1e-3)


def complaints_from_grid(y):
    """Events from a grid of boroughs x weeks."""
    area, week = np.nonzero(y)
    return EventCounts(day=7 * week, area=area, persons=y[area, week].astype(np.int64))


def grid_fields(areas, weeks):
    """Boroughs and weeks of an edition that gives a verdict, if its last day is in March or
    September.
    """
    codes = [f"B{n:02d}" for n in range(areas)]
    area = woodland_inputs().areas[0].__class__
    return {
        "areas": [area(code=one, name=one, short=one, kind="borough") for one in codes],
        "residents": np.full(areas, 200_000.0),
        "kind": "monthly",
        "start": FIRST + datetime.timedelta(weeks=weeks - 1),
        "end": FIRST + datetime.timedelta(weeks=weeks, days=-1),
    }


def simulated_inputs(beta, *, areas=20, weeks=60, seed=3):
    """Simulated inputs: one deployment more per 10,000 multiplies next week's complaints by e^β."""
    random = np.random.default_rng(seed)
    used = random.poisson(20, (areas, weeks))
    x = np.hstack([np.ones((areas, 1)), used[:, :-1] / 20])
    shape = grid_fields(areas, weeks)
    counts = [
        count(FIRST + datetime.timedelta(weeks=w), int(used[b, w]), area=area.code)
        for b, area in enumerate(shape["areas"])
        for w in range(weeks)
    ]
    y = random.poisson(3 * np.exp(beta * x))
    return woodland_inputs(**shape, counts=counts, complaints=complaints_from_grid(y))


def test_complaints_after_deployments_are_found_where_they_were_planted():
    found = received.complaint_ratio(simulated_inputs(0.4))
    assert found.low < np.exp(0.04) < found.high
    assert found.per == 100_000
    assert found.clustered_low < found.ratio < found.clustered_high
    assert (found.areas, found.left_out) == (20, 0)
    assert found.sentence.startswith(
        f"Boroughs with one more deployment per 100,000 residents had {found.ratio:.2f}"
    )
    assert "not proof of cause" in found.sentence


def test_complaints_of_the_same_week_are_found_there_and_not_a_week_later():
    """The demo plants complaints in the week of the deployment, and none later."""
    random = np.random.default_rng(6)
    weeks = 38
    used = random.poisson(4, (20, weeks))
    shape = grid_fields(20, weeks)
    counts = [
        count(FIRST + datetime.timedelta(weeks=w), int(used[b, w]), area=area.code)
        for b, area in enumerate(shape["areas"])
        for w in range(weeks)
    ]
    brought = random.poisson(0.1 + 0.06 * used)
    inputs = woodland_inputs(**shape, counts=counts, complaints=complaints_from_grid(brought))
    at_once, later = received.complaint_ratio(inputs, lag=0), received.complaint_ratio(inputs)
    assert at_once.low > 1
    assert "times as many complaints in the same week" in at_once.sentence
    assert "Which came first within the week is not known" in at_once.sentence
    assert later.low < 1 < later.high
    assert later.sentence.startswith("There is no clear evidence")


@pytest.mark.parametrize(
    ("spread", "more"),
    [(1.0, False), (8.0, True)],
)
def test_complaints_vary_more_than_chance_only_where_the_dispersion_says_so(spread, more):
    random = np.random.default_rng(6)
    inputs = simulated_inputs(0.0)
    y = random.poisson(3 * random.gamma(1 / spread, spread, (20, 60)) if more else 3, (20, 60))
    found = received.complaint_ratio(
        dataclasses.replace(inputs, complaints=complaints_from_grid(y))
    )
    assert found.varies_more_than_chance is more


def test_no_evidence_is_said_where_none_was_planted():
    found = received.complaint_ratio(simulated_inputs(0.0))
    assert found.low < 1 < found.high
    assert found.sentence.startswith("There is no clear evidence")


@pytest.mark.parametrize("effect", [0.0, 0.4])
@pytest.mark.parametrize(("lag", "when"), [(0, "same"), (1, "following")])
def test_between_looks_there_is_an_estimate_and_no_verdict(effect, lag, when):
    inputs = dataclasses.replace(simulated_inputs(effect), kind="weekly")
    found = received.complaint_ratio(inputs, lag=lag)
    assert found.sentence.startswith(
        f"An estimate, not a verdict: {found.ratio:.2f} times as many complaints in the {when} week"
    )
    assert "(95% interval" in found.sentence


def test_too_few_weeks_or_boroughs_are_explained_and_months_have_no_ratio():
    assert received.complaint_ratio(simulated_inputs(0.0, weeks=8)).sentence.startswith(
        "Deployment figures were received for"
    )
    few = received.complaint_ratio(simulated_inputs(0.0, areas=5, weeks=12))
    assert few.ratio is None
    assert few.sentence.startswith("Complaints were received from fewer than 10 boroughs")
    months = woodland_inputs(
        counts=monthly_counts([5] * 12, SINCE), complaints=complaints_from_grid(np.ones((3, 9)))
    )
    assert received.complaint_ratio(months) is None
    assert received.complaint_ratio(woodland_inputs(counts=weekly_counts([1] * 13))) is None


def test_the_ratio_is_that_of_r():
    """R compares weeks before and after a step, entered here as deployments a week earlier."""
    with (FOLDER / "synth_complaints.csv").open() as file:
        rows = list(csv.DictReader(file))
    theirs = json.loads(NUMBERS.read_text())
    theirs = theirs["project_synthetic_R"]["complaints"]
    places = list(dict.fromkeys(row["borough"] for row in rows))
    weeks = 1 + max(int(row["t"]) for row in rows)
    y, post = np.zeros((len(places), weeks + 1)), np.zeros((len(places), weeks + 1))
    residents = np.zeros(len(places))
    for one in rows:
        b, t = places.index(one["borough"]), int(one["t"])
        y[b, t + 1], post[b, t] = int(one["complaints"]), int(one["post"])
        residents[b] = float(one["population"])
    shape = grid_fields(len(places), weeks + 1) | {"residents": residents}
    counts = [
        count(FIRST + datetime.timedelta(weeks=t), int(post[b, t] * residents[b]), area=area.code)
        for b, area in enumerate(shape["areas"])
        for t in range(weeks)
    ]
    found = received.complaint_ratio(
        woodland_inputs(**shape, counts=counts, complaints=complaints_from_grid(y))
    )
    assert 1e5 * np.log(found.ratio) == pytest.approx(theirs["nb2"]["b"], rel=1e-5)
    assert found.dispersion == pytest.approx(theirs["poisson"]["phi"], rel=1e-5)


def rate(domain, events, population):
    return Rate(
        domain=domain, events=events, population=population,
        per_10_000=1e4 * events / population, low=0.0, high=0.0, method="",
    )  # fmt: skip


def funnel_of(events, residents=100_000.0):
    table = [rate(str(n), one, residents) for n, one in enumerate(events)]
    (found,) = funnels.rate_funnels({"deployments": [rate("city", sum(events), 1.0), *table]})
    return found


def test_a_funnel_has_the_limits_of_the_exact_counts():
    found = funnel_of([10] * 10)
    assert (found.target, found.phi, found.between) == (1.0, None, None)
    assert {one.place for one in found.spots} == {"within"}
    limits = found.limits[0]
    assert (limits.low, limits.high) == (0.38, 1.62)
    assert (limits.lowest, limits.highest) == (0.12, 2.07)


def test_outside_is_told_in_two_degrees():
    found = funnel_of([50] * 30 + [68, 90, 33, 15])
    assert [one.place for one in found.spots[30:]] == ["high", "above", "low", "below"]


def test_boroughs_that_all_scatter_have_wider_limits():
    found = funnel_of([20, 80] * 10)
    assert found.phi > 5
    assert {one.place for one in found.spots} == {"within"}
    assert found.limits[0].high > funnel_of([50] * 20).limits[0].high


def test_a_borough_far_from_boroughs_that_differ_is_still_outside():
    """Rates from 0.8 to 6 and one of 23, as in the demo: limits widened by a factor had no end."""
    rates = [8, 12, 17, 20, 25, 30, 36, 44, 52, 60] * 3
    found = funnel_of([*rates, 230])
    assert found.phi > 10
    assert [one.place for one in found.spots if one.place != "within"] == ["above"]


def test_no_funnel_of_nothing():
    assert funnels.rate_funnels({"deployments": (), "complaints": [rate("city", 0, 1.0)]}) == ()


@pytest.mark.parametrize(
    ("dimension", "group", "label", "title"),
    [
        ("ethnicity_officer", "white", "White people", "White people"),
        ("ethnicity_self", "mixed", "people of mixed ethnicity", "People of mixed ethnicity"),
        ("age", "35-49", "people aged 35 to 49", "People aged 35 to 49"),
        ("age", "65+", "people aged 65 and over", "People aged 65 and over"),
        ("sex", "female", "women and girls", "Women and girls"),
        ("sex", "not_stated", "people recorded as not stated", "People recorded as not stated"),
    ],
)
def test_a_group_is_named_by_its_people(dimension, group, label, title):
    assert (group_label(dimension, group), group_title(dimension, group)) == (label, title)


def test_no_sentence_of_the_ratios_is_a_key_that_a_translation_would_change():
    found = disparity_parts(groups=[*group_counts(EVENTS), *group_counts(EVENTS, "ethnicity_self")])
    row = find_row(found, "black")
    keys = {row.dimension, row.group, row.reference, row.benchmark, row.what}
    texts = {one.english for one in sentence_sources((row, *found["disparity_caveats"]))}
    assert "Black people" in texts
    assert not keys & texts
