"""Draws texts that people code, and measures how far people and the machine agree on them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import msgspec
import numpy as np

from analysis.statistics.sampling.estimates import finite_or_none
from analysis.statistics.sampling.variance import Flags, Floats, Ints, Labels
from survey.themes.double_coding import AccuracyEstimate

FEWEST_OF_STRATUM = 2  # one text alone has no spread to measure
TIMES = 2_000
SEED = 40_917
ThemeSets = Sequence[frozenset[str] | None]


class DrawnText(msgspec.Struct, frozen=True):
    """One text that was drawn, its stratum and its probability of being drawn."""

    text: str
    stratum: str
    probability: float


def draw_sample(
    texts: Sequence[str], strata: Sequence[str], *, size: int, seed: int
) -> list[DrawnText]:
    """A stratified random sample without replacement of `size` texts, or all where they are fewer.

    Each stratum gets a number in proportion to the square root of its texts (power allocation,
    Bankier 1988), so that rare ones are represented, and two at least where it has them. The
    chance of a text is number / texts of its stratum. The same seed and texts give the same sample
    in whatever order the texts come. Errors: ValueError where not each text has one stratum.
    """
    rng = np.random.default_rng(seed)
    sample = []
    order = sorted(zip(strata, texts, strict=True))
    members: dict[str, list[str]] = {}
    for stratum, text in order:
        members.setdefault(stratum, []).append(text)
    numbers = allocation([len(mine) for mine in members.values()], size)
    for (stratum, mine), number in zip(members.items(), numbers, strict=True):
        chosen = rng.choice(len(mine), size=number, replace=False)
        sample += [DrawnText(mine[i], stratum, number / len(mine)) for i in sorted(chosen)]
    return sample


def allocation(sizes: Sequence[int], size: int) -> list[int]:
    """Sample size of each stratum: never more than it has, and `size` in total where possible.

    Two to each stratum first; then each further text to the stratum with the largest √N / (n + 1),
    N the stratum's texts and n those that it has been given.
    """
    given = [min(n, FEWEST_OF_STRATUM) for n in sizes]
    for _ in range(min(size, sum(sizes)) - sum(given)):
        wanting = (i for i, n in enumerate(sizes) if given[i] < n)
        given[max(wanting, key=lambda i: sizes[i] ** 0.5 / (given[i] + 1))] += 1
    return given


def rarest_themes(themes: Sequence[Sequence[str]]) -> list[str]:
    """For each text, the one of its themes that the fewest texts mention; "none" without a
    theme.
    """
    count: dict[str, int] = {}
    for theme in (name for mine in themes for name in mine):
        count[theme] = count.get(theme, 0) + 1
    # Ties go by name, so that the strata do not depend on the order of the texts.
    return [min(mine, key=lambda name: (count[name], name), default="none") for mine in themes]


@dataclass(frozen=True, eq=False, kw_only=True)
class CodingSample:
    """How n texts were drawn to be coded: `weight` 1 / inclusion probability, `stratum` of each."""

    weight: Floats
    stratum: Labels

    def __len__(self) -> int:
        return len(self.weight)

    def only(self, rows: Flags) -> "CodingSample":
        return CodingSample(weight=self.weight[rows], stratum=self.stratum[rows])


def bootstrap_weights(drawn: CodingSample, *, seed: int = SEED, times: int = TIMES) -> Floats:
    """Weights of bootstrap samples, times x n: n_h - 1 of n_h drawn again in each stratum.

    Each text counts weight · times drawn · n_h / (n_h - 1), so that the spread is that of the
    stratified draw. Strata of one text are put together. Source: Rao & Wu (1988).
    """
    _, stratum, sizes = np.unique(drawn.stratum, return_inverse=True, return_counts=True)
    stratum = np.where(sizes[stratum] == 1, -1, stratum).astype(np.int64)
    again = times_drawn_again(stratum.tobytes(), seed, times)
    return np.asarray(drawn.weight * again, dtype=np.float64)


@lru_cache(maxsize=1)  # many figures are of the same draw; a matrix has megabytes
def times_drawn_again(strata: bytes, seed: int, times: int) -> Floats:
    """How often each text was drawn, scaled: times x n. `strata` are the numbers of the strata."""
    rng = np.random.default_rng(seed)
    stratum = np.frombuffer(strata, dtype=np.int64)
    factors = np.ones((times, len(stratum)))
    for number in np.unique(stratum):
        rows = np.flatnonzero(stratum == number)
        if (n := len(rows)) > 1:
            factors[:, rows] = rng.multinomial(n - 1, np.full(n, 1 / n), size=times) * (n / (n - 1))
    return factors


def bootstrapped_figure(
    figure: Callable[[Floats], Floats], drawn: CodingSample, *, seed: int = SEED
) -> AccuracyEstimate:
    """A figure of weighted texts with percentile limits over `bootstrap_weights`.

    `figure` takes weights (times x n) and gives one number a row, NaN where there is none. The
    limits are the 2.5 and the 97.5 % quantiles of 2,000 resamples.
    Source: Rao & Wu (1988).
    """
    if not len(drawn):
        return AccuracyEstimate(n=0)
    value = float(figure(drawn.weight[None, :])[0])
    again = figure(bootstrap_weights(drawn, seed=seed))
    # A resample may miss every text that a figure needs.
    again = again[np.isfinite(again)]
    low, high = np.quantile(again, [0.025, 0.975]) if len(again) > 1 else (np.nan, np.nan)
    return AccuracyEstimate(
        n=len(drawn),
        value=finite_or_none(value),
        low=finite_or_none(low),
        high=finite_or_none(high),
    )


def category_counts(values: Ints) -> Floats:
    """How often each category was given, units x categories; 0 for units with a single value."""
    given = np.stack(
        [(values == category).sum(axis=1) for category in range(values.max(initial=0) + 1)], 1
    )
    return np.where(given.sum(axis=1, keepdims=True) > 1, given, 0).astype(np.float64)


def krippendorff_alpha(values: Ints, distance: Floats | None = None) -> Callable[[Floats], Floats]:
    """Krippendorff's α = 1 - D_o / D_e of weighted units, as a figure for `bootstrapped_figure`.

    `values` units x coders, categories from 0, -1 where a coder gave none; `distance` between
    categories, 0 to 1 (None: nominal). D_o is the mean distance within units, D_e that between all
    values. NaN where only one category was ever given.
    Source: Krippendorff (2011), "Computing Krippendorff's alpha-reliability".
    """
    given = category_counts(values)
    apart = 1.0 - np.eye(given.shape[1]) if distance is None else distance
    number = given.sum(axis=1)
    within = np.einsum("uc,ck,uk->u", given, apart, given) / np.maximum(number - 1, 1)

    def figure(weight: Floats) -> Floats:
        # α needs a number of values, so weights are scaled to a mean of one.
        scaled = weight / weight.mean(axis=1, keepdims=True)
        totals = scaled @ given
        between = np.einsum("bc,ck,bk->b", totals, apart, totals)
        observed = (scaled @ number - 1) * (scaled @ within)
        return np.asarray(1 - observed / np.where(between > 0, between, np.nan))

    return figure


def percent_agreement(values: Ints) -> Callable[[Floats], Floats]:
    """Share of units with two values where both agree, as a figure for `bootstrapped_figure`."""
    both = (values >= 0).all(axis=1)
    # A text that one coder could not judge is neither agreement nor disagreement.
    return weighted_mean(np.where(both, values[:, 0] == values[:, 1], np.nan))


def weighted_mean(value: Floats) -> Callable[[Floats], Floats]:
    """Weighted mean of the finite values, as a figure for `bootstrapped_figure`."""
    there = np.isfinite(value)

    def figure(weight: Floats) -> Floats:
        return ratio_or_nan(weight[:, there] @ value[there], weight[:, there].sum(axis=1))

    return figure


def ratio_or_nan(above: Floats, below: Floats) -> Floats:
    return np.asarray(above / np.where(below > 0, below, np.nan))


def theme_set_values(first: ThemeSets, second: ThemeSets) -> tuple[Ints, Floats]:
    """Sets of themes as values of `krippendorff_alpha`, and the MASI distances between them.

    MASI = 1 - J·M: J the share of themes in common, M 1 where the sets are the same, 2/3 where one
    contains the other, 1/3 where they overlap, else 0.
    Source: Passonneau (2006).
    """
    # Sets have no order; sorted, they are numbered alike in every process.
    different = sorted({themes for themes in (*first, *second) if themes is not None}, key=sorted)
    number: dict[frozenset[str] | None, int] = {themes: i for i, themes in enumerate(different)}
    number[None] = -1
    values = np.array([[number[a], number[b]] for a, b in zip(first, second, strict=True)])
    distance = np.array([[1 - masi(a, b) for b in different] for a in different])
    return values.reshape(len(first), 2).astype(np.int64), distance


def masi(themes: frozenset[str], other: frozenset[str]) -> float:
    """How alike two sets are, J·M as in `theme_set_values`: 1 for the same, 0 for disjoint."""
    if themes == other:
        return 1.0
    common = len(themes & other) / len(themes | other)
    return common * (2 / 3 if themes < other or other < themes else 1 / 3)


@dataclass(frozen=True, eq=False, kw_only=True)
class MachineReading:
    """The settled themes and the machine's themes of the same n texts: two arrays n x themes."""

    truth: Flags
    guess: Flags

    def samples_f1(self) -> Callable[[Floats], Floats]:
        """Mean over texts of F1 = 2·hits / (found by people + found by the machine).

        Texts in which neither finds a theme are left out: agreeing on nothing is too easy.
        """
        both = (self.truth.sum(axis=1) + self.guess.sum(axis=1)).astype(np.float64)
        hits = (self.truth & self.guess).sum(axis=1).astype(np.float64)
        return weighted_mean(ratio_or_nan(2 * hits, both))

    def f1(self, theme: int) -> Callable[[Floats], Floats]:
        return lambda weight: self.of_themes(weight)[2][:, theme]

    def macro_f1(self) -> Callable[[Floats], Floats]:
        """Mean of F1 over the themes that anybody found."""
        return lambda weight: row_means(self.of_themes(weight)[2])

    def of_themes(self, weight: Floats) -> tuple[Floats, Floats, Floats]:
        """Precision, recall and F1 of each theme (times x themes); NaN where undefined."""
        hits = weight @ (self.truth & self.guess).astype(np.float64)
        said, meant = (weight @ codes.astype(np.float64) for codes in (self.guess, self.truth))
        return (
            ratio_or_nan(hits, said),
            ratio_or_nan(hits, meant),
            ratio_or_nan(2 * hits, said + meant),
        )


def row_means(value: Floats) -> Floats:
    there = np.isfinite(value)
    return ratio_or_nan(
        np.where(there, value, 0.0).sum(axis=1), there.sum(axis=1).astype(np.float64)
    )


def macro_recall(truth: Ints, guess: Ints) -> Callable[[Floats], Floats]:
    """Mean over the classes of the share of their texts that the machine read correctly.

    `truth` and `guess` classes from 0; a text that is unknown (-1) in either is left out.
    """
    both_coded = (truth >= 0) & (guess >= 0)
    classes = np.unique(truth[both_coded])
    belongs = (truth[:, None] == classes) & both_coded[:, None]
    right = belongs & (guess == truth)[:, None]

    def figure(weight: Floats) -> Floats:
        return row_means(ratio_or_nan(weight @ right.astype(float), weight @ belongs.astype(float)))

    return figure
