"""The simulated city: the method finds its known effects, within the intervals."""

import datetime

import numpy as np
import pytest

from analysis.editions import perception
from analysis.editions.chapters import deployments, disparities
from api.jobs import kinds
from demo import simulation
from demo.simulation.texts_and_subjects import SubjectSimulator, whole_months
from demo.steps import demo_months, demo_weeks
from survey.deployments import Deployment, month_end, tally_deployments
from tests.analysis.editions.smallest_inputs import NAMES, month_fields, woodland_inputs

RESIDENTS = {"white": 4.7e6, "asian": 1.8e6, "black": 1.2e6, "mixed": 5e5, "other": 5.5e5}
MARCH = month_fields(2026, 3)
FIRST = datetime.date(2025, 6, 2)


@pytest.fixture(scope="module")
def year():
    """Forty weeks of deployments and ten months of searches."""
    codes = [name[0] for name in NAMES]
    people = np.array([2e6, 3e6, 3.75e6])
    maker = simulation.CitySimulator(7, codes, people, people, RESIDENTS)
    deployed = maker.deployments(maker.deployment_counts(np.ones(3), 40), FIRST)
    searched = maker.searches(FIRST, MARCH["end"])
    return disparities_of(tally_deployments(deployed, "incidents"), searched)


def disparities_of(counts, searched):
    groups = [one for one in counts if one.group != "all"]
    kinds = {"ethnicity": RESIDENTS, "age": {}, "sex": {}}
    made = woodland_inputs(
        **MARCH, counts=counts, groups=groups, searches=searched, kinds=kinds, first=FIRST
    )
    return made, disparities.disparity_fields(made)


@pytest.mark.parametrize("group", ["black", "mixed", "asian", "other"])
def test_the_planted_ratios_are_covered_by_both_benchmarks(year, group):
    rows = {one.benchmark: one for one in year[1]["disparities"] if one.group == group}
    times, searched = (
        simulation.FORCE_RATE_RATIOS[group],
        simulation.SEARCH_RATE_RATIOS[group],
    )
    assert rows["residents"].exact.low < times < rows["residents"].exact.high
    assert 0.8 * times / searched < rows["stops"].shown.value < 1.25 * times / searched
    assert 0.03 < rows["residents"].unknown < 0.07


def test_firing_hangs_on_no_group(year):
    fired = [one for one in year[1]["fired"] if one.dimension == "ethnicity_officer"]
    assert len(fired) == 5
    share = simulation.TACTIC_SHARES["fired"] + simulation.TACTIC_SHARES["angled_drive_stunned"]
    assert all(0.5 * share < one.share < 2 * share for one in fired)
    assert fired[0].low < share < fired[0].high


def test_the_categories_of_each_dimension_add_up_to_all(year):
    made, _ = year
    for dimension in ("ethnicity_officer", "age", "sex", "health"):
        mine = [one.count for one in made.groups if one.group.startswith(f"{dimension}:")]
        assert sum(mine) == sum(one.count for one in made.counts if one.group == "all")


def test_persons_of_care_are_told_for_the_city(year):
    kinds = {one.kind for one in deployments.persons_by_kind(year[0])}
    assert kinds == {"under_18", "over_64", "mental", "physical", "any_disability"}


def test_who_the_subjects_are_changes_nothing_else():
    people = np.array([1e5, 2e5, 3e5])
    codes = [name[0] for name in NAMES]
    one, other = (
        simulation.CitySimulator(7, codes, people, people, residents).deployments(
            np.full((3, 4), 2.0), FIRST
        )
        for residents in (RESIDENTS, RESIDENTS | {"white": 1.0})
    )
    assert [(d.day, d.tactics) for d in one] == [(d.day, d.tactics) for d in other]
    assert [d.groups for d in one] != [d.groups for d in other]


def test_an_incident_has_one_subject_s_groups_under_its_most_severe_use():
    first, second = (
        Deployment(
            incident="i", subject="s", officer_report=report, day=FIRST, area="A",
            tactics=(tactic,), groups=(group,),
        )
        for report, tactic, group in (("1", "drawn", "age:unknown"), ("2", "fired", "age:18-34"))
    )  # fmt: skip
    found = tally_deployments([first, second], "incidents")
    assert [(one.tactic, one.group, one.count) for one in found] == [
        ("fired", "age:18-34", 1),
        ("fired", "all", 1),
    ]
    assert len(tally_deployments([first, second], "officer_reports")) == 4


def test_months_are_whole_and_inside():
    assert whole_months(datetime.date(2026, 1, 2), datetime.date(2026, 3, 30)) == [
        datetime.date(2026, 2, 1)
    ]
    assert whole_months(datetime.date(2025, 12, 1), datetime.date(2026, 1, 31))[0].month == 12


def test_the_shares_are_those_of_the_ratio():
    shares = SubjectSimulator(1, RESIDENTS).shares(simulation.FORCE_RATE_RATIOS)
    assert sum(shares.values()) == pytest.approx(1)
    rates = {group: shares[group] / n for group, n in RESIDENTS.items()}
    assert rates["black"] / rates["white"] == pytest.approx(4)
    assert "4 times the White rate" in simulation.GROUND_TRUTH
    assert "0.8 points" in simulation.GROUND_TRUTH


@pytest.mark.parametrize("today", [datetime.date(2026, month, 5) for month in range(1, 13)])
def test_two_months_of_the_demonstration_give_a_verdict(today):
    months = demo_months(today)
    assert (len(months), months[-1]) == (6, kinds.last_month(today))
    verdicts = [one for one in months if perception.next_look("monthly", month_end(one)) is None]
    assert len(verdicts) == 2


def test_the_weeks_of_the_demonstration_follow_each_other_up_to_the_last():
    weeks = demo_weeks(datetime.date(2026, 12, 2))
    assert (weeks[0], weeks[-1]) == (datetime.date(2026, 8, 31), datetime.date(2026, 11, 23))
    assert weeks == sorted(weeks)
    assert len(weeks) == 13
