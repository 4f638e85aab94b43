"""Estimates from a file of survey answers, one row a respondent: `soundings estimate`.

Each figure comes with everything that is needed to check it in R.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal, NamedTuple

import msgspec
import numpy as np

from analysis.microdata import files
from analysis.microdata.designs import MicrodataSample
from analysis.microdata.files import NOT_KNOWN, Microdata
from analysis.statistics.sampling import estimates, proportions
from analysis.statistics.sampling.estimates import Means, finite_or_none
from analysis.statistics.sampling.proportions import ProportionLimits
from analysis.statistics.sampling.variance import Flags, Floats, Ints
from survey.problems import Invalid

FigureKind = Literal["mean", "proportion", "total", "ratio"]
IntervalMethod = Literal["korn-graubard", "beta", "wilson", "logit", "t"]
EVERYONE = "everyone"

INTERVALS: dict[str, Callable[..., ProportionLimits]] = {
    "korn-graubard": proportions.korn_graubard,
    # As R's svyciprop(method="beta"), so that figures can be checked there.
    "beta": partial(proportions.korn_graubard, truncate=False),
    "wilson": proportions.wilson,
    "logit": proportions.logit,
}


class FigureRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One figure asked for; `other` is the value of a proportion, or the denominator of a ratio."""

    kind: FigureKind
    variable: str
    other: str | None = None

    @property
    def label(self) -> str:
        sign = "/" if self.kind == "ratio" else "="
        return self.variable if self.other is None else f"{self.variable}{sign}{self.other}"


class ColumnValue(msgspec.Struct, frozen=True):
    """The rows that have one value in one column."""

    column: str
    value: str

    @property
    def label(self) -> str:
        return f"{self.column}={self.value}"


class TabulationRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Figures for everyone, for each value of each domain, and between two parts.

    A domain of several columns has one cell for each combination that occurs; `interval` is
    that of proportions, all others are value ± t·se.
    """

    wanted: tuple[FigureRequest, ...]
    domains: tuple[tuple[str, ...], ...] = ()
    differences: tuple[tuple[ColumnValue, ColumnValue], ...] = ()
    level: float = 0.95
    interval: IntervalMethod = "korn-graubard"


class TabulatedFigure(msgspec.Struct, frozen=True, kw_only=True):
    """One figure; `missing` are rows of the domain without an answer, `n` those with one.

    `effective_n` is (Σw)²/Σw², `design_effect` that of the mean (with replacement); a number that
    does not exist is None.
    """

    kind: FigureKind
    of: str
    domain: str
    n: int
    missing: int
    effective_n: float
    value: float | None
    standard_error: float | None
    degrees_of_freedom: int
    low: float | None
    high: float | None
    interval: IntervalMethod
    design_effect: float | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class TabulationDomains:
    """The domain of each row (-1 for none) and the names of the domains."""

    index: Ints
    names: tuple[str, ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class MeasuredVariable:
    """The variable of a figure as arrays: the mean or total of `y`, or the ratio of `y` to `x`."""

    wanted: FigureRequest
    y: Floats
    x: Floats | None = None

    @property
    def answered_rows(self) -> Flags:
        return np.isfinite(self.y if self.x is None else self.y + self.x)


class IntervalLimits(NamedTuple):
    """How an interval was made, and its limits for each domain."""

    interval: IntervalMethod
    low: Floats
    high: Floats


@dataclass(frozen=True, eq=False, kw_only=True)
class ComparedGroups:
    """Two groups whose difference is asked for; they may overlap."""

    name: str
    first: Flags
    second: Flags


def tabulated_figures(
    file: Microdata, drawn: MicrodataSample, question: TabulationRequest
) -> tuple[TabulatedFigure, ...]:
    """Every figure that was asked for, in the order of the question.

    Errors: Problem `microdata.column`, `microdata.cells`, `microdata.value`, and
    `estimate.difference` for a difference of totals or ratios, which has no estimator here.
    """
    # Refused before any column is read, since the question alone decides it.
    if question.differences:
        check_differences(question.wanted)
    measures = [measured_variable(file, request) for request in question.wanted]
    groups = [
        TabulationDomains(index=np.zeros(len(file), dtype=np.int64), names=(EVERYONE,)),
        *(domains_by_columns(file, columns) for columns in question.domains),
    ]
    pairs = [compared_groups(file, parts) for parts in question.differences]
    figures: list[TabulatedFigure] = []
    for measure in measures:
        for group in groups:
            figures += domain_figures(measure, drawn, group, question)
        for pair in pairs:
            figures += difference_figures(measure, drawn, pair, question)
    return tuple(figures)


def check_differences(wanted: tuple[FigureRequest, ...]) -> None:
    for request in wanted:
        if request.kind in ("total", "ratio"):
            raise impossible_difference(request.kind, request.label)


impossible_difference = Invalid.of(
    "estimate.difference",
    "The difference of two {kind}s ({label}) cannot be estimated here.",
    "Ask for differences of means or proportions, and for this without --difference.",
)


def measured_variable(file: Microdata, wanted: FigureRequest) -> MeasuredVariable:
    if wanted.kind == "ratio":
        below = files.number_column(file, str(wanted.other))
        return MeasuredVariable(
            wanted=wanted, y=files.number_column(file, wanted.variable), x=below
        )
    if wanted.kind == "proportion" and wanted.other is not None:
        has, is_known = files.rows_with_value(file, wanted.variable, wanted.other)
        return MeasuredVariable(wanted=wanted, y=np.where(is_known, has.astype(np.float64), np.nan))
    read = files.binary_column if wanted.kind == "proportion" else files.number_column
    return MeasuredVariable(wanted=wanted, y=read(file, wanted.variable))


def domains_by_columns(file: Microdata, columns: tuple[str, ...]) -> TabulationDomains:
    """The combinations that occur, in order of their values."""
    index, names = np.zeros(len(file), dtype=np.int64), [""]
    for column in columns:
        labels = files.label_column(file, column)
        values = files.sorted_values(labels)
        place = {value: at for at, value in enumerate(values)}
        own = np.array([place.get(label, -1) for label in labels.tolist()], dtype=np.int64)
        none = (labels == NOT_KNOWN) | (index < 0)
        index = np.where(none, -1, index * len(values) + own)
        names = [f"{name}, {column}={value}" for name in names for value in values]
    # Crossing columns gives combinations that nobody has, and these have no figure.
    occurs, inverse = np.unique(index[index >= 0], return_inverse=True)
    index[index >= 0] = inverse
    return TabulationDomains(
        index=index, names=tuple(names[at].removeprefix(", ") for at in occurs.tolist())
    )


def compared_groups(file: Microdata, parts: tuple[ColumnValue, ColumnValue]) -> ComparedGroups:
    first, second = (files.rows_with_value(file, part.column, part.value)[0] for part in parts)
    return ComparedGroups(
        name=f"{parts[0].label} less {parts[1].label}", first=first, second=second
    )


def domain_figures(
    measure: MeasuredVariable,
    drawn: MicrodataSample,
    group: TabulationDomains,
    question: TabulationRequest,
) -> list[TabulatedFigure]:
    means, effect = domain_estimates(measure, drawn, group), None
    if measure.wanted.kind in ("mean", "proportion"):
        effect = estimates.design_effect(measure.y, drawn.sample, means, domain=group.index)
    without = ~measure.answered_rows & (group.index >= 0)
    missing = np.bincount(group.index[without], minlength=len(group.names))
    interval = question.interval if measure.wanted.kind == "proportion" else "t"
    ends = interval_limits(means, interval, question.level)
    return to_figures(measure.wanted, group.names, means, missing=missing, ends=ends, effect=effect)


def domain_estimates(
    measure: MeasuredVariable, drawn: MicrodataSample, group: TabulationDomains
) -> Means:
    ask: Callable[..., Means] = estimates.means
    if measure.x is not None:
        ask = partial(estimates.ratios, x=measure.x)
    elif measure.wanted.kind == "total":
        ask = estimates.totals
    return ask(
        measure.y,
        sample=drawn.sample,
        domain=group.index,
        domains=len(group.names),
        projection=drawn.projection,
    )


def difference_figures(
    measure: MeasuredVariable,
    drawn: MicrodataSample,
    pair: ComparedGroups,
    question: TabulationRequest,
) -> list[TabulatedFigure]:
    difference = estimates.difference(
        measure.y, drawn.sample, first=pair.first, second=pair.second, projection=drawn.projection
    )
    either = (pair.first | pair.second) & ~measure.answered_rows
    missing, ends = np.array([either.sum()]), interval_limits(difference, "t", question.level)
    return to_figures(measure.wanted, (pair.name,), difference, missing=missing, ends=ends)


def to_figures(
    wanted: FigureRequest,
    names: tuple[str, ...],
    means: Means,
    *,
    missing: Ints,
    ends: IntervalLimits,
    effect: Floats | None = None,
) -> list[TabulatedFigure]:
    return [
        TabulatedFigure(
            kind=wanted.kind,
            of=wanted.label,
            domain=name,
            n=int(means.n[at]),
            missing=int(missing[at]),
            effective_n=float(means.n_eff[at]),
            value=finite_or_none(means.value[at]),
            standard_error=finite_or_none(means.se[at]),
            degrees_of_freedom=int(means.df[at]),
            low=finite_or_none(ends.low[at]),
            high=finite_or_none(ends.high[at]),
            interval=ends.interval,
            design_effect=None if effect is None else finite_or_none(effect[at]),
        )
        for at, name in enumerate(names)
    ]


def interval_limits(means: Means, interval: IntervalMethod, level: float) -> IntervalLimits:
    if interval == "t":
        return IntervalLimits(interval, *means.interval(level))
    limits = INTERVALS[interval](means, level=level)
    return IntervalLimits(interval, limits.low, limits.high)
