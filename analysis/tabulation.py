"""What is asked of a file of microdata, figure by figure, with all that a check by R needs."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal, NamedTuple

import msgspec
import numpy as np

from analysis import microdata
from analysis.designs import Drawn
from analysis.microdata import NOT_KNOWN, Microdata
from analysis.statistics import estimates, proportions
from analysis.statistics.estimates import Means, known
from analysis.statistics.proportions import Limits
from analysis.statistics.variance import Flags, Floats, Whole
from survey.problems import Invalid

Kind = Literal["mean", "proportion", "total", "ratio"]
Interval = Literal["korn-graubard", "beta", "wilson", "logit", "t"]
EVERYONE = "everyone"

INTERVALS: dict[str, Callable[..., Limits]] = {
    "korn-graubard": proportions.korn_graubard,
    "beta": partial(proportions.korn_graubard, truncate=False),
    "wilson": proportions.wilson,
    "logit": proportions.logit,
}


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A figure: `other` is the value of a proportion, or the denominator of a ratio."""

    kind: Kind
    variable: str
    other: str | None = None

    @property
    def label(self) -> str:
        sign = "/" if self.kind == "ratio" else "="
        return self.variable if self.other is None else f"{self.variable}{sign}{self.other}"


class Part(msgspec.Struct, frozen=True):
    """Those who have one value in one column."""

    column: str
    value: str

    @property
    def label(self) -> str:
        return f"{self.column}={self.value}"


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Figures for everyone, for each value of each domain, and between two parts.

    A domain of several columns has one cell for each combination that occurs; `interval` is
    that of proportions, all others are value ± t·se.
    """

    wanted: tuple[Wanted, ...]
    domains: tuple[tuple[str, ...], ...] = ()
    differences: tuple[tuple[Part, Part], ...] = ()
    level: float = 0.95
    interval: Interval = "korn-graubard"


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One figure; `missing` are rows of the domain without an answer, `n` those with one.

    `effective_n` is (Σw)²/Σw², `design_effect` that of the mean (with replacement); a number that
    does not exist is None.
    """

    kind: Kind
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
    interval: Interval
    design_effect: float | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Domains:
    """The domain of each row (-1 for none) and what the domains are called."""

    index: Whole
    names: tuple[str, ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class Measured:
    """What is asked, as arrays: the mean or total of `y`, or its ratio to `x`."""

    wanted: Wanted
    y: Floats
    x: Floats | None = None

    @property
    def answered(self) -> Flags:
        return np.isfinite(self.y if self.x is None else self.y + self.x)


class Ends(NamedTuple):
    """How an interval was made, and its limits for each domain."""

    interval: Interval
    low: Floats
    high: Floats


@dataclass(frozen=True, eq=False, kw_only=True)
class Pair:
    """Two parts whose difference is asked for; they may overlap."""

    name: str
    first: Flags
    second: Flags


def tabulated(file: Microdata, drawn: Drawn, question: Question) -> tuple[Figure, ...]:
    """Every figure that was asked for, in the order of the question.

    Errors: Problem `microdata.column`, `microdata.cells`, `microdata.value`, and
    `estimate.difference` for a difference of totals or ratios, which has no estimator here.
    """
    if question.differences:
        check_differences(question.wanted)
    measures = [measured(file, one) for one in question.wanted]
    groups = [everyone(file), *(domains(file, columns) for columns in question.domains)]
    pairs = [paired(file, parts) for parts in question.differences]
    found: list[Figure] = []
    for measure in measures:
        for group in groups:
            found += of_domains(measure, drawn, group, question)
        for pair in pairs:
            found += between(measure, drawn, pair, question)
    return tuple(found)


def check_differences(wanted: tuple[Wanted, ...]) -> None:
    for one in wanted:
        if one.kind in ("total", "ratio"):
            raise Invalid(
                "estimate.difference",
                f"The difference of two {one.kind}s ({one.label}) cannot be estimated here.",
                "Ask for differences of means or proportions, and for this without --difference.",
            )


def measured(file: Microdata, wanted: Wanted) -> Measured:
    if wanted.kind == "ratio":
        below = microdata.numbers(file, str(wanted.other))
        return Measured(wanted=wanted, y=microdata.numbers(file, wanted.variable), x=below)
    if wanted.kind == "proportion" and wanted.other is not None:
        has, is_known = microdata.holding(file, wanted.variable, wanted.other)
        return Measured(wanted=wanted, y=np.where(is_known, has.astype(np.float64), np.nan))
    read = microdata.binary if wanted.kind == "proportion" else microdata.numbers
    return Measured(wanted=wanted, y=read(file, wanted.variable))


def everyone(file: Microdata) -> Domains:
    return Domains(index=np.zeros(len(file), dtype=np.int64), names=(EVERYONE,))


def domains(file: Microdata, columns: tuple[str, ...]) -> Domains:
    """The combinations that occur, in order of their values."""
    index, names = np.zeros(len(file), dtype=np.int64), [""]
    for column in columns:
        found = microdata.labels(file, column)
        values = microdata.ordered(found)
        place = {value: at for at, value in enumerate(values)}
        own = np.array([place.get(one, -1) for one in found.tolist()], dtype=np.int64)
        none = (found == NOT_KNOWN) | (index < 0)
        index = np.where(none, -1, index * len(values) + own)
        names = [f"{name}, {column}={value}" for name in names for value in values]
    occurs, inverse = np.unique(index[index >= 0], return_inverse=True)
    index[index >= 0] = inverse
    return Domains(index=index, names=tuple(names[at].removeprefix(", ") for at in occurs.tolist()))


def paired(file: Microdata, parts: tuple[Part, Part]) -> Pair:
    first, second = (microdata.holding(file, part.column, part.value)[0] for part in parts)
    return Pair(name=f"{parts[0].label} less {parts[1].label}", first=first, second=second)


def of_domains(measure: Measured, drawn: Drawn, group: Domains, question: Question) -> list[Figure]:
    found, effect = estimated(measure, drawn, group), None
    if measure.wanted.kind in ("mean", "proportion"):
        effect = estimates.design_effect(measure.y, drawn.sample, found, domain=group.index)
    without = ~measure.answered & (group.index >= 0)
    missing = np.bincount(group.index[without], minlength=len(group.names))
    interval = question.interval if measure.wanted.kind == "proportion" else "t"
    ends = limits(found, interval, question.level)
    return figures(measure.wanted, group.names, found, missing=missing, ends=ends, effect=effect)


def estimated(measure: Measured, drawn: Drawn, group: Domains) -> Means:
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


def between(measure: Measured, drawn: Drawn, pair: Pair, question: Question) -> list[Figure]:
    found = estimates.difference(
        measure.y, drawn.sample, first=pair.first, second=pair.second, projection=drawn.projection
    )
    either = (pair.first | pair.second) & ~measure.answered
    missing, ends = np.array([either.sum()]), limits(found, "t", question.level)
    return figures(measure.wanted, (pair.name,), found, missing=missing, ends=ends)


def figures(
    wanted: Wanted,
    names: tuple[str, ...],
    found: Means,
    *,
    missing: Whole,
    ends: Ends,
    effect: Floats | None = None,
) -> list[Figure]:
    return [
        Figure(
            kind=wanted.kind,
            of=wanted.label,
            domain=name,
            n=int(found.n[at]),
            missing=int(missing[at]),
            effective_n=float(found.n_eff[at]),
            value=known(found.value[at]),
            standard_error=known(found.se[at]),
            degrees_of_freedom=int(found.df[at]),
            low=known(ends.low[at]),
            high=known(ends.high[at]),
            interval=ends.interval,
            design_effect=None if effect is None else known(effect[at]),
        )
        for at, name in enumerate(names)
    ]


def limits(found: Means, interval: Interval, level: float) -> Ends:
    if interval == "t":
        return Ends(interval, *found.interval(level))
    made = INTERVALS[interval](found, level=level)
    return Ends(interval, made.low, made.high)
