"""The city's figures over all the time that they are known, and their trend without the season."""

import datetime
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace

from analysis.disclosure import gates
from analysis.disclosure.gates import rounded_fields, treatments
from analysis.editions.chapter import Chapter, ChapterFields, GateStep
from analysis.editions.chapters.index import index_estimates
from analysis.editions.inputs import EditionInputs, LongPast, is_use
from analysis.editions.workings import Workings
from analysis.statistics import series
from analysis.statistics.series import YearlyChange
from survey import deployments
from survey.deployments import month_end
from survey.editions.figures import AreaMonths, MonthlyDeployments, SeasonalTrend, TrendMeasure

FEWEST_MONTHS = 24
FEWEST_A_MONTH = 10  # a trend of fewer could be that of a few people


class CountSeries(NamedTuple):
    """Counts of spans: the first and last day and the number of each."""

    first: list[datetime.date]
    last: list[datetime.date]
    counts: list[int]

    @property
    def middle(self) -> list[datetime.date]:
        return [a + (b - a) / 2 for a, b in zip(self.first, self.last, strict=True)]


def compute(workings: Workings) -> ChapterFields:
    inputs = workings.inputs
    past = inputs.long_past
    if past is None:
        return {}
    return {
        "monthly_deployments": monthly_deployments(inputs, past),
        "trends": tuple(seasonal_trends(workings, past)),
    }


def monthly_deployments(inputs: EditionInputs, past: LongPast) -> MonthlyDeployments | None:
    """Deployments by borough and month, the city's boroughs together first."""
    counted = [month for month in past.months if is_use(month)]
    # A month with figures on other force alone is not one without deployments.
    starts = sorted({count.start for count in counted})
    if not counted:
        return None
    row = {code: i for i, code in enumerate(inputs.codes)}
    uses = np.zeros((len(row), len(starts)), dtype=np.int64)
    for count in counted:
        # A reported month without a row for a borough had no use there.
        if count.area in row:
            uses[row[count.area], starts.index(count.start)] += count.count
    areas = [(inputs.city, uses.sum(axis=0)), *zip(inputs.codes, uses, strict=True)]
    return MonthlyDeployments(
        starts=tuple(starts),
        areas=tuple(AreaMonths(domain=name, counts=tuple(map(int, row))) for name, row in areas),
    )


def seasonal_trends(workings: Workings, past: LongPast) -> Iterator[SeasonalTrend]:
    """The trend of each figure that has a past, or why it has none yet."""
    if past.uses:
        first, last, counts = (list(column) for column in zip(*past.uses, strict=True))
        yield trend_of_counts("deployments", CountSeries(first, last, counts))
    if past.complaints:
        starts, counts = (list(column) for column in zip(*past.complaints, strict=True))
        ends = [month_end(start) for start in starts]
        yield trend_of_counts("complaints", CountSeries(starts, ends, counts))
    # As published: a month that is withheld could be worked out from a trend that has it.
    own = gates.gated_estimates(index_estimates(workings.inputs, workings.asked)[:1])
    months = [*past.index, *((workings.inputs.start, estimate) for estimate in own)]
    known = [(day, estimate.value) for day, estimate in months if estimate.value is not None]
    if known:
        yield trend_of_index([day for day, _ in known], [value for _, value in known])


def trend_of_counts(measure: TrendMeasure, count_series: CountSeries) -> SeasonalTrend:
    months = len({(day.year, day.month) for day in count_series.middle})
    row = SeasonalTrend(
        measure=measure, first=count_series.first[0], last=count_series.last[-1], months=months
    )
    if months < FEWEST_MONTHS:
        return replace(row, reason="short")
    if sum(count_series.counts) < FEWEST_A_MONTH * months:
        return replace(row, reason="few")
    days = [
        float(deployments.days_covered([span]))
        for span in zip(count_series.first, count_series.last, strict=True)
    ]
    try:
        change = series.count_trend(
            np.array(count_series.counts, dtype=np.float64), count_series.middle, np.array(days)
        )
    # A calendar month without a single event has no level of its own.
    except (ValueError, np.linalg.LinAlgError):
        return replace(row, reason="fit")
    return with_yearly_change(row, change)


def trend_of_index(days: Sequence[datetime.date], values: Sequence[float]) -> SeasonalTrend:
    row = SeasonalTrend(measure="index", first=days[0], last=month_end(days[-1]), months=len(days))
    if len(days) < FEWEST_MONTHS:
        return replace(row, reason="short")
    return with_yearly_change(row, series.level_trend(np.array(values), days))


def with_yearly_change(row: SeasonalTrend, change: YearlyChange) -> SeasonalTrend:
    return replace(row, change=change.value, low=change.low, high=change.high)


def gated_months(step: GateStep) -> MonthlyDeployments | None:
    """Deployments by borough and month, only where their publisher has released them."""
    return step.computed.monthly_deployments if step.computed.as_published else None


def gated_trends(step: GateStep) -> tuple[SeasonalTrend, ...]:
    """The trends to one decimal: each rests on all the city's months and reveals no single one."""
    return tuple(rounded_fields(trend, "change low high", 1) for trend in step.computed.trends)


CHAPTER = Chapter(
    name="trends",
    compute=compute,
    gates={"monthly_deployments": gated_months, "trends": gated_trends},
    structs={
        MonthlyDeployments: treatments(plain="starts", gated="areas"),
        AreaMonths: treatments(plain="domain", gated="counts"),
        SeasonalTrend: treatments(
            plain="measure first last months reason", gated="change low high"
        ),
    },
)
