"""Who answered next to who lives there: answers that a group lacks, and what weights cost."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.residents import adult_shares
from analysis.statistics import power
from analysis.statistics.power import TrialPlan
from analysis.statistics.sampling import response, samples
from analysis.survey_results import shown_groups
from survey.places import Population
from survey.surveys.sums import AnswerTable


@given(st.floats(0, 0.95), st.integers(0, 500), st.integers(0, 500))
def test_with_what_it_lacks_a_group_has_its_share_and_with_one_less_it_has_not(share, own, others):
    total = own + others
    lacks = response.answers_to_share(share, own, total)
    assert own + lacks >= share * (total + lacks) - 1e-6
    if lacks:
        assert own + lacks - 1 < share * (total + lacks - 1) + 1e-6


def test_a_group_at_its_share_lacks_nothing():
    """By hand: 12 of 100 at 30% lack (30 - 12)/0.7 = 25.7."""
    assert response.answers_to_share(0.3, 12, 100) == 26
    assert response.answers_to_share(0.3, 30, 100) == 0
    assert response.answers_to_share(0.3, 80, 100) == 0
    with pytest.raises(ValueError, match="below 1"):
        response.answers_to_share(1.0, 1, 2)


def test_the_design_effect_is_that_of_weights_to_the_census():
    """By hand: 150 and 50 answers of groups of equal size: 200·(1/150 + 1/50)/2² = 4/3."""
    cells = {"sex": np.repeat([0, 1], [150, 50])}
    found = response.weighting_effect(cells, {"sex": np.array([500.0, 500.0])})
    by_hand = samples.kish(np.repeat([1 / 150, 1 / 50], [150, 50])).deff
    assert found == pytest.approx(by_hand) == pytest.approx(4 / 3)


def test_where_one_cell_is_left_nothing_can_be_weighted():
    cells = {"sex": np.repeat([0, 1], [150, 5])}
    assert response.weighting_effect(cells, {"sex": np.array([500.0, 500.0])}) is None
    assert response.weighting_effect(cells, {"sex": np.zeros(2)}) is None


def test_groups_are_shown_from_ten_on_in_fives():
    table = AnswerTable(60, {"none": 0, "one": 1, "nine": 9, "ten": 10, "thirteen": 13})
    assert shown_groups(table) == {"ten": 10, "thirteen": 15}
    assert shown_groups(AnswerTable(9, {"ten": 9})) == {}
    assert shown_groups(None) == {}


def test_shares_are_those_of_adults():
    def lived(category, persons, dimension="age_sex"):
        return Population(
            area="a", year=2021, dimension=dimension, category=category, persons=persons, basis=""
        )

    people = [
        lived("female 10-14", 900),
        lived("female 15-19", 50),
        lived("male 25-29", 60),
        lived("white", 30, "ethnicity"),
        lived("asian", 70, "ethnicity"),
        lived("yes", 15, "disability"),
        lived("no", 85, "disability"),
    ]
    found = adult_shares(people, ["a", "b"])
    assert found["area"] == {"a": 1.0, "b": 0.0}
    # Four fifths of 15 to 19 are 16 or older.
    assert found["sex"] == pytest.approx({"female": 0.4, "male": 0.6})
    assert found["age"]["25-34"] == pytest.approx(0.6)
    assert found["age_sex"]["female 16-24"] == pytest.approx(0.4)
    assert found["ethnicity"]["asian"] == pytest.approx(0.7)
    assert found["disability"] == pytest.approx({"yes": 0.15, "no": 0.85})
    assert adult_shares([], ["a"]) == {}


def test_more_deployments_and_more_months_show_smaller_effects():
    plan = TrialPlan(3000, 1500, (250_000.0,) * 32, 20.0, 1.2)
    few, many = power.smallest_after(plan, 3), power.smallest_after(plan, 24)
    assert few.smallest > 2 * many.smallest
    more = power.smallest_after(plan._replace(deployments=12_000), 24)
    assert more.smallest < many.smallest
    first = power.first_month(plan, many.smallest, [few, many])
    assert 3 < first <= 24
    assert power.first_month(plan, 0.01, [few, many]) is None
    assert power.smallest_after(plan._replace(residents=(1.0,) * 9), 24).smallest is None


def test_boroughs_that_begin_one_after_another_have_no_deployments_before():
    plan = TrialPlan(3000, 15_000, (250_000.0,) * 13, 20.0, 1.2, begins=12)
    assert plan.starts.tolist() == [*range(13)]
    panel = power.simulated_trial(plan, 104, np.random.default_rng(1))
    begun = (panel.deployments > 0).argmax(axis=1)
    weeks = np.sort(begun) / power.WEEKS_OF_A_MONTH
    assert np.abs(weeks - plan.starts).max() < 1
    # On average six of the first twelve months.
    assert power.smallest_after(plan, 12).events == pytest.approx(6 * 15_000)
    late = plan._replace(begins=0)
    assert power.smallest_after(late, 12).events == pytest.approx(12 * 15_000)
