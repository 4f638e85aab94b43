"""A sample and its weights: raking, trimming, collapsing thin cells, Kish's effect.

The two streams are two types: a sample can carry an interval, feedback never can.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, NamedTuple

import msgspec
import numpy as np

from analysis.statistics import sampling
from analysis.statistics.sampling.variance import Clusters, Floats, Ints, Labels, to_clusters
from survey.surveys.instruments import Mode

CYCLES = 200
TOLERANCE = 1e-8
TOTALS_DIFFER = 0.001
FEWEST = 30
EfficiencyFlag = Literal["green", "amber", "red"]
AMBER, RED = 2.0, 4.0


@dataclass(frozen=True, eq=False, kw_only=True)
class Design:
    """How the respondents were drawn: one entry a respondent in every array.

    `weight` residents that a respondent represents (any scale for means and ratios); `stratum` and
    `psu` any labels (None: one stratum; each respondent drawn alone); `fpc` PSUs in the population
    of the respondent's stratum, only where units were drawn without replacement and that number is
    known.
    Errors: ValueError where lengths differ, a weight is negative or not a number, or more PSUs were
    drawn than there are.
    """

    weight: Floats
    stratum: Labels | None = None
    psu: Labels | None = None
    fpc: Floats | None = None

    def __post_init__(self) -> None:
        for entry in (self.stratum, self.psu, self.fpc):
            if entry is not None and len(entry) != len(self.weight):
                raise ValueError("every array of a design has one entry a respondent")
        if not (np.isfinite(self.weight).all() and (self.weight >= 0).all()):
            raise ValueError("a weight is a number of 0 or more")
        if self.fpc is not None and (self.clusters.sizes > self.clusters.population).any():
            raise ValueError("a stratum has no fewer PSUs in the population than in the sample")

    @cached_property
    def clusters(self) -> Clusters:
        n = len(self.weight)
        stratum = np.zeros(n, dtype=np.int64) if self.stratum is None else self.stratum
        return to_clusters(stratum, np.arange(n) if self.psu is None else self.psu, self.fpc)


@dataclass(frozen=True, eq=False, kw_only=True)
class Sample:
    """Answers of people drawn by chance, the only input that estimators accept.

    `modes` the collection mode of each respondent.
    Errors: Problem `streams.mixed` where any of them is not 'sampled'.
    """

    modes: Labels
    design: Design
    # Not an argument, so that no caller can declare open answers to be sampled.
    mode: Mode = field(default="sampled", init=False)

    def __post_init__(self) -> None:
        require_mode(self.modes, "sampled")
        if len(self.modes) != len(self.design.weight):
            raise ValueError("every respondent has one collection mode")

    def __len__(self) -> int:
        return len(self.modes)


@dataclass(frozen=True, eq=False, kw_only=True)
class Feedback:
    """What people chose to send; it can be counted and read, not generalised.

    Errors: Problem `streams.mixed` where any mode is not 'open'.
    """

    modes: Labels
    mode: Mode = field(default="open", init=False)

    def __post_init__(self) -> None:
        require_mode(self.modes, "open")

    def __len__(self) -> int:
        return len(self.modes)


def require_mode(modes: Labels, mode: Mode) -> None:
    if not (np.asarray(modes) == mode).all():
        raise sampling.mixed_streams()


def design_of(sample: Sample) -> Design:
    """The design of a sample; refuses anything else at run time too.

    Errors: Problem `streams.mixed` for anything that is not a `Sample`.
    """
    if not isinstance(sample, Sample):
        raise sampling.mixed_streams()
    return sample.design


class RakedWeights(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """Raked weights and how they came about.

    `weight` persons for each respondent; `cycles` over all margins; `trimmed_share` of the
    respondents whose weight was capped (0 to 1); `largest_residual` the largest relative
    distance of a cell from its target.
    """

    weight: Floats
    cycles: int
    trimmed_share: float
    largest_residual: float


class CollapsedMargin(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A margin without thin cells: `became` says which new cell each old one is now."""

    cell: Ints
    target: Floats
    became: tuple[int, ...]
    log: tuple[str, ...]


class Kish(NamedTuple):
    """Design effect of unequal weights, and the effective sample size."""

    deff: float
    n_eff: float

    @property
    def efficiency(self) -> float:
        """n_eff / n = 1 / deff (0 to 1)."""
        return 1 / self.deff

    @property
    def flag(self) -> EfficiencyFlag:
        """Amber above a design effect of 2; red above 4, or unknown: not to be published."""
        # Written so that an unknown effect (NaN) is red.
        if not self.deff <= RED:
            return "red"
        return "amber" if self.deff > AMBER else "green"


class TrimBounds(NamedTuple):
    """Least and largest weight, in multiples of the mean: the other way to trim."""

    least: float = 0.3
    largest: float = 3.0


class RakingMargin(NamedTuple):
    """One margin in raking: cell and number of persons of each row, target of each cell."""

    cell: Ints
    target: Floats
    persons: Floats


def raking_margins(
    design_weight: Floats,
    cells: Mapping[str, Ints],
    targets: Mapping[str, Floats],
    persons: Floats,
) -> list[RakingMargin]:
    """Checked margins, with each target scaled to the total of the first."""
    total = float(next(iter(targets.values())).sum())
    return [
        checked_margin(
            name, RakingMargin(cells[name], target * (total / target.sum()), persons), design_weight
        )
        for name, target in targets.items()
    ]


def rake(
    design_weight: Floats,
    cells: Mapping[str, Ints],
    targets: Mapping[str, Floats],
    *,
    trim: float | TrimBounds | None = 5.0,
    persons: Floats | None = None,
) -> RakedWeights:
    """Iterative proportional fitting: w ← w·T_m / Σ_cell w, margin after margin.

    `design_weight` one a respondent (any scale); `cells` category of each respondent by margin, -1
    where not known; `targets` persons in each category. Stops when no factor is further than 1e-8
    from 1. Weights above `trim` times their median (outside `TrimBounds` times their mean) are then
    capped and raked again (None: never); that may lift some a little above the cap, because the
    margins take priority. Respondents of unknown category keep their design-weighted share of the
    total. Targets whose totals differ by up to 0.1 % are scaled to the total of the first. Where
    people alike are summed, `persons` says how many a row holds; a weight is that of each.
    Errors: Problem `weights.empty_cell`, `weights.unknown_cell`, `weights.totals_differ`,
    `weights.not_converged`.
    Source: Deming & Stephan (1940); Deville & Särndal (1992).
    """
    sums = {name: float(target.sum()) for name, target in targets.items()}
    first = next(iter(sums.values()))
    for name, total in sums.items():
        # Rounding in a publication comes to less; more means two sources or two years.
        if abs(total - first) > TOTALS_DIFFER * first:
            raise sampling.differing_totals(name, total, first)
    many = np.ones(len(design_weight)) if persons is None else persons
    margins = raking_margins(design_weight, cells, targets, many)
    weight, cycles = fit_to_margins(design_weight, margins)
    capped = np.clip(weight, *trim_limits(weight, many, trim))
    over = np.abs(capped - weight) > TOLERANCE * weight  # no closer than raking itself comes
    if over.any():
        weight, more = fit_to_margins(capped, margins)
        cycles += more
    return RakedWeights(
        weight=weight,
        cycles=cycles,
        trimmed_share=float(many[over].sum() / many.sum()),
        largest_residual=max(
            float(np.abs(cell_factors(weight, each) - 1).max()) for each in margins
        ),
    )


def trim_limits(
    weight: Floats, persons: Floats, trim: float | TrimBounds | None
) -> tuple[float, float]:
    """The least and the largest weight that trimming allows."""
    if isinstance(trim, TrimBounds):
        mean = float((weight * persons).sum() / persons.sum())
        return trim.least * mean, trim.largest * mean
    return 0.0, np.inf if trim is None else trim * weighted_median(weight, persons)


def weighted_median(weight: Floats, persons: Floats) -> float:
    """The median over persons; the mean of the two middle weights where their number is even."""
    order = np.argsort(weight, kind="stable")
    before = np.cumsum(persons[order])
    half = before[-1] / 2
    low, high = (int(np.searchsorted(before, half, side=side)) for side in ("left", "right"))
    return float(weight[order[low]] + weight[order[min(high, len(order) - 1)]]) / 2


def checked_margin(name: str, given: RakingMargin, design_weight: Floats) -> RakingMargin:
    """Check one margin; respondents of unknown category become a cell that keeps its share."""
    cell, target, persons = given
    weight = design_weight * persons
    if len(cell) and (cell.max() >= len(target) or cell.min() < -1):
        raise sampling.unknown_cell(margin=name, cell=int(cell.max()))
    share = float(weight[cell < 0].sum() / weight.sum())
    if share > 0:
        cell = np.where(cell < 0, len(target), cell)
        # Otherwise those who gave a category would have to represent these as well.
        target = np.append(target * (1 - share), target.sum() * share)
    held = np.bincount(cell, weight, minlength=len(target))
    # No factor can lift a cell of nobody to its residents.
    empty = np.flatnonzero((held <= 0) & (target > 0))
    if len(empty):
        raise sampling.empty_cell(margin=name, cell=int(empty[0]))
    return RakingMargin(cell, target, persons)


def fit_to_margins(weight: Floats, margins: Sequence[RakingMargin]) -> tuple[Floats, int]:
    for cycle in range(1, CYCLES + 1):
        furthest = 0.0
        for each in margins:
            factor = cell_factors(weight, each)
            weight = weight * factor[each.cell]
            furthest = max(furthest, float(np.abs(factor - 1).max()))
        if furthest < TOLERANCE:
            return weight, cycle
    raise sampling.no_convergence(CYCLES, furthest)


def cell_factors(weight: Floats, each: RakingMargin) -> Floats:
    """Target over current total of each cell; 1 for a cell without weight or target."""
    held = np.bincount(each.cell, weight * each.persons, minlength=len(each.target))
    return np.where(held > 0, each.target / np.where(held > 0, held, 1.0), 1.0)


def collapse_margin(
    cell: Ints,
    target: Floats,
    names: Sequence[str],
    *,
    fewest: int = FEWEST,
    persons: Ints | None = None,
) -> CollapsedMargin:
    """Join every cell with fewer than `fewest` respondents to another one, smallest first.

    A thin cell goes to the largest one; joined cells are counted together before the next is
    looked at. `cell` category of each respondent (-1 where not known), `target` persons and
    `names` a name for each category; `persons` as in `rake`. Source: Deville & Särndal (1992).
    """
    home, log = list(range(len(target))), []
    many = np.ones(len(cell), dtype=np.int64) if persons is None else persons
    n = np.bincount(cell[cell >= 0], many[cell >= 0], minlength=len(target)).astype(np.int64)
    while (thin := thinnest_cell(n, home, fewest)) is not None:
        into = max((at for at in sorted(set(home)) if at != thin), key=lambda at: int(n[at]))
        log.append(f"{names[thin]} (n={n[thin]}) joined to {names[into]}")
        home = [into if at == thin else at for at in home]
        n[into] += n[thin]
    cells_left = sorted(set(home))
    became = np.array([cells_left.index(at) for at in home])
    return CollapsedMargin(
        cell=np.where(cell >= 0, became[cell], -1),
        target=np.bincount(became, target, minlength=len(cells_left)).astype(np.float64),
        became=tuple(became.tolist()),
        log=tuple(log),
    )


def collapse_margins(
    cells: Mapping[str, Ints], targets: Mapping[str, Floats], *, persons: Ints | None = None
) -> tuple[dict[str, Ints], dict[str, Floats], dict[str, tuple[int, ...]]]:
    """Cells and targets of all margins after joining thin cells, and what each old cell became.

    A margin left with one cell is dropped from cells and targets. Arguments as in `rake`.
    """
    kinds, aims, became = {}, {}, {}
    for name, target in targets.items():
        names = [str(i) for i in range(len(target))]
        whole = collapse_margin(cells[name], target, names, persons=persons)
        became[name] = whole.became
        if len(whole.target) > 1:
            kinds[name], aims[name] = whole.cell, whole.target
    return kinds, aims, became


def thinnest_cell(n: Ints, home: list[int], fewest: int) -> int | None:
    """The smallest cell below the limit; None if there is none or only one cell is left."""
    left = sorted(set(home))
    thin = [at for at in left if n[at] < fewest]
    return min(thin, key=lambda at: int(n[at])) if thin and len(left) > 1 else None


def kish(weight: Floats, persons: Floats | None = None) -> Kish:
    """deff = n·Σw² / (Σw)² and n_eff = n / deff; a deff above 2 is amber, above 4 red.

    `persons` as in `rake`. Source: Kish (1965, 1992). No weight at all gives (NaN, 0).
    """
    many = np.ones(len(weight)) if persons is None else persons
    squares = float((weight**2 * many).sum())
    if squares == 0:
        return Kish(float("nan"), 0.0)
    n_eff = float((weight * many).sum()) ** 2 / squares
    return Kish(float(many.sum()) / n_eff, n_eff)
