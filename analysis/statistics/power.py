"""Smallest detectable changes, how many answers and how many weeks it takes to see one, and what a
survey of so many answers can show.

All for a two-sided test at 5 %; a change is called detectable where four trials of five find
it.
"""

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from analysis.statistics.association import smallest_detectable
from analysis.statistics.panel import FEWEST_AREAS, Panel, PanelFit, fit_panel
from analysis.statistics.sampling.variance import Floats

WEEKS_OF_A_MONTH = 365.25 / 12 / 7
MONTHS = (3, 6, 12, 24, 36, 60)
TRIALS = 9
SEED = 20071210
LEVEL = 60.0
PERIODS = (1, 3, 12)  # months that are compared with as many before


def detectable_effect(standard_error: float, *, level: float = 0.95) -> float:
    """(z.975 + z.8)·SE = 2.8016·SE, in the unit of the standard error; with the z of another
    `level` where one is given. Source: Bloom (1995).
    """
    normal = NormalDist()
    return (normal.inv_cdf(0.5 + level / 2) + normal.inv_cdf(0.8)) * standard_error


def detectable_share(p: float, n: float, *, deff: float = 1.5) -> float:
    """Change of a share (0 to 1) between two separate samples of n: 2.8016·√(2p(1-p)·deff/n).

    Errors: ValueError for p outside 0 to 1, or n or deff of 0 or less. Source: Bloom (1995).
    """
    if not 0 <= p <= 1:
        raise ValueError("a share lies between 0 and 1")
    return detectable_mean(math.sqrt(p * (1 - p)), n, deff=deff)


def detectable_mean(deviation: float, n: float, *, deff: float = 1.5) -> float:
    """Change of a mean between two separate samples of n: 2.8016·s·√(2·deff/n).

    `deviation` s, the standard deviation of the answers, in their unit.
    Errors: ValueError for n or deff of 0 or less.
    """
    if n <= 0 or deff <= 0:
        raise ValueError("a sample and its design effect are larger than 0")
    return detectable_effect(deviation * math.sqrt(2 * deff / n))


def answers_for_change(change: float, deviation: float, *, deff: float = 1.5) -> float:
    """Answers in each of two separate samples until a change of a mean shows: the n at which it is
    the detectable one, 2.8016²·s²·2·deff/change².

    `change` and the standard deviation `deviation` s in one unit; of a share, s = √(p(1-p)).
    Errors: ValueError for a change, deviation or deff of 0 or less.
    """
    if change <= 0 or deviation <= 0:
        raise ValueError("a change and a deviation are larger than 0")
    return (detectable_mean(deviation, 1, deff=deff) / change) ** 2


def equivalence_margin(standard_error: float, *, level: float = 0.95) -> float:
    """(z.975 + z.9)·SE = 3.2415·SE: the smallest margin within which the interval of a change lies
    in four trials of five if nothing changed; with the z of another `level` where one is given.

    z.9 and not z.8, because the interval may leave the margin on either side.
    Source: Julious (2004), equation 17, for a true difference of 0.
    """
    normal = NormalDist()
    return (normal.inv_cdf(0.5 + level / 2) + normal.inv_cdf(0.9)) * standard_error


def answers_for_equivalence(margin: float, deviation: float, *, deff: float = 1.5) -> float:
    """Answers in each of two separate samples until "no change larger than the margin" can be said
    in four trials of five if nothing changed: 3.2415²·s²·2·deff/margin².

    Symbols and errors as in `answers_for_change`.
    """
    if margin <= 0 or deviation <= 0 or deff <= 0:
        raise ValueError("a margin, a deviation and a design effect are larger than 0")
    return (equivalence_margin(deviation * math.sqrt(2 * deff)) / margin) ** 2


class TrialPlan(NamedTuple):
    """What a trial is expected to bring, for all boroughs together.

    `answers` and `deployments` a month; `residents` of each borough; `deviation` of the index
    between people, in points; `deff` the design effect of the answers. Boroughs begin one after
    another, at equal distances over `begins` months; with 0 all begin at once.
    """

    answers: float
    deployments: float
    residents: tuple[float, ...]
    deviation: float
    deff: float
    begins: float = 0.0

    @property
    def starts(self) -> Floats:
        """How many months pass before each borough in turn begins."""
        return np.linspace(0.0, self.begins, len(self.residents))


class MonthsNeeded(NamedTuple):
    """The smallest effect that usually shows after `months` months; None where no verdict is
    possible. `events` deployments by then, on average.
    """

    months: int
    smallest: float | None
    events: float


def simulated_trial(plan: TrialPlan, weeks: int, rng: np.random.Generator) -> Panel:
    """Boroughs x weeks without any effect: deployments by chance, an index with the error of its
    answers.

    Deployments of a borough and week are Poisson around residents_b/Σ residents · deployments a
    week, none before the borough begins, in an order by chance; answers likewise by residents, at
    least one; the index is N(60, deviation²·deff/n). Nothing but chance moves it, so a real trial
    takes longer.
    """
    residents = np.array(plan.residents)[:, None]
    share, shape = residents / residents.sum(), (len(residents), weeks)
    events = rng.poisson(share * plan.deployments / WEEKS_OF_A_MONTH, shape).astype(float)
    if plan.begins:
        first = rng.permutation(plan.starts) * WEEKS_OF_A_MONTH
        events[np.arange(weeks) < first[:, None]] = 0
    many = np.maximum(rng.poisson(share * plan.answers / WEEKS_OF_A_MONTH, shape), 1)
    worth = many / plan.deff
    outcome = LEVEL + rng.normal(0.0, plan.deviation, shape) / np.sqrt(worth)
    return Panel(outcome=outcome, deployments=events, population=residents, weight=worth)


@lru_cache(maxsize=200)  # whoever plans asks again and again, with another number changed
def smallest_after(plan: TrialPlan, months: int) -> MonthsNeeded:
    """The median over nine simulated trials of the effect that a look finds in four of five, in
    points per deployment per 10,000 residents; by the same fit as in editions.

    None where in most trials nothing could be fitted, or fewer than ten boroughs had a deployment.
    Source: Bloom (1995).
    """
    weeks = max(round(months * WEEKS_OF_A_MONTH), 2)
    rng = np.random.default_rng([SEED, months])
    fits = [fit_panel(simulated_trial(plan, weeks, rng)) for _ in range(TRIALS)]
    effects = [
        smallest_detectable(fit)
        for fit in fits
        if isinstance(fit, PanelFit) and fit.exposed >= FEWEST_AREAS
    ]
    smallest = float(np.median(effects)) if 2 * len(effects) > TRIALS else None
    begun = float(np.maximum(months - plan.starts, 0.0).mean())
    return MonthsNeeded(months, smallest, begun * plan.deployments)


def first_month(plan: TrialPlan, effect: float, known: Sequence[MonthsNeeded]) -> int | None:
    """The first month after which an effect of this size usually shows; None if it shows after none
    of the `known` numbers of months.

    `known` are in order and were simulated already: the search is between two of them.
    """
    low = 0
    for simulation in known:
        if simulation.smallest is not None and simulation.smallest <= effect:
            high = simulation.months
            break
        low = simulation.months
    else:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        smallest = smallest_after(plan, middle).smallest
        low, high = (low, middle) if smallest is not None and smallest <= effect else (middle, high)
    return high


class SurveyPlan(NamedTuple):
    """What a survey is to show: the `share` of people who agree (0 to 1), the `change` of that
    share and the `effect` on the index to detect, in points; with the index's standard
    deviation, the design effect, and how many `answers` come in a month.
    """

    share: float
    change: float
    deviation: float
    effect: float
    deff: float
    answers: float

    @property
    def share_deviation(self) -> float:
        """The standard deviation of single answers, 100·√(p(1-p)), in points."""
        return 100 * math.sqrt(self.share * (1 - self.share))


class AnswersNeeded(NamedTuple):
    """Answers in each of two periods, rounded up, until something can be said; `months` that each
    period then takes.

    `of` is 'share' or 'index'; `equivalent` if what is said is that there is no change larger than
    `points`. `in_edition` are the answers until an edition reports the change of the city's index,
    at the p that it asks for; None of anything else.
    """

    of: str
    points: float
    equivalent: bool
    answers: int
    months: int
    in_edition: int | None = None


class PeriodPower(NamedTuple):
    """What two periods of `months` months each can show, in points: the smallest change of a share
    and of the index that usually shows, and the smallest margins that a change can be said to
    lie within.
    """

    months: int
    answers: float
    of_share: float
    of_index: float
    share_margin: float
    index_margin: float


def answers_needed(plan: SurveyPlan, edition_p: float) -> Iterator[AnswersNeeded]:
    """How many answers it takes, for a share and for the index; an edition reports a change of the
    index where p is below `edition_p`.
    """
    asked = (
        ("share", plan.change, plan.share_deviation),
        ("index", plan.effect, plan.deviation),
    )
    for of, points, deviation in asked:
        for equivalent in (False, True):
            needed = answers_for_equivalence if equivalent else answers_for_change
            many = math.ceil(needed(points, deviation, deff=plan.deff))
            months = math.ceil(many / plan.answers)
            reported = None
            if of == "index" and not equivalent:
                exact = needed(points, deviation, deff=plan.deff)
                reported = math.ceil(exact * edition_factor(edition_p))
            yield AnswersNeeded(of, points, equivalent, many, months, reported)


def edition_factor(edition_p: float) -> float:
    """The factor by which a change of the city's index needs more answers in an edition: the
    squared ratio of (z + z.8) at the level of 1 - `edition_p` and at 95%.
    """
    strict = detectable_effect(1.0, level=1 - edition_p)
    return (strict / detectable_effect(1.0)) ** 2


def period_powers(plan: SurveyPlan) -> Iterator[PeriodPower]:
    """For a month, a quarter and a year, each compared with another period of the same length: the
    smallest changes that usually show, and the smallest margins of equivalence.
    """
    for months in PERIODS:
        many = months * plan.answers
        share_error, index_error = (
            deviation * math.sqrt(2 * plan.deff / many)
            for deviation in (plan.share_deviation, plan.deviation)
        )
        yield PeriodPower(
            months,
            many,
            100 * detectable_share(plan.share, many, deff=plan.deff),
            detectable_mean(plan.deviation, many, deff=plan.deff),
            equivalence_margin(share_error),
            equivalence_margin(index_error),
        )


def trial_months(plan: TrialPlan, effect: float) -> tuple[list[MonthsNeeded], int | None]:
    """The smallest effect of deployments that shows after each of `power.MONTHS`, and the first
    month after which an effect of `effect` points shows; None if that is later.
    """
    known = [smallest_after(plan, months) for months in MONTHS]
    return known, first_month(plan, effect, known)
