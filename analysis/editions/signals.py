"""Early warnings: the index or complaints outside what the weeks before predict, missing data."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import msgspec
import numpy as np
import scipy

from analysis.disclosure import FEWEST_FOR_RATE, FEWEST_RESPONDENTS, FEWEST_TO_COUNT
from analysis.editions.inputs import WEEK, EditionInputs, is_use
from analysis.statistics import counts, rates, series
from analysis.statistics.sampling.variance import Flags, Floats, Ints
from survey import deployments
from survey.deployments import UNDER_18
from survey.editions import Edition
from survey.editions.force import VulnerableUses
from survey.sentences import Sentence

WEEKS_HELD_OUT = (
    10  # weeks left out of the fit: how long a shift of one deviation takes to be detected
)
FEWEST_WEEKS = 13
UPPER = 0.999  # of the 99.8% limits
SILENCE_CHANCE = 0.001  # that an area from which nothing came is silent by chance alone
WEEKS_BEFORE = 8
DAYS_BEFORE = 91
FEWEST_OF_USUAL = 0.5
FEWEST_DAYS_SEEN = 28


class SignalResiduals(NamedTuple):
    """Standardised one-step residuals, one a week, and how many weeks the model was fitted to."""

    z: Floats
    baseline: int


def city_signal(inputs: EditionInputs) -> float | None:
    """How far the city's index lies from its forecast, if it signals in two weeks running.

    In smoothed residuals; below 0 is lower than expected. None if there is no warning, or fewer
    than 13 weeks to learn from. Source: Alwan & Roberts (1988); Lucas & Saccucci (1990).
    """
    value, variance = np.full((2, inputs.weeks), np.nan)
    for week in inputs.index_weeks:
        at, estimate = inputs.day_of(week.start) // WEEK, week.city
        if 0 <= at < inputs.weeks and (estimate.n or 0) >= FEWEST_RESPONDENTS:
            value[at] = np.nan if estimate.value is None else estimate.value
            variance[at] = (estimate.standard_error or np.nan) ** 2
    (residuals,) = signal_residuals(value[None], variance[None])
    if residuals.baseline < FEWEST_WEEKS or not series.has_city_warning(residuals.z):
        return None
    return float(series.ewma(residuals.z).value[-1])


def area_signals(inputs: EditionInputs, shown: Flags) -> dict[str, float]:
    """The boroughs whose index signals, with how far it lies from its forecast.

    `shown` marks boroughs with a published index. The variance of a week's figure is that of one
    answer in the city divided by the effective answers.
    Source: Alwan & Roberts (1988); Benjamini & Hochberg (1995).
    """
    if inputs.weeks < series.FEWEST_BASELINE or not shown.any():
        return {}
    shape = len(inputs.areas), inputs.weeks
    direct, n_eff = np.full(shape, np.nan), np.zeros(shape)
    number = {code: i for i, code in enumerate(inputs.codes)}
    for week in inputs.index_weeks:
        at = inputs.day_of(week.start) // WEEK
        for code, estimate, worth in week.direct if 0 <= at < inputs.weeks else ():
            direct[number[code], at] = np.nan if estimate is None else estimate
            n_eff[number[code], at] = worth
    variance = np.where(n_eff > 1, variance_of_one_answer(inputs) / np.maximum(n_eff, 1), np.nan)
    residuals = signal_residuals(np.where(shown[:, None], direct, np.nan), variance)
    z = np.array([residual.z for residual in residuals])
    warn = series.warning_areas(
        z, baseline=np.array([residual.baseline for residual in residuals], int)
    )
    last = series.ewma(z).value[:, -1]
    rows = zip(inputs.codes, last, warn, strict=True)
    return {code: float(far) for code, far, warns in rows if warns}


def city_signal_sentence(far: float) -> Sentence:
    if far < 0:
        return Sentence(
            "The perception index was lower than expected from the weeks before, two weeks in a "
            "row."
        )
    return Sentence(
        "The perception index was higher than expected from the weeks before, two weeks in a row."
    )


def area_signal_sentence(far: float) -> Sentence:
    if far < 0:
        return Sentence(
            "The index was lower than expected from the weeks before, two weeks in a row. This "
            "allows for the number of boroughs tested."
        )
    return Sentence(
        "The index was higher than expected from the weeks before, two weeks in a row. This "
        "allows for the number of boroughs tested."
    )


def signal_residuals(value: Floats, variance: Floats) -> list[SignalResiduals]:
    """One-step residuals, a row a series, of a model that was not fitted to the last weeks.

    Ten weeks are left out of the fit, or fewer if otherwise less than 26 would remain. NaN where a
    model cannot be fitted.
    """
    weeks = value.shape[1]
    # A model that was fitted to a shift would take it for normal.
    until = max(weeks - WEEKS_HELD_OUT, min(series.FEWEST_BASELINE, weeks - 2), 0)
    levels = series.fit_levels(value[:, :until], variance[:, :until])
    return [
        SignalResiduals(np.full(weeks, np.nan), 0)
        if level is None
        else SignalResiduals(series.one_step_residuals(row, error, level), level.baseline)
        for row, error, level in zip(value, variance, levels, strict=True)
    ]


def variance_of_one_answer(inputs: EditionInputs) -> float:
    """The variance of one person's index."""
    scored = float(inputs.sampled.scored.sum())
    if not scored:
        return float("nan")
    mean = float(inputs.sampled.score.sum()) / scored
    return float(inputs.sampled.squares.sum()) / scored - mean**2


def has_too_many_complaints(inputs: EditionInputs) -> bool:
    """Whether the period brought more complaints than the 99.8% limit of the weeks before.

    Negative binomial, including the error of its mean; needs 13 weeks or more to learn from, and 13
    complaints or more.
    Source: Lawless (1987).
    """
    day = inputs.complaints.day
    came = int(inputs.complaints.persons[inputs.window(day)].sum())
    before = np.zeros(max(inputs.day_of(inputs.start) // WEEK, 0))
    early = day < len(before) * WEEK
    np.add.at(before, day[early] // WEEK, inputs.complaints.persons[early])
    # Before the first complaint perhaps nobody could send one, and 0 would lower the limit.
    before = np.trim_zeros(before, "f")
    if came < FEWEST_FOR_RATE or len(before) < FEWEST_WEEKS:
        return False
    return came > upper_count_limit(before, ((inputs.end - inputs.start).days + 1) / WEEK)


def upper_count_limit(weekly: Floats, weeks: float) -> float:
    """The upper 99.8% limit of the sum of some weeks, predicted from the weeks before.

    NB2 of mean mW with variance mW + (mW)²/(θW) + (W·SE(m))². `weekly` counts one a week, `weeks`
    W.
    Source: Lawless (1987).
    """
    ones = np.ones((len(weekly), 1))
    fit = counts.negative_binomial(weekly, ones, ones[:, 0])
    mean = float(np.exp(fit.beta[0])) * weeks
    more = mean**2 / (fit.theta * weeks) if fit.theta else 0.0
    more += (mean * float(fit.se[0])) ** 2
    size = mean**2 / more
    return float(scipy.stats.nbinom.ppf(UPPER, size, size / (size + mean)))


class SilentAreas(NamedTuple):
    """Areas from which nothing came; `by_chance` of them are silent by chance alone."""

    places: tuple[str, ...]
    by_chance: float


def silent_areas(codes: Sequence[str], expected: Floats, came: Ints) -> SilentAreas:
    """Areas from which nothing came though P(0) = e^-E < 0.001, E predicted from the time before.

    `expected` and `came` one an area. Source: Johnson, Kemp & Kotz (2005) ch. 4.
    """
    chance = np.exp(-expected)
    # Where few answers are usual, silence says nothing.
    heard = chance < SILENCE_CHANCE
    return SilentAreas(
        tuple(code for code, none in zip(codes, heard & (came == 0), strict=True) if none),
        float(chance[heard].sum()),
    )


def days_in_period(inputs: EditionInputs) -> int:
    return (inputs.end - inputs.start).days + 1


def areas_without_answers(inputs: EditionInputs) -> SilentAreas:
    """Boroughs in which nobody answered, judged by the eight weeks before."""
    drawn, start = inputs.drawn, inputs.day_of(inputs.start)
    before = (drawn.day >= start - WEEKS_BEFORE * WEEK) & (drawn.day < start)
    came, usual = (
        np.bincount(drawn.area[rows], drawn.persons[rows], minlength=len(inputs.areas))
        for rows in (inputs.window(drawn.day), before)
    )
    return silent_areas(
        inputs.codes,
        usual * days_in_period(inputs) / (WEEKS_BEFORE * WEEK),
        came.astype(np.int64),
    )


def has_no_deployments(inputs: EditionInputs) -> bool:
    """Whether no deployment was reported in the whole city, though some were in 13 weeks before.

    Single boroughs are not reported: a name would reveal that nothing was recorded there.
    """
    now = earlier = False
    for count in filter(is_use, inputs.counts):
        now |= count.start <= inputs.end and inputs.start <= count.end
        earlier |= 0 < (inputs.start - count.end).days <= DAYS_BEFORE
    return earlier and not now


def chance_of_so_few_answers(inputs: EditionInputs) -> float | None:
    """The chance of so few answers, if fewer came than half the median of the eight weeks before.

    None where that median is below ten, or answers began later. Source: Johnson, Kemp & Kotz (2005)
    ch. 4.
    """
    drawn, start = inputs.drawn, inputs.day_of(inputs.start)
    ago = (start - 1 - drawn.day) // WEEK
    rows = (ago >= 0) & (ago < WEEKS_BEFORE)
    weekly = np.bincount(ago[rows], drawn.persons[rows], minlength=WEEKS_BEFORE)
    usual = float(np.median(weekly)) * days_in_period(inputs) / WEEK
    came = float(drawn.persons[inputs.window(drawn.day)].sum())
    if (
        start < WEEKS_BEFORE * WEEK
        or np.median(weekly) < FEWEST_TO_COUNT
        or came >= FEWEST_OF_USUAL * usual
    ):
        return None
    # The alert needs strictly fewer than half, and the largest such whole number is ceil - 1.
    return float(scipy.stats.poisson.cdf(np.ceil(FEWEST_OF_USUAL * usual) - 1, usual))


def children_news(inputs: EditionInputs, edition: Edition) -> Literal["first", "more"] | None:
    """What is new about a publisher's uses on people under 18: the first, or more than expected.

    Their number is a key figure of every edition; an alert on it each time would say nothing. A
    withheld count raises no alert, because that would reveal that it is 1 to 4 and not 0.
    """
    now, last = children_of(edition), inputs.last
    if now is None or not now.period or (last is not None and last.end == inputs.end):
        return None
    before = children_of(last)
    # A number that comes and goes in single weeks is not news: it would be red each time.
    if before is None or not (before.period or before.window):
        # Without an edition before, this one's own three months say whether there were others.
        return None if (now.window or 0) > now.period else "first"
    limit = most_children_expected(inputs, now, before)
    return "more" if limit is not None and now.period > limit else None


def most_children_expected(
    inputs: EditionInputs, now: VulnerableUses, before: VulnerableUses
) -> float | None:
    """The most uses on people under 18 to expect, judged by the number in the edition before.

    None without a published number of about three months that ended before the period. It is the
    upper limit of a 95% prediction interval, with the year's overdispersion, as for all uses.
    """
    if before.window is None:
        return None
    eve = min(before.until or inputs.start, inputs.start - deployments.DAY)
    uses = deployments.device_uses(inputs.groups, "age")
    seen = deployments.days_covered(
        (count.start, count.end) for count in deployments.counts_within(uses, before.since, eve)
    )
    coming = now.counted.days if now.counted else (inputs.end - inputs.start).days + 1
    if seen < FEWEST_DAYS_SEEN or not coming:
        return None
    year = deployments.counts_within(
        uses, inputs.start - deployments.YEAR, inputs.start - deployments.DAY
    )
    span_uses = deployments.uses_by_span(
        [
            count if count.group in UNDER_18 else msgspec.structs.replace(count, count=0)
            for count in year
        ]
    )
    exposure = np.array([float(deployments.days_covered([span])) for span in span_uses])
    phi = round(rates.overdispersion(np.array(list(span_uses.values())), exposure), 1)
    return float(np.ceil(rates.prediction_interval(before.window, seen, coming=coming, phi=phi)[1]))


def children_of(edition: Edition | None) -> VulnerableUses | None:
    """The uses of an edition on people under 18."""
    every = edition.persons if edition else ()
    return next((uses for uses in every if uses.kind == "under_18"), None)
