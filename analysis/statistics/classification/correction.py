"""Shares of themes corrected for the machine's misreading, using a sample that people coded.

The machine reads every text, people a probability sample of them. The machine's figure for all
texts is corrected by how far it was off on the sample, and the interval allows for both errors.
"""

from dataclasses import dataclass

import msgspec
import numpy as np

from analysis.statistics.sampling.estimates import means, t_quantile
from analysis.statistics.sampling.streams import Design, Sample
from analysis.statistics.sampling.variance import Floats

FEWEST_INFORMATION = 0.05


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
    """

    mean: float
    variance: float = 0.0


def ppi(
    y: Floats,
    f: Floats,
    design: Design,
    machine: MachineMean,
    *,
    power: float | None = None,
    span: float = 1.0,
) -> CorrectedMean:
    """PPI++: θ = λ·mean(f over all) + mean(y - λf over labels), V = λ²·V(f̄) + V(mean(y - λf)).

    `y` what people said and `f` what the machine said of the n labelled texts; `design` how these
    were drawn (weights 1/inclusion probability, strata, and the PSUs of the residents where
    residents were drawn first). Means are weighted, their variances linearised (ultimate clusters,
    which cover both phases of the draw), so that with equal weights and one stratum everything
    reduces to the formula of the source. λ = C / (V(f̄) + B) within 0 and 1, C the covariance of
    the labelled means of y and f, B the variance of that of f: with equal weights cov(y,f) / ((1 +
    n/N)·V(f)). `power` sets λ instead: 1 where the labels are of earlier texts, since a smaller λ
    would pull the figure towards what was said then. `span` is the largest error on one text: the
    interval is never narrower than that of n texts without an error (exact, 1 - .025^(1/n)),
    because seeing no error does not mean there is none.
    Errors: ValueError for fewer than two labels.
    Source: Angelopoulos, Duchi & Zrnic (2023), "PPI++"; Särndal, Swensson & Wretman (1992) ch. 9.
    """
    if len(y) < 2:
        raise ValueError("two labels at least")
    believed = best_power(y, f, design, machine) if power is None else power
    rest = labelled_mean(y - believed * f, design)
    value = believed * machine.mean + rest.value
    error = float(np.sqrt(believed**2 * machine.variance + rest.variance))
    unseen = span * (1 - 0.025 ** (1 / max(rest.n_eff, 1.0)))
    reach = max(float(t_quantile(np.array([rest.df]))[0]) * error, unseen)
    return CorrectedMean(
        value=value,
        standard_error=error,
        low=value - reach,
        high=value + reach,
        power=believed,
        n=len(y),
    )


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
    found = means(value, Sample(modes=np.full(len(value), "sampled"), design=design))
    return LabelledMean(
        value=float(found.value[0]),
        variance=float(found.se[0] ** 2),
        # Labels that all lie in one PSU have no df, and a t on 0 does not exist.
        df=max(int(found.df[0]), 1),
        n_eff=float(found.n_eff[0]),
    )


def best_power(y: Floats, f: Floats, design: Design, machine: MachineMean) -> float:
    """The λ in [0, 1] that minimises the variance."""
    # The design knows variances only: cov(y, f) is half of V(y + f) - V(y) - V(f).
    alone, said, both = (labelled_mean(one, design).variance for one in (y, f, y + f))
    covariance, below = (both - alone - said) / 2, machine.variance + said
    return float(np.clip(covariance / below, 0, 1)) if below > 0 else 0.0


def clipped_share(found: CorrectedMean) -> CorrectedMean:
    """The estimate and its limits, cut to 0 to 1."""
    value, low, high = (min(max(x, 0.0), 1.0) for x in (found.value, found.low, found.high))
    return msgspec.structs.replace(found, value=value, low=low, high=high)


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
    return clipped_share(
        CorrectedMean(
            value=p,
            standard_error=error,
            low=p - 1.959964 * error,
            high=p + 1.959964 * error,
            power=1.0,
            n=n,
        )
    )
