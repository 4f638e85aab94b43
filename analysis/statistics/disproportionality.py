"""How often force is used on one group against another, by more than one benchmark.

A ratio of rates is never called bias: the benchmark decides much of it, so at least two are shown,
and each says what it cannot show.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy

from analysis.statistics.rates import RateRatio, rate_ratio
from analysis.statistics.sampling.variance import Floats, Ints
from survey.deployments import BENCHMARKS
from survey.editions.force import DEFINITIONS
from survey.sentences import N_, Sentence

ONE_BENCHMARK = N_(
    "There is only one benchmark: another would give another ratio, and nothing here shows which "
    "of them is right."
)
NOT_WHY = N_("This does not show why.")
# By what was counted: without a reference, without any use on the group, and the ratio.
NO_REFERENCE = {
    "device": N_("{group} ({code}): no use on {reference} was recorded, so there is no ratio."),
    "force": N_(
        "{group} ({code}): no use of force on {reference} was recorded, so there is no ratio."
    ),
}
AT_MOST = N_(
    "{group} ({code}): none recorded; at most {high} times the rate per {unit} for {reference}."
)
RATIO = {
    "device": N_(
        "{group} ({code}): recorded use was {value} times ({low} to {high}) the rate per "
        "{unit} for {reference}."
    ),
    "force": N_(
        "{group} ({code}): recorded use of force was {value} times ({low} to {high}) the rate per "
        "{unit} for {reference}."
    ),
}
ROUNDS, CLOSE = 10_000, 1e-12


@dataclass(frozen=True, kw_only=True)
class DisparityRatio:
    """The rate of one group against the reference by one benchmark.

    `exact` is for tests, `shown` (mid-P) for display; `unknown` the share of events (0 to 1) whose
    group was not recorded, `tipping` the ratios if all of these belonged to the reference, or to
    this group: a finding that does not survive both depends on what was not recorded. `code` says
    who stated the group: 'officer-defined' or 'self-defined', never both; `what` was counted.
    `group` is worded to begin the sentence, `reference` to stand within it.
    """

    group: str
    reference: str
    benchmark: str
    code: str
    exact: RateRatio
    shown: RateRatio
    unknown: float
    tipping: tuple[float | None, float | None]
    what: Literal["device", "force"] = "device"

    @property
    def sentence(self) -> Sentence:
        """The sentence for the working group, including what this benchmark cannot show."""
        named = {
            "group": self.group,
            "reference": self.reference,
            "code": Sentence(DEFINITIONS[self.code]),
        }
        if self.shown.value is None or self.shown.high is None:
            return Sentence(NO_REFERENCE[self.what], **named)
        places = decimal_places(self.shown.value)
        named |= {
            "unit": Sentence(BENCHMARKS[self.benchmark].unit),
            "high": f"{self.shown.high:.{places}f}",
        }
        # Of a ratio of 0 only the upper limit says something.
        if not self.shown.value:
            ratio = Sentence(AT_MOST, **named)
        else:
            named |= {
                "value": f"{self.shown.value:.{places}f}",
                "low": f"{self.shown.low:.{places}f}",
            }
            ratio = Sentence(RATIO[self.what], **named)
        return Sentence(
            "{ratio} {limit} {not_why}",
            ratio=ratio,
            limit=Sentence(BENCHMARKS[self.benchmark].cannot_show),
            not_why=Sentence(NOT_WHY),
        )


def decimal_places(ratio: float) -> int:
    """Decimals needed to show a small ratio."""
    return 1 if ratio >= 0.5 else 2 if ratio >= 0.05 else 3


def disparity_ratios(
    events: Mapping[str, int],
    benchmarks: Mapping[str, Mapping[str, float]],
    *,
    reference: str,
    code: str,
    unknown: int = 0,
    what: Literal["device", "force"] = "device",
) -> tuple[list[DisparityRatio], tuple[str, ...]]:
    """RR = (a/N₁)/(b/N₀) of each group by each benchmark (RRI), and caveats to print.

    `events` by group, those of unknown group apart in `unknown`; `benchmarks` the people of each
    group by what they were counted as (residents, arrests, stops); `what` names the events.
    Tipping: all unknown added to the reference, then all to the group. Errors: ValueError without
    the reference or a benchmark, or for a group without people.
    Source: Fridell (2004); HMICFRS (2021).
    """
    if reference not in events or not benchmarks:
        raise ValueError("a reference group and a benchmark at least")
    whole = sum(events.values()) + unknown
    other = events[reference]
    ratios = [
        DisparityRatio(
            group=group,
            reference=reference,
            benchmark=benchmark,
            code=code,
            exact=rate_ratio((a, people[group]), (other, people[reference])),
            shown=rate_ratio((a, people[group]), (other, people[reference]), mid_p=True),
            unknown=unknown / whole if whole else 0.0,
            what=what,
            tipping=tipping_ratios((a, people[group]), (other, people[reference]), unknown),
        )
        for benchmark, people in benchmarks.items()
        for group, a in events.items()
        if group != reference
    ]
    return ratios, () if len(benchmarks) > 1 else (ONE_BENCHMARK,)


def tipping_ratios(
    first: tuple[int, float], second: tuple[int, float], unknown: int
) -> tuple[float | None, float | None]:
    """The ratio with all unknown events in the second group, and with all in the first."""
    (a, residents), (b, others) = first, second
    scale = others / residents
    low = a / (b + unknown) * scale if b + unknown else None
    return low, (a + unknown) / b * scale if b else None


@dataclass(frozen=True, eq=False, kw_only=True)
class FiredShares:
    """Share of uses in which the device was fired, by group, with Wilson limits.

    `p` Fisher's exact p of each group against the first. It needs no population.
    """

    share: Floats
    low: Floats
    high: Floats
    p: Floats


def fired_given_drawn(fired: Ints, drawn: Ints, *, level: float = 0.95) -> FiredShares:
    """The share of people fired at among those on whom a device was at least drawn.

    `fired` and `drawn` one a group, the reference first; subjects are taken as independent. NaN for
    a group on whom none was drawn. Errors: ValueError where more were fired than drawn. Source:
    Wilson (1927); Fisher (1935).
    """
    if (fired > drawn).any() or (fired < 0).any():
        raise ValueError("no more can be fired than were drawn")
    n = np.where(drawn > 0, drawn, np.nan).astype(float)
    share = fired / n
    z = float(scipy.stats.norm.ppf(0.5 + level / 2)) ** 2 / n
    # Unlike p ± z·se, these limits still have a width where none or all were fired at.
    middle, reach = share + z / 2, np.sqrt(z * (share * (1 - share) + z / 4))
    low, high = np.asarray((middle - reach) / (1 + z)), np.asarray((middle + reach) / (1 + z))
    p = [
        float(scipy.stats.fisher_exact([[a, m - a], [fired[0], drawn[0] - fired[0]]]).pvalue)
        for a, m in zip(fired.tolist(), drawn.tolist(), strict=True)
    ]
    return FiredShares(share=share, low=low, high=high, p=np.where(np.isfinite(n), p, np.nan))


@dataclass(frozen=True, eq=False, kw_only=True)
class AgeAdjustedRatios:
    """The ratio of each group's rate to the reference's at equal ages, with its limits.

    NaN for a group without events, or where the reference has none.
    """

    value: Floats
    low: Floats
    high: Floats


def age_adjusted_ratios(
    by_group: Ints, by_age: Ints, people: Floats, *, reference: int, level: float = 0.95
) -> AgeAdjustedRatios:
    """Rate ratios of G groups, adjusted for age, from events by group and events by age.

    `by_group` G and `by_age` A counts, `people` A x G. The model is Poisson: events of age a in
    group g have mean N_ag·α_a·ρ_g. Its sufficient statistics are the two lists, so the table of
    events by both is not needed; the ratio ρ_g/ρ_ref is assumed alike at all ages, and nothing here
    can test that. Solved as indirect standardisation, repeated with its own age rates:
    α_a = O_a/Σ_g N_ag·ρ_g, ρ_g = O_g/Σ_a N_ag·α_a. Limits: Wald on the log scale, by the Fisher
    information of ρ after α. Events whose age is not known are shared out like the others.
    Errors: ValueError without events of known age, or for a group or age with events and no people.
    Source: Breslow and Day (1987), chapter 4; Birch (1963).
    """
    if not by_age.sum() or not by_group.sum():
        raise ValueError("no events whose age and group are known")
    if (by_group[people.sum(axis=0) <= 0] > 0).any() or (by_age[people.sum(axis=1) <= 0] > 0).any():
        raise ValueError("events in a group or at an age of which nobody is known")
    rates, expected = fit_margins(by_group.astype(float), by_age.astype(float), people)
    value = np.full(len(by_group), np.nan)
    error = np.full(len(by_group), np.nan)
    known = [g for g in range(len(by_group)) if by_group[g] > 0 and g != reference]
    if by_group[reference] > 0 and known:
        value[known] = rates[known] / rates[reference]
        information = log_rate_information(expected)[np.ix_(known, known)]
        error[known] = np.sqrt(np.diag(np.linalg.inv(information)))
    reach = np.exp(float(scipy.stats.norm.ppf(0.5 + level / 2)) * error)
    return AgeAdjustedRatios(value=value, low=value / reach, high=value * reach)


def fit_margins(by_group: Floats, by_age: Floats, people: Floats) -> tuple[Floats, Floats]:
    """The rates ρ of the groups (the largest is 1), and the expected events, A x G."""
    ages = by_age * by_group.sum() / by_age.sum()
    rates = np.ones(len(by_group))
    alpha = np.zeros(len(ages))
    for _ in range(ROUNDS):
        alpha = quotient(ages, people @ rates)
        fresh = quotient(by_group, alpha @ people)
        fresh = fresh / fresh.max()
        close = np.abs(fresh - rates).max() < CLOSE
        rates = fresh
        if close:
            break
    alpha = quotient(ages, people @ rates)
    return rates, people * alpha[:, None] * rates[None, :]


def quotient(over: Floats, under: Floats) -> Floats:
    """The quotient; 0 where nobody lives."""
    return np.divide(over, under, out=np.zeros_like(over), where=under > 0)


def log_rate_information(expected: Floats) -> Floats:
    """The Fisher information of log ρ, with log α eliminated: G x G, of rank G - 1."""
    of_age = expected.sum(axis=1)
    shares = quotient(expected, np.broadcast_to(of_age[:, None], expected.shape))
    return np.asarray(np.diag(expected.sum(axis=0)) - shares.T @ expected)
