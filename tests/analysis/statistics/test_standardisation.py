"""Ratios at equal ages: by hand, against a Poisson regression of the whole table, and coverage."""

import numpy as np
import pytest

from analysis.statistics.disproportionality import age_adjusted_ratios

PEOPLE = np.array([[900.0, 400.0, 100.0], [500.0, 500.0, 300.0], [100.0, 600.0, 900.0]]) * 100
TIMES = np.array([4.0, 2.0, 1.0])
BY_AGE = np.array([8e-4, 3e-4, 1e-4])
WHITE = 2


def drawn_table(seed):
    rng = np.random.default_rng(seed)
    return rng.poisson(PEOPLE * BY_AGE[:, None] * TIMES)


def fitted_by_newton(table):
    """Log rates of a Poisson regression of the whole table, and the inverse of its information."""
    ages, groups = table.shape
    rows = [
        [*(1.0 * (a == i) for i in range(ages)), *(1.0 * (g == j) for j in range(groups - 1))]
        for a in range(ages)
        for g in range(groups)
    ]
    x, y, n = np.array(rows), table.ravel(), PEOPLE.ravel()
    beta = np.r_[np.full(ages, np.log(table.sum() / PEOPLE.sum())), np.zeros(groups - 1)]
    for _ in range(100):
        mean = n * np.exp(x @ beta)
        beta = beta + np.linalg.solve(x.T @ (mean[:, None] * x), x.T @ (y - mean))
    return beta[ages:], np.linalg.inv(x.T @ (mean[:, None] * x))[ages:, ages:]


def test_with_one_age_the_ratio_is_the_crude_one():
    found = age_adjusted_ratios(
        np.array([55, 60]), np.array([115]), np.array([[975.0, 4500.0]]), reference=1
    )
    crude = (55 / 975) / (60 / 4500)
    assert found.value[0] == pytest.approx(crude)
    error = np.sqrt(1 / 55 + 1 / 60)
    assert found.low[0] == pytest.approx(crude * np.exp(-1.959964 * error))
    assert np.isnan(found.value[1])


def test_two_lists_give_what_a_regression_of_the_whole_table_gives():
    table = drawn_table(3)
    found = age_adjusted_ratios(table.sum(axis=0), table.sum(axis=1), PEOPLE, reference=WHITE)
    beta, cov = fitted_by_newton(table)
    assert np.log(found.value[:2]) == pytest.approx(beta, abs=1e-8)
    error = np.log(found.high[:2] / found.low[:2]) / 2 / 1.959964
    assert error == pytest.approx(np.sqrt(np.diag(cov)), rel=1e-6)


def test_a_group_that_is_only_younger_has_no_ratio_left():
    table = PEOPLE * BY_AGE[:, None]
    by_group = np.round(table.sum(axis=0)).astype(int)
    found = age_adjusted_ratios(by_group, table.sum(axis=1), PEOPLE, reference=WHITE)
    rates = by_group / PEOPLE.sum(axis=0)
    assert rates[0] / rates[WHITE] > 2
    assert found.value[0] == pytest.approx(1, abs=0.03)


def test_without_events_there_is_no_ratio():
    found = age_adjusted_ratios(np.array([0, 4, 9]), np.array([5, 5, 3]), PEOPLE, reference=WHITE)
    assert np.isnan(found.value[0])
    assert np.isfinite(found.value[1])
    none = age_adjusted_ratios(np.array([5, 4, 0]), np.array([5, 2, 2]), PEOPLE, reference=WHITE)
    assert np.isnan(none.value).all()
    with pytest.raises(ValueError, match="no events"):
        age_adjusted_ratios(np.array([5, 4, 0]), np.array([0, 0, 0]), PEOPLE, reference=WHITE)
    with pytest.raises(ValueError, match="nobody is known"):
        age_adjusted_ratios(
            np.array([5, 4]), np.array([4, 5]), np.array([[9.0, 0.0], [9.0, 0.0]]), reference=0
        )


@pytest.mark.slow
def test_the_intervals_hold_the_truth():
    held = np.zeros(2)
    for seed in range(1000):
        table = drawn_table(seed)
        found = age_adjusted_ratios(table.sum(axis=0), table.sum(axis=1), PEOPLE, reference=WHITE)
        held += (found.low[:2] <= TIMES[:2]) & (TIMES[:2] <= found.high[:2])
    assert np.all((held / 1000 > 0.93) & (held / 1000 < 0.97))
