"""How often force is used on one group against another, by more than one benchmark.

A ratio of rates is never called bias: the benchmark decides much of it, so at least two are shown,
and each says what it cannot show.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy

from analysis.statistics.rates.rates import RateRatio, rate_ratio
from analysis.statistics.sampling.variance import Floats, Ints
from survey.deployments.benchmarks import BENCHMARKS
from survey.editions.chapters.disparities import DEFINITIONS
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


@dataclass(frozen=True, kw_only=True)
class DisparityRatio:
    """The rate of one group against the reference by one benchmark.

    `exact` is for tests, `shown` (mid-P) for display; `unknown` the share of events (0 to 1) whose
    group was not recorded, `tipping` the ratios if all of these belonged to the reference, or to
    this group: a finding that does not survive both depends on what was not recorded. `code` says
    who stated the group: 'officer-defined' or 'self-defined', never both; `what` was counted.
    `group` begins the sentence, and `reference` is within it.
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
    found = [
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
    return found, () if len(benchmarks) > 1 else (ONE_BENCHMARK,)


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
    """Of those on whom a device was drawn (or more), how many it was fired at.

    `fired` and `drawn` one a group, the reference first; subjects are taken as independent.
    NaN for a group on whom none was drawn. Errors: ValueError where more were fired than drawn.
    Source: Wilson (1927); Fisher (1935).
    """
    if (fired > drawn).any() or (fired < 0).any():
        raise ValueError("no more can be fired than were drawn")
    n = np.where(drawn > 0, drawn, np.nan).astype(float)
    share = fired / n
    low, high = wilson_limits(share, n, level)
    p = [
        float(scipy.stats.fisher_exact([[a, m - a], [fired[0], drawn[0] - fired[0]]]).pvalue)
        for a, m in zip(fired.tolist(), drawn.tolist(), strict=True)
    ]
    return FiredShares(share=share, low=low, high=high, p=np.where(np.isfinite(n), p, np.nan))


def wilson_limits(share: Floats, n: Floats, level: float) -> tuple[Floats, Floats]:
    z = float(scipy.stats.norm.ppf(0.5 + level / 2)) ** 2 / n
    # Unlike p ± z·se, these limits still have a width where none or all were fired at.
    middle, reach = share + z / 2, np.sqrt(z * (share * (1 - share) + z / 4))
    return np.asarray((middle - reach) / (1 + z)), np.asarray((middle + reach) / (1 + z))
