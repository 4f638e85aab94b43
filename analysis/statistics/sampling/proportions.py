"""Intervals for weighted proportions and whether one may be shown at all; shares of themes among
sampled texts and among those of people who wrote in.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from msgspec.structs import replace

from analysis.statistics.sampling import estimates
from analysis.statistics.sampling.samples import Feedback, Sample
from analysis.statistics.sampling.variance import Flags, Floats
from survey.editions.figures import Estimate, FigureStatus
from survey.editions.texts import ThemeShare
from survey.surveys.instruments import Mode

FEWEST = 30
NARROW, WIDE, RELATIVE = 0.05, 0.30, 1.30
FEWEST_DF = 8


@dataclass(frozen=True, eq=False, kw_only=True)
class ProportionLimits:
    """Lower and upper limits (0 to 1) and the effective sample size n* that they rest on."""

    low: Floats
    high: Floats
    n_star: Floats


def effective_sample_size(
    domain_means: estimates.Means,
    *,
    level: float = 0.95,
    adjust: bool = True,
    truncate: bool = True,
) -> Floats:
    """n* = min(n, p(1-p)/se² · (t_{n-1}/t_df)²); n_eff of the weights where p is 0 or 1.

    `adjust=False` leaves out the factor of the two t quantiles, `truncate=False` lets n* exceed n.
    """
    p, certain = (
        domain_means.value,
        (domain_means.value <= 0) | (domain_means.value >= 1) | (domain_means.se <= 0),
    )
    # Where everybody answers alike there is no error to compare with, and 0 / 0 would be left.
    spread = p * (1 - p) / np.where(certain, 1.0, domain_means.se) ** 2
    if adjust:
        spread = (
            spread
            * (
                estimates.t_quantile(domain_means.n - 1, level)
                / estimates.t_quantile(domain_means.df, level)
            )
            ** 2
        )
    # An error that is small by luck must not make n* larger than the number of people.
    return np.where(
        certain, domain_means.n_eff, np.minimum(domain_means.n, spread) if truncate else spread
    )


def korn_graubard(
    domain_means: estimates.Means,
    *,
    level: float = 0.95,
    adjust: bool = True,
    truncate: bool = True,
) -> ProportionLimits:
    """Clopper-Pearson limits with x = p·n* of n*, for the means of 0 and 1.

    NaN where nothing can be said (nobody answered, df < 1). Source: Korn & Graubard (1998);
    NCHS Series 2 no. 175. R's `svyciprop(method="beta")` does not hold n* below n
    (`truncate=False`).
    """
    n_star = effective_sample_size(domain_means, level=level, adjust=adjust, truncate=truncate)
    tail = (1 - level) / 2
    x = domain_means.value * n_star
    # A beta distribution has no parameter of 0; these ends are exactly 0 and 1.
    low = scipy.stats.beta.ppf(tail, np.where(x > 0, x, np.nan), n_star - x + 1)
    high = scipy.stats.beta.ppf(1 - tail, x + 1, np.where(n_star > x, n_star - x, np.nan))
    return ProportionLimits(
        low=np.where(domain_means.value <= 0, 0.0, low),
        high=np.where(domain_means.value >= 1, 1.0, high),
        n_star=n_star,
    )


def wilson(domain_means: estimates.Means, *, level: float = 0.95) -> ProportionLimits:
    """Wilson's limits with n* = min(n, p(1-p)/se²) and t_df in the place of z.

    (p + c/2 ± √(c·(p(1-p) + c/4))) / (1 + c), c = t²/n*. NaN where df < 1.
    Source: Wilson (1927).
    """
    n_star, t = (
        effective_sample_size(domain_means, level=level, adjust=False),
        estimates.t_quantile(domain_means.df, level),
    )
    p, share = domain_means.value, t**2 / n_star
    middle = (p + share / 2) / (1 + share)
    reach = np.sqrt(share * (p * (1 - p) + share / 4)) / (1 + share)
    return ProportionLimits(low=middle - reach, high=middle + reach, n_star=n_star)


def logit(domain_means: estimates.Means, *, level: float = 0.95) -> ProportionLimits:
    """log(p/(1-p)) ± t_df·se/(p(1-p)), mapped back: R's default, to check a figure against it.

    NaN where p is 0 or 1. Source: Lumley (2010) §2.4; R `svyciprop(method="logit")`.
    """
    p = np.where((domain_means.value > 0) & (domain_means.value < 1), domain_means.value, np.nan)
    middle, reach = (
        np.log(p / (1 - p)),
        estimates.t_quantile(domain_means.df, level) * domain_means.se / (p * (1 - p)),
    )
    return ProportionLimits(
        low=1 / (1 + np.exp(reach - middle)),
        high=1 / (1 + np.exp(-reach - middle)),
        n_star=effective_sample_size(domain_means, level=level, adjust=False),
    )


def nchs_statuses(domain_means: estimates.Means, limits: ProportionLimits) -> list[FigureStatus]:
    """Status of each domain by the NCHS rule (Parker et al. 2017, Series 2 no. 175).

    Withheld: n or n* below 30, no interval, a width of 0.30 or more, or above 0.05 a width of more
    than 130 % of p. Flagged: fewer than 8 degrees of freedom, p of 0 or 1, or a width of more than
    130 % of 1-p, the complement.
    """
    return [
        nchs_status(
            p,
            limits.high[i] - limits.low[i],
            bases=(domain_means.n[i], limits.n_star[i]),
            df=int(domain_means.df[i]),
        )
        for i, p in enumerate(domain_means.value.tolist())
    ]


def nchs_status(p: float, width: float, *, bases: tuple[float, float], df: int) -> FigureStatus:
    # Written so that a width of NaN is withheld too.
    if min(bases) < FEWEST or not width < WIDE:
        return "withheld"
    wide = width > NARROW
    if wide and width > RELATIVE * p:
        return "withheld"
    thin = df < FEWEST_DF or p in (0.0, 1.0)
    return "flagged" if thin or (wide and width > RELATIVE * (1 - p)) else "shown"


def proportion_estimates(
    domain_means: estimates.Means, domains: Sequence[str], *, stream: Mode = "sampled"
) -> list[Estimate]:
    """Estimates with Korn-Graubard limits and the status of the NCHS rule.

    The figures stay in: disclosure control removes those that are withheld.
    Errors: Problem `streams.mixed` for any stream but 'sampled'.
    """
    limits = korn_graubard(domain_means)
    plain = estimates.to_estimates(
        domain_means, domains, stream=stream, method="Korn-Graubard 95 %"
    )
    return [
        replace(
            estimate,
            low=float(low) if np.isfinite(low) else None,
            high=float(high) if np.isfinite(high) else None,
            status=status,
        )
        for estimate, low, high, status in zip(
            plain, limits.low, limits.high, nchs_statuses(domain_means, limits), strict=True
        )
    ]


def sampled_theme_shares(
    spoken: Flags,
    *,
    names: Sequence[tuple[str, str]],
    sample: Sample,
    domain: str,
) -> list[ThemeShare]:
    """The share of residents whose text mentions each theme, with Korn-Graubard limits.

    `spoken` texts x themes; `names` id and name of each theme; `domain` whose texts these are.
    `low` and `high` are the limits of the share (0 to 1).
    Errors: Problem `streams.mixed` for open texts.
    Source: Korn & Graubard (1998).
    """
    shares = []
    for i, (theme, name) in enumerate(names):
        share = estimates.means(spoken[:, i].astype(float), sample)
        limits = korn_graubard(share)
        shares.append(
            ThemeShare(
                theme=theme,
                name=name,
                stream=sample.mode,
                domain=domain,
                texts=int(spoken[:, i].sum()),
                share=estimates.finite_or_none(share.value[0]),
                low=estimates.finite_or_none(limits.low[0]),
                high=estimates.finite_or_none(limits.high[0]),
            )
        )
    return shares


def open_theme_shares(
    spoken: Flags,
    *,
    names: Sequence[tuple[str, str]],
    feedback: Feedback,
    domain: str,
    described: bool = False,
    voice: Floats | None = None,
) -> list[ThemeShare]:
    """How many of the texts received mention each theme: a count and no interval.

    `described` adds the share of the texts received, which describes those texts and nobody else;
    there is still no interval. `voice` is each text's weight when a campaign
    counts once; with it the same figures are given for voices. Arguments as in
    `sampled_theme_shares`.
    Errors: ValueError where the number of texts differs from the feedback.
    """
    if len(spoken) != len(feedback):
        raise ValueError("one row a text")
    return [
        ThemeShare(
            theme=theme,
            name=name,
            stream=feedback.mode,
            domain=domain,
            texts=int(spoken[:, i].sum()),
            share=plain_mean(spoken[:, i].astype(float)) if described else None,
            # People who chose to write are no sample, so a margin of error would mislead.
            low=None,
            high=None,
            voices=None if voice is None else round(float(voice[spoken[:, i]].sum())),
            voice_share=None if voice is None else voiced_share(voice, spoken[:, i]),
        )
        for i, (theme, name) in enumerate(names)
    ]


def voiced_share(voice: Floats, spoken: Flags) -> float | None:
    """The share of the voices that are for a theme."""
    return float(voice[spoken].sum()) / float(voice.sum()) if len(voice) else None


def plain_mean(value: Floats) -> float | None:
    scored = value[np.isfinite(value)]
    return float(scored.mean()) if len(scored) else None
