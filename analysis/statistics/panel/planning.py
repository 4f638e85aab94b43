"""How long until a verdict on deployments could find an effect, by simulated boroughs and weeks."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from analysis.statistics.panel.association import smallest_detectable
from analysis.statistics.panel.panel import FEWEST_AREAS, Panel, PanelFit, fit_panel
from analysis.statistics.sampling.variance import Floats

WEEKS_OF_A_MONTH = 365.25 / 12 / 7
MONTHS = (3, 6, 12, 24, 36, 60)
TRIALS = 9
SEED = 20071210
LEVEL = 60.0


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
        """The months after which one borough after the other begins."""
        return np.linspace(0.0, self.begins, len(self.residents))


class MonthsNeeded(NamedTuple):
    """The smallest effect that usually shows after so many months; None where no verdict is
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
    points per deployment per 10,000 residents; by the very fit of the editions.

    None where in most trials nothing could be fitted, or fewer than ten boroughs had a deployment.
    Source: Bloom (1995).
    """
    weeks = max(round(months * WEEKS_OF_A_MONTH), 2)
    rng = np.random.default_rng([SEED, months])
    fits = [fit_panel(simulated_trial(plan, weeks, rng)) for _ in range(TRIALS)]
    found = [
        smallest_detectable(one)
        for one in fits
        if isinstance(one, PanelFit) and one.exposed >= FEWEST_AREAS
    ]
    smallest = float(np.median(found)) if 2 * len(found) > TRIALS else None
    begun = float(np.maximum(months - plan.starts, 0.0).mean())
    return MonthsNeeded(months, smallest, begun * plan.deployments)


def first_month(plan: TrialPlan, effect: float, known: Sequence[MonthsNeeded]) -> int | None:
    """The first month after which an effect of this size usually shows; None if it does after none
    of the `known` ones.

    `known` are months that were simulated already, in order: the search is between two of them.
    """
    low = 0
    for one in known:
        if one.smallest is not None and one.smallest <= effect:
            high = one.months
            break
        low = one.months
    else:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        found = smallest_after(plan, middle).smallest
        low, high = (low, middle) if found is not None and found <= effect else (middle, high)
    return high
