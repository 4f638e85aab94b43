"""Rates of events per 10,000 residents, the ratio of two rates, and a range for the next count."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec
import numpy as np
import scipy

from analysis.statistics.counts import MOST_DISPERSION
from analysis.statistics.sampling.variance import Flags, Floats, Ints
from survey.editions.figures import Rate

BYAR_FROM = 10  # as in the technical guidance of OHID
FEWEST_SPANS = 8
PER = 10_000.0
LEAST_MEAN, LEAST_SHARE = 0.01, 0.001  # where the search for a limit begins
TOLERANCE = 1e-9  # S(t) is a product of fractions and may miss a share by its last bits


class RateRatio(msgspec.Struct, frozen=True, kw_only=True):
    """The ratio of the first rate to the second; `high` is None where it has no limit.

    It does not say why: the population is not the population that the police met.
    """

    value: float | None
    low: float
    high: float | None
    p: float
    method: str


def exact_limits(events: float, *, level: float = 0.95) -> tuple[float, float]:
    """Limits of a Poisson count: ½χ²_{α/2,2O} and ½χ²_{1-α/2,2O+2} (Garwood 1936)."""
    tail = (1 - level) / 2
    low = float(scipy.stats.chi2.ppf(tail, 2 * events)) / 2 if events else 0.0
    return low, float(scipy.stats.chi2.ppf(1 - tail, 2 * events + 2)) / 2


def byar_limits(events: float, *, level: float = 0.95) -> tuple[float, float]:
    """Limits O(1 - 1/9O - z/3√O)³ and the same for O+1 with + z (Breslow & Day 1987).

    Errors: ValueError for a count of 0, for which the formula is not valid.
    """
    if events < 1:
        raise ValueError("Byar's limits need one event or more")
    z, more = float(scipy.stats.norm.ppf(0.5 + level / 2)), events + 1
    low = events * (1 - 1 / (9 * events) - z / (3 * events**0.5)) ** 3
    return low, more * (1 - 1 / (9 * more) + z / (3 * more**0.5)) ** 3


def rate(
    domain: str, events: int, *, population: float, level: float = 0.95, phi: float = 1.0
) -> Rate:
    """Events per 10,000 residents, exact limits below 10 events and Byar's from 10.

    `population` residents over the same period (persons, not person-years). There is no rate where
    nobody lives. Events that come in clusters vary φ = Σm²/Σm times as much as Poisson, m the size
    of each (compound Poisson): the limits are φ times those of the count over φ.
    Source: OHID Fingertips technical guidance; Feller (1968) XII.2 for clusters.
    Errors: ValueError for a count below 0, or φ below 1.
    """
    if events < 0 or phi < 1:
        raise ValueError("a count is 0 or more, and clusters are of one or more")
    # The number of clusters decides, since it is they that come by chance.
    few = events / phi < BYAR_FROM
    low, high = (exact_limits if few else byar_limits)(events / phi, level=level)
    lived = population > 0
    return Rate(
        domain=domain,
        events=events,
        population=population,
        per_10_000=PER * events / population if lived else None,
        low=phi * PER * low / population if lived else None,
        high=phi * PER * high / population if lived else None,
        method="exact Poisson" if few else "Byar",
    )


class ShownCount(NamedTuple):
    """The range of a rounded count, `least` to `most`; counts below `fewest` are not shown."""

    least: float
    most: float
    fewest: float


def shown_count_limits(
    shown: ShownCount, *, phi: float = 1.0, level: float = 0.95
) -> tuple[float, float]:
    """Limits of the mean λ of a Poisson count N, given that it is shown, and what is shown.

    With S(x) = P(N ≥ x), the chance of what is shown or more, half of what is shown left out
    (mid-P), is (S(least) + S(most+1)) / 2S(fewest): the limits are the λ at which it is α/2 and
    1 - α/2. Where small counts are withheld, a place is shown because chance helped it: of means of
    12 events of which 13 are needed, Byar's limits of the rounded count hold the truth in 85 %,
    these in 99 %; from 40 events on both agree. The lower limit is 0 where the smallest count that
    can be shown is shown, because any smaller mean may have led to it. They are made from published
    figures alone, so they say nothing more about the count. Clusters (φ) as for `rate`.
    Source: David & Johnson (1952) for the truncated Poisson; Lancaster (1961) for mid-P;
    Weinstein, Fithian & Benjamini (2013) for limits after selection.
    """

    def as_many_or_more(mean: float) -> float:
        least, more, fewest = (
            float(scipy.special.gammainc(x / phi, mean / phi))
            for x in (shown.least, shown.most + 1, shown.fewest)
        )
        return (least + more) / (2 * fewest)

    return limits_by_tail(as_many_or_more, (LEAST_MEAN, 3 * shown.most + 30 * phi), level)


def shown_share_limits(
    shown: ShownCount, drawn: int, *, level: float = 0.95
) -> tuple[float, float]:
    """Limits of a share π of `drawn`, given that it is shown, and what is shown.

    As `shown_count_limits`, with N ~ Binomial(drawn, π): neither N nor the others (drawn - N) are
    below `fewest`, or no share would be shown. 0 or 1 where the smallest or the largest is shown.
    Source: as `shown_count_limits`.
    """
    count = np.arange(int(shown.fewest), drawn - int(shown.fewest) + 1)
    ways = -scipy.special.gammaln(count + 1) - scipy.special.gammaln(drawn - count + 1)
    # Half of what is shown counts (mid-P), all of what is larger, nothing of what is smaller.
    larger = (np.sign(count - shown.least + 0.5) + np.sign(count - shown.most - 0.5) + 2) / 4

    def as_many_or_more(share: float) -> float:
        log = ways + count * float(scipy.special.logit(share))
        chance = np.exp(log - log.max())
        return float(larger @ chance / chance.sum())

    low, high = limits_by_tail(as_many_or_more, (LEAST_SHARE, 1 - LEAST_SHARE), level)
    return low, min(high, 1.0)


def limits_by_tail(
    as_many_or_more: Callable[[float], float], ends: tuple[float, float], level: float
) -> tuple[float, float]:
    """The two parameters at which a chance that grows with the parameter is α/2 and 1 - α/2.

    The search is between the `ends`: the lower limit is 0 if the chance is above α/2 already at the
    first end, and the upper limit infinite if it is below 1 - α/2 still at the second.
    """
    tail, (first, last) = (1 - level) / 2, ends

    def place(chance: float) -> float:
        return float(scipy.optimize.brentq(lambda at: as_many_or_more(at) - chance, first, last))

    low = place(tail) if as_many_or_more(first) < tail else 0.0
    return low, place(1 - tail) if as_many_or_more(last) > 1 - tail else np.inf


def shown_rate(
    domain: str, events: int, shown: ShownCount, *, population: float, phi: float = 1.0
) -> Rate:
    """The rate of a published count per 10,000 residents, with `shown_count_limits`.

    `events` the count as it is published, `population` above 0.
    """
    low, high = shown_count_limits(shown, phi=phi)
    return Rate(
        domain=domain,
        events=events,
        population=population,
        per_10_000=PER * events / population,
        low=PER * low / population,
        high=PER * high / population,
        method=f"mid-P Poisson, given {shown.fewest:g} or more",
    )


def cluster_dispersion(cluster: Ints) -> float:
    """φ = Σm²/Σm, m how many events each cluster holds; 1 without events.

    `cluster` the number of the cluster of each event. Source: Feller (1968) XII.2: of a compound
    Poisson sum the variance over the mean.
    """
    _, sizes = np.unique(cluster, return_counts=True)
    return float((sizes**2).sum() / sizes.sum()) if len(sizes) else 1.0


def prediction_interval(
    events: int, seen: float, *, coming: float, phi: float = 1.0, level: float = 0.95
) -> tuple[float, float]:
    """The range of the next count, given an earlier count: an exact prediction interval.

    `events` in `seen` days predict `coming` days: NB(O, p) and NB(O+1, p) at α/2 and 1-α/2 with p =
    seen/(seen+coming), which is Y | O+Y ~ Binomial(O+Y, 1-p) turned round. Counts that vary φ times
    as much as Poisson are divided by φ first and the limits multiplied again.
    Errors: ValueError for a count below 0 or no days.
    Source: Thatcher (1964); Hahn & Meeker (1991) §7.6.
    """
    if events < 0 or min(seen, coming) <= 0:
        raise ValueError("a count is 0 or more, and of one day or more")
    tail, p = (1 - level) / 2, seen / (seen + coming)
    size = events / phi
    # A negative binomial of size 0 does not exist.
    low = float(scipy.stats.nbinom.ppf(tail, size, p)) if events else 0.0
    return phi * low, phi * float(scipy.stats.nbinom.ppf(1 - tail, size + 1, p))


def overdispersion(counts: Ints, exposure: Floats) -> float:
    """φ = Σ(y-μ)²/μ / (k-1), μ in proportion to `exposure`; 1 without events, for k < 8 or φ ≤ 1.5.

    `counts` and `exposure` (days) one a span. Source: McCullagh & Nelder (1989) §6.2.
    """
    if len(counts) < FEWEST_SPANS or not counts.sum():
        return 1.0
    mean = counts.sum() * exposure / exposure.sum()
    phi = float(((counts - mean) ** 2 / mean).sum() / (len(counts) - 1))
    return phi if phi > MOST_DISPERSION else 1.0


def pooled_overdispersion(tables: Sequence[tuple[Ints, Floats]]) -> float:
    """φ = Σ(y-μ)²/μ / Σ(k-1), each row around a mean of its own; 1 if it is smaller, or unknown.

    `tables` are counts (rows x k spans) with the exposure of each span (k, in days): μ of a row is
    in proportion to it. Rows without events say nothing and are left out.
    Source: McCullagh & Nelder (1989) §6.2.
    """
    squares, degrees = 0.0, 0
    for counts, exposure in tables:
        rows = counts[counts.sum(axis=1) > 0]
        if rows.shape[1] > 1:
            mean = rows.sum(axis=1, keepdims=True) * exposure / exposure.sum()
            squares += float(((rows - mean) ** 2 / mean).sum())
            degrees += len(rows) * (rows.shape[1] - 1)
    return max(squares / degrees, 1.0) if degrees else 1.0


def rate_change(
    now: tuple[float, float],
    before: tuple[float, float],
    *,
    phi: float = 1.0,
    level: float = 0.95,
) -> tuple[float, float, float]:
    """The change of a rate in per cent, 100((a/t₁)/(b/t₀) - 1), with its limits.

    `now` is a events in t₁ days, `before` b events in t₀. a is binomial among a + b, and counts
    that vary φ times as much as Poisson are divided by φ first: Clopper-Pearson.
    Errors: ValueError without events in one of the two, or for φ below 1.
    Source: Clopper & Pearson (1934); McCullagh & Nelder (1989) §6.2 for φ.
    """
    (a, days), (b, days_before) = now, before
    if min(a, b) < 1 or phi < 1:
        raise ValueError("a change needs events in both, and φ of 1 or more")
    low, high = clopper_pearson(a / phi, (a + b) / phi, (1 - level) / 2)
    odds = a / b, low / (1 - low), high / (1 - high)
    value, least, most = (100 * (ratio * days_before / days - 1) for ratio in odds)
    return value, least, most


def rate_ratio(
    first: tuple[int, float],
    second: tuple[int, float],
    *,
    mid_p: bool = False,
    level: float = 0.95,
) -> RateRatio:
    """(a/N₁)/(b/N₀) from a ~ Binomial(a+b, π), each limit p mapped to p/(1-p)·N₀/N₁.

    `first` and `second` are events and population. Exact: Clopper-Pearson (R `poisson.test`),
    for tests. Mid-P: half of the probability of what was seen is left out, for display.
    Errors: ValueError for a count below 0 or a population of 0 or less.
    Source: Clopper & Pearson (1934); Lancaster (1961) for mid-P.
    """
    (a, residents), (b, reference) = first, second
    if min(a, b) < 0 or min(residents, reference) <= 0:
        raise ValueError("counts are 0 or more and populations above 0")
    scale, null = reference / residents, residents / (residents + reference)
    low, high = (mid_p_limits if mid_p else clopper_pearson)(a, a + b, (1 - level) / 2)
    p = mid_p_value(a, a + b, null) if mid_p else exact_p(a, a + b, null)
    return RateRatio(
        value=a / b * scale if b else None,
        low=low / (1 - low) * scale if low < 1 else 0.0,
        high=high / (1 - high) * scale if high < 1 else None,
        p=p,
        method="mid-P" if mid_p else "exact",
    )


def clopper_pearson(x: float, n: float, tail: float) -> tuple[float, float]:
    low = float(scipy.stats.beta.ppf(tail, x, n - x + 1)) if x else 0.0
    return low, float(scipy.stats.beta.ppf(1 - tail, x + 1, n - x)) if x < n else 1.0


def exact_p(x: int, n: int, null: float) -> float:
    return float(scipy.stats.binomtest(x, n, null).pvalue) if n else 1.0


def mid_p_limits(x: int, n: int, tail: float) -> tuple[float, float]:
    low = solve_probability(lambda p: mid_p_tail(x, n, p) - tail) if x else 0.0
    return low, solve_probability(lambda p: 1 - mid_p_tail(x, n, p) - tail) if x < n else 1.0


def mid_p_tail(x: int, n: int, p: float) -> float:
    """P(X > x) + ½P(X = x)."""
    return float(scipy.stats.binom.sf(x, n, p) + scipy.stats.binom.pmf(x, n, p) / 2)


def mid_p_value(x: int, n: int, null: float) -> float:
    share = mid_p_tail(x, n, null)
    return min(1.0, 2 * min(share, 1 - share))


def solve_probability(distance: Callable[[float], float]) -> float:
    return float(scipy.optimize.brentq(distance, 1e-12, 1 - 1e-12, xtol=1e-14))


def survival(time: Floats, over: Flags) -> tuple[Floats, Floats]:
    """Times at which something ended, and the share that lasts longer: S(t) = Π (1 - d_i/n_i).

    `time` one a case in any unit, to its end or to now; `over` false where it has not ended
    (censored). d_i ended at t_i, n_i lasted to t_i at least; one that is censored at t_i is among
    the n_i. Errors: ValueError for a time below 0. Source: Kaplan & Meier (1958).
    """
    if (time < 0).any():
        raise ValueError("nothing ends before it began")
    moments, ended = np.unique(time[over], return_counts=True)
    lasted = len(time) - np.searchsorted(np.sort(time), moments, side="left")
    return moments, np.cumprod(1.0 - ended / lasted)


def quantile(time: Floats, over: Flags, share: float) -> float | None:
    """The shortest time by which at least `share` are over: min {t: S(t) ≤ 1 - share}.

    Arguments and errors as for `survival`. None where too many are still open: the quantile is then
    longer than any time seen. A median of the ended cases alone would be too short, because the
    slow ones are still open.
    Source: Kaplan & Meier (1958); where S(t) is 1 - share over a stretch R `survfit` gives its
    middle, this its start.
    """
    moments, lasting = survival(time, over)
    reached = np.flatnonzero(lasting <= 1.0 - share + TOLERANCE)
    return float(moments[reached[0]]) if len(reached) else None
