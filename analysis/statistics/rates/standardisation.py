"""Ratios of rates between groups as if all had the same ages."""

from dataclasses import dataclass

import numpy as np
import scipy

from analysis.statistics.sampling.variance import Floats, Ints

ROUNDS, CLOSE = 10_000, 1e-12


@dataclass(frozen=True, eq=False, kw_only=True)
class AgeAdjustedRatios:
    """The ratio of each group's rate to the reference's at equal ages, with its limits.

    NaN for a group without events, or where the reference has none.
    """

    value: Floats
    low: Floats
    high: Floats


def age_adjusted_ratios(
    by_group: Ints, by_age: Ints, people: Floats, *, reference: int, level: float = 0.95
) -> AgeAdjustedRatios:
    """Rate ratios of G groups, adjusted for age, from events by group and events by age.

    `by_group` G and `by_age` A counts, `people` A x G. The model is Poisson: events of age a in
    group g have mean N_ag·α_a·ρ_g. Its sufficient statistics are the two lists, so the table of
    events by both is not needed; the ratio ρ_g/ρ_ref is assumed alike at all ages, and nothing here
    can test that. Solved as indirect standardisation, repeated with its own age rates:
    α_a = O_a/Σ_g N_ag·ρ_g, ρ_g = O_g/Σ_a N_ag·α_a. Limits: Wald on the log scale, by the Fisher
    information of ρ after α. Events whose age is not known are shared out like the others.
    Errors: ValueError without events of known age, or for a group or age with events and no people.
    Source: Breslow and Day (1987), chapter 4; Birch (1963).
    """
    if not by_age.sum() or not by_group.sum():
        raise ValueError("no events whose age and group are known")
    if (by_group[people.sum(axis=0) <= 0] > 0).any() or (by_age[people.sum(axis=1) <= 0] > 0).any():
        raise ValueError("events in a group or at an age of which nobody is known")
    rates, expected = fit_margins(by_group.astype(float), by_age.astype(float), people)
    value = np.full(len(by_group), np.nan)
    error = np.full(len(by_group), np.nan)
    known = [g for g in range(len(by_group)) if by_group[g] > 0 and g != reference]
    if by_group[reference] > 0 and known:
        value[known] = rates[known] / rates[reference]
        information = log_rate_information(expected)[np.ix_(known, known)]
        error[known] = np.sqrt(np.diag(np.linalg.inv(information)))
    reach = np.exp(float(scipy.stats.norm.ppf(0.5 + level / 2)) * error)
    return AgeAdjustedRatios(value=value, low=value / reach, high=value * reach)


def fit_margins(by_group: Floats, by_age: Floats, people: Floats) -> tuple[Floats, Floats]:
    """The rates ρ of the groups (the largest is 1), and the expected events, A x G."""
    ages = by_age * by_group.sum() / by_age.sum()
    rates = np.ones(len(by_group))
    alpha = np.zeros(len(ages))
    for _ in range(ROUNDS):
        alpha = quotient(ages, people @ rates)
        fresh = quotient(by_group, alpha @ people)
        fresh = fresh / fresh.max()
        close = np.abs(fresh - rates).max() < CLOSE
        rates = fresh
        if close:
            break
    alpha = quotient(ages, people @ rates)
    return rates, people * alpha[:, None] * rates[None, :]


def quotient(over: Floats, under: Floats) -> Floats:
    """The quotient; 0 where nobody lives."""
    return np.divide(over, under, out=np.zeros_like(over), where=under > 0)


def log_rate_information(expected: Floats) -> Floats:
    """The Fisher information of log ρ, with log α eliminated: G x G, of rank G - 1."""
    of_age = expected.sum(axis=1)
    shares = quotient(expected, np.broadcast_to(of_age[:, None], expected.shape))
    return np.asarray(np.diag(expected.sum(axis=0)) - shares.T @ expected)
