"""Shares of themes and tones corrected for the machine's misreading, by texts that people coded.

The machine reads every text, people a probability sample of them. The machine's figure for all
texts is corrected by how far it was off on the sample, and the interval allows for both errors.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import msgspec
import numpy as np
import scipy

from analysis.statistics.sampling.estimates import means, t_quantile
from analysis.statistics.sampling.samples import Design, Sample
from analysis.statistics.sampling.variance import Floats, Ints

FEWEST_INFORMATION = 0.05
LEVEL = 0.95
STEPS = 2_001  # of four half-widths, where an interval is near an end
Bounds = tuple[float, float]
SHARE: Bounds = (0.0, 1.0)


class CorrectedMean(msgspec.Struct, frozen=True, kw_only=True):
    """A corrected mean with its standard error and 95 % interval, from `n` labels.

    `power` is λ: how far the machine was believed, 0 not at all, 1 fully.
    """

    value: float
    standard_error: float
    low: float
    high: float
    power: float
    n: int


@dataclass(frozen=True, kw_only=True)
class MachineMean:
    """The mean of what the machine says of every text, and the variance of that mean.

    The variance is V(f)/N for texts that represent others like them, design-based for texts of
    sampled residents, and 0 where the figure is about these very texts and all have been read.
    Then `concentration` has, for each group of texts, the sum of the squared shares that its texts
    have in the mean, the copies of a campaign as one: 1/N for N texts that count alike. It is 0
    where the labels are of these texts themselves.
    """

    mean: float
    variance: float = 0.0
    concentration: tuple[float, ...] = ()


@dataclass(frozen=True, eq=False, kw_only=True)
class LabelledTexts:
    """What people said of n labelled texts (`y`) and the machine (`f`), and how they were drawn.

    `design` has weights 1/inclusion probability, strata, and the PSUs of the residents where
    residents were drawn first; `group` is each text's group in `MachineMean.concentration` (None:
    all are in one).
    """

    y: Floats
    f: Floats
    design: Design
    group: Ints | None = None


def ppi(
    y: Floats,
    f: Floats,
    design: Design,
    machine: MachineMean,
    *,
    power: float | None = None,
    bounds: Bounds = SHARE,
) -> CorrectedMean:
    """PPI++: θ = λ·mean(f over all) + mean(y - λf over labels), V = λ²·V(f̄) + V(mean(y - λf)).

    `y` what people said and `f` what the machine said of the n labelled texts; `design` how these
    were drawn (weights 1/inclusion probability, strata, and the PSUs of the residents where
    residents were drawn first). Means are weighted, their variances linearised (ultimate clusters,
    which cover both phases of the draw), so that with equal weights and one stratum everything
    reduces to the formula of the source. λ = C / (V(f̄) + B) within 0 and 1, C the covariance of
    the labelled means of y and f, B the variance of that of f: with equal weights cov(y,f) / ((1 +
    n/N)·V(f)). `power` sets λ instead: 1 where the labels are of earlier texts, since a smaller λ
    would pull the figure towards what was said then. Where the figure is about texts of which
    nobody coded any, their own errors were drawn anew: V gains s²·concentration, s² the variance
    of one text's y - λf.
    Value and interval lie within `bounds` (`bounded_interval`). The interval is never narrower
    than that of n texts without an error (exact, 1 - .025^(1/n) of the bounds' distance), because
    seeing no error does not mean there is none.
    Errors: ValueError for fewer than two labels.
    Source: Angelopoulos, Duchi & Zrnic (2023), "PPI++"; Särndal, Swensson & Wretman (1992) ch. 9.
    """
    labels = LabelledTexts(y=y, f=f, design=design)
    mean = unbounded_ppi(labels, machine, power)
    return bounded_mean(mean, bounds, n=len(y), n_eff=mean.n_eff)


@dataclass(frozen=True, kw_only=True)
class UnboundedMean:
    """A corrected mean before it is held within its bounds."""

    value: float
    error: float
    df: int
    n_eff: float
    power: float


def unbounded_ppi(
    labels: LabelledTexts, machine: MachineMean, power: float | None
) -> UnboundedMean:
    y, f, design = labels.y, labels.f, labels.design
    if len(y) < 2:
        raise ValueError("two labels at least")
    believed = best_power(y, f, design, machine) if power is None else power
    left = y - believed * f
    rest = labelled_mean(left, design)
    redrawn = variance_of_new_errors(left, rest.value, labels, machine)
    return UnboundedMean(
        value=believed * machine.mean + rest.value,
        error=float(np.sqrt(believed**2 * machine.variance + rest.variance + redrawn)),
        df=rest.df,
        n_eff=rest.n_eff,
        power=believed,
    )


def variance_of_new_errors(
    left: Floats, middle: float, labels: LabelledTexts, machine: MachineMean
) -> float:
    """Σ over the groups of concentration · s², s² the mean of (y - λf - their mean)².

    A group without labels has the s² of all.
    """
    weight, away = labels.design.weight, (left - middle) ** 2
    group = np.zeros(len(left), dtype=np.int64) if labels.group is None else labels.group
    variance = 0.0
    for i, share in enumerate(machine.concentration):
        mine = group == i if (group == i).any() else np.ones(len(left), dtype=np.bool_)
        variance += share * float(weight[mine] @ away[mine] / weight[mine].sum())
    return variance


def ppi_of_domain(
    labels: LabelledTexts,
    inside: tuple[Floats, Floats],
    machine: Callable[[float], MachineMean],
    *,
    power: float | None = None,
    bounds: Bounds,
) -> CorrectedMean | None:
    """The mean of y over the texts that people place in a domain; None if it may be empty.

    θ solves λ·mean(g(f - θ) over all) + mean(m(y - θ) - λg(f - θ) over labels) = 0: the ratio of
    the corrected sum to the corrected share D of the domain. `inside` is m, whether people place
    each labelled text in the domain, and g, whether the machine does (1 and 0); `machine(θ)` the
    mean of g(f - θ) over all texts. V(θ) = V(left side at θ) / D² · n/(n-2), by linearisation. n
    counts the labels that either places in it, sets the narrowest interval, as in `ppi`, and the
    degrees of freedom, n - 2: θ and λ are fitted to these few, whatever the labels of all texts.
    Without that, 30 to 40 labels of a domain held the truth in 93 %.
    Source: as `ppi`, for estimating equations; Särndal, Swensson & Wretman (1992) §5.6.
    """
    m, g = inside
    believed = 1.0 if power is None else power
    theta, below = domain_ratio(labels, inside, machine, believed)
    if power is None and below > 0:
        at = clamp(theta, bounds)
        first = domain_equation(labels, inside, at)
        believed = best_power(first.y, first.f, labels.design, machine(at))
        theta, below = domain_ratio(labels, inside, machine, believed)
    if not below > 0:
        return None
    at = clamp(theta, bounds)
    left_side = unbounded_ppi(domain_equation(labels, inside, at), machine(at), believed)
    n = int(((m > 0) | (g > 0)).sum())
    left = max(n - 2, 1)
    error = left_side.error / below * (n / left) ** 0.5
    mean = replace(left_side, value=theta, error=error, df=min(left_side.df, left))
    return bounded_mean(mean, bounds, n=n, n_eff=float(n))


def domain_ratio(
    labels: LabelledTexts,
    inside: tuple[Floats, Floats],
    machine: Callable[[float], MachineMean],
    believed: float,
) -> tuple[float, float]:
    """The corrected mean of a domain, NaN where it may be empty, and its corrected share."""
    (m, g), above, at_one = inside, machine(0.0).mean, machine(1.0).mean
    left = m * labels.y - believed * g * labels.f
    total = believed * above + labelled_mean(left, labels.design).value
    # The machine's side at 0 less that at 1 is its own share of the domain.
    below = believed * (above - at_one) + labelled_mean(m - believed * g, labels.design).value
    return (total / below if below > 0 else np.nan), below


def domain_equation(
    labels: LabelledTexts, inside: tuple[Floats, Floats], theta: float
) -> LabelledTexts:
    m, g = inside
    return replace(labels, y=m * (labels.y - theta), f=g * (labels.f - theta))


def bounded_mean(mean: UnboundedMean, bounds: Bounds, *, n: int, n_eff: float) -> CorrectedMean:
    """The mean held within its bounds, with an interval no narrower than n texts allow."""
    value = clamp(mean.value, bounds)
    low, high = bounded_interval(mean.value, mean.error, mean.df, bounds)
    unseen = (bounds[1] - bounds[0]) * (1 - 0.025 ** (1 / max(n_eff, 1.0)))
    return CorrectedMean(
        value=value,
        standard_error=mean.error,
        low=clamp(min(low, value - unseen), bounds),
        high=clamp(max(high, value + unseen), bounds),
        power=mean.power,
        n=n,
    )


def clamp(value: float, bounds: Bounds) -> float:
    return min(max(value, bounds[0]), bounds[1])


def bounded_interval(value: float, error: float, df: int, bounds: Bounds) -> tuple[float, float]:
    """The 95 % interval of a mean θ that lies within `bounds` a to b; `value` may lie outside.

    θ belongs to it where P(q(x) >= q(value)) is at least .05 for x = θ + error·t_df, with q(x) =
    (x - θ)² - (x - x̂)² and x̂ = x held within a and b: what θ loses in likelihood against the
    best mean there can be. Away from the ends it is value ± t·error. At an end it is not empty,
    does not lie outside, and is held to its level, whatever θ is. Limits that are cut off hold θ
    as often, but shrink to nothing when chance takes the value beyond an end; a logit or Wilson's
    limits let the error vanish there, which that of a difference y - λf does not.
    Source: Feldman & Cousins (1998), Physical Review D 57, 3873.
    """
    if error <= 0:
        return clamp(value, bounds), clamp(value, bounds)
    reach = float(t_quantile(np.array([df]))[0]) * error
    if value - 2 * reach >= bounds[0] and value + 2 * reach <= bounds[1]:
        return value - reach, value + reach
    best = clamp(value, bounds)
    near = clamp(best - 2 * reach, bounds), clamp(best + 2 * reach, bounds)
    theta = np.append(np.linspace(*near, STEPS), best)
    kept = theta[chance_of_less_likely(theta, value, error, df, bounds) >= 1 - LEVEL]
    return float(kept.min()), float(kept.max())


def chance_of_less_likely(
    theta: Floats, value: float, error: float, df: int, bounds: Bounds
) -> Floats:
    """P(q(x) >= q(value)) for each θ, in the words of `bounded_interval`."""
    a, b = bounds
    q = np.maximum((value - theta) ** 2 - (value - clamp(value, bounds)) ** 2, 0.0)
    root = np.sqrt(q)
    with np.errstate(divide="ignore", invalid="ignore"):
        # Beyond an end q is a straight line in x; at the end itself it is 0 there.
        below = np.where(theta > a, (theta + a) / 2 - q / (2 * (theta - a)), -np.inf)
        above = np.where(theta < b, (theta + b) / 2 + q / (2 * (b - theta)), np.inf)
    low = np.where(theta - root >= a, theta - root, below)
    high = np.where(theta + root <= b, theta + root, above)
    t = scipy.stats.t(df)
    return np.asarray(t.cdf((low - theta) / error) + t.sf((high - theta) / error))


@dataclass(frozen=True, kw_only=True)
class LabelledMean:
    value: float
    variance: float
    df: int
    n_eff: float


def labelled_mean(value: Floats, design: Design) -> LabelledMean:
    """The mean of labels with its variance.

    Labels are drawn by chance whoever wrote the texts, so the estimators for samples apply.
    """
    estimate = means(value, Sample(modes=np.full(len(value), "sampled"), design=design))
    return LabelledMean(
        value=float(estimate.value[0]),
        variance=float(estimate.se[0] ** 2),
        # Labels that all lie in one PSU have no df, and a t on 0 does not exist.
        df=max(int(estimate.df[0]), 1),
        n_eff=float(estimate.n_eff[0]),
    )


def best_power(y: Floats, f: Floats, design: Design, machine: MachineMean) -> float:
    """The λ in [0, 1] that minimises the variance."""
    # The design knows variances only: cov(y, f) is half of V(y + f) - V(y) - V(f).
    alone, said, both = (labelled_mean(values, design).variance for values in (y, f, y + f))
    covariance, below = (both - alone - said) / 2, machine.variance + said
    return float(np.clip(covariance / below, 0, 1)) if below > 0 else 0.0


class ShareEstimate(msgspec.Struct, frozen=True):
    """An estimated share and its variance."""

    value: float
    variance: float


def rogan_gladen(
    q: ShareEstimate, sensitivity: ShareEstimate, specificity: ShareEstimate, *, n: int
) -> CorrectedMean | None:
    """p = (q + Sp - 1) / (Se + Sp - 1), with a delta variance that includes Se and Sp.

    V = (V(q) + (1-p)²·V(Sp) + p²·V(Se)) / (Se + Sp - 1)². `q` is the machine's share; a second
    opinion to compare with `ppi`. None where Se + Sp <= 1.05: the machine is then hardly better
    than chance.
    Source: Rogan & Gladen (1978); Lang & Reiczigel (2014).
    """
    knows = sensitivity.value + specificity.value - 1
    # Se + Sp of exactly 1.05 must not pass by a rounding error.
    if knows <= FEWEST_INFORMATION + 1e-12:
        return None
    p = (q.value + specificity.value - 1) / knows
    spread = q.variance + (1 - p) ** 2 * specificity.variance + p**2 * sensitivity.variance
    error = float(np.sqrt(spread)) / knows
    return CorrectedMean(
        value=clamp(p, SHARE),
        standard_error=error,
        low=clamp(p - 1.959964 * error, SHARE),
        high=clamp(p + 1.959964 * error, SHARE),
        power=1.0,
        n=n,
    )
