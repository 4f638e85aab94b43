"""What a survey of so many answers can show, by the functions that editions use."""

import math
from collections.abc import Iterator
from typing import NamedTuple

from analysis.editions.workings import CITY
from analysis.statistics import power
from analysis.statistics.power import MonthsNeeded, TrialPlan

PERIODS = (1, 3, 12)  # months that are compared with as many before


class SurveyPlan(NamedTuple):
    """What is asked of a survey: `share` of people who agree (0 to 1), the `change` of it to see
    and the `effect` on the index, in points; the deviation of the index, the design effect, and
    how many `answers` come in a month.
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
    at its own level; None of anything else.
    """

    of: str
    points: float
    equivalent: bool
    answers: int
    months: int
    in_edition: int | None = None


class PeriodPower(NamedTuple):
    """What two periods of `months` months show: the smallest change of a share and of the index
    that usually shows, and the smallest margins within which no change can be said, in points.
    """

    months: int
    answers: float
    of_share: float
    of_index: float
    share_margin: float
    index_margin: float


def answers_needed(plan: SurveyPlan) -> Iterator[AnswersNeeded]:
    """How many answers it takes, for a share and for the index, by `power`."""
    asked = (
        ("share", plan.change, plan.share_deviation),
        ("index", plan.effect, plan.deviation),
    )
    for of, points, deviation in asked:
        for equivalent in (False, True):
            needed = power.answers_for_equivalence if equivalent else power.answers_for_change
            many = math.ceil(needed(points, deviation, deff=plan.deff))
            months = math.ceil(many / plan.answers)
            reported = None
            if of == "index" and not equivalent:
                exact = needed(points, deviation, deff=plan.deff)
                reported = math.ceil(exact * edition_factor())
            yield AnswersNeeded(of, points, equivalent, many, months, reported)


def edition_factor() -> float:
    """The factor by which a change of the city's index needs more answers in an edition: the
    squared ratio of (z + z.8) at the edition's level and at 95%.
    """
    strict = power.detectable_effect(1.0, level=1 - CITY)
    return (strict / power.detectable_effect(1.0)) ** 2


def period_powers(plan: SurveyPlan) -> Iterator[PeriodPower]:
    """What a month, a quarter and a year show when compared with as long a time before."""
    for months in PERIODS:
        many = months * plan.answers
        share_error, index_error = (
            deviation * math.sqrt(2 * plan.deff / many)
            for deviation in (plan.share_deviation, plan.deviation)
        )
        yield PeriodPower(
            months,
            many,
            100 * power.detectable_share(plan.share, many, deff=plan.deff),
            power.detectable_mean(plan.deviation, many, deff=plan.deff),
            power.equivalence_margin(share_error),
            power.equivalence_margin(index_error),
        )


def trial_months(plan: TrialPlan, effect: float) -> tuple[list[MonthsNeeded], int | None]:
    """The smallest effect of deployments that shows after some months, and the first month after
    which one of `effect` points does; None if that is later.
    """
    known = [power.smallest_after(plan, months) for months in power.MONTHS]
    return known, power.first_month(plan, effect, known)
