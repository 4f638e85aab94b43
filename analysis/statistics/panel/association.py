"""The verdict on the panel and the sentence that the working group reads."""

from analysis.statistics.panel.panel import (
    FEWEST_AREAS,
    POWER,
    Panel,
    PanelFit,
    PanelRefusal,
    fit_panel,
)
from survey.editions.figures import Association, AssociationVerdict
from survey.sentences import N_, Sentence, plural_sentence

SMALLEST_OF_INTEREST = 2.0
LOWER = N_(
    "Boroughs with one more deployment per 10,000 residents had an index {effect} points lower the "
    "following week (95% interval {low} to {high}), after allowing for differences between "
    "boroughs and between weeks; association, not proof of cause."
)
HIGHER = N_(
    "Boroughs with one more deployment per 10,000 residents had an index {effect} points higher "
    "the following week (95% interval {low} to {high}), after allowing for differences between "
    "boroughs and between weeks; association, not proof of cause."
)


def panel_association(panel: Panel, *, smallest: float = SMALLEST_OF_INTEREST) -> Association:
    """β at lag 1 with its 95% interval, the smallest detectable effect and a verdict.

    The sentence is about a weekly index of boroughs; another panel needs a sentence of its own.

    The rule, fixed before the figures are seen, with `smallest` the smallest effect of interest
    (in the outcome's unit per deployment per 10,000):
    - associated: the interval excludes 0, however small the effect;
    - none_larger: else, the interval lies inside -smallest to +smallest;
    - inconclusive: else, and always where fewer than 10 areas saw a deployment (CR1 errors are
      then too small) or nothing could be estimated, in which case `beta` is None.
    The smallest detectable effect is 2.8·SE (80% power at 5%, two-sided).
    Source: statistics.md 2.10 and 2.19.
    """
    # Lag 1 was fixed before any figure was seen: the best of several lags would be found by chance.
    found = fit_panel(panel, lags=(1,))
    if isinstance(found, PanelRefusal):
        return refused_association(found)
    beta, se = float(found.beta[0]), float(found.se[0])
    low, high = (float(limit[0]) for limit in found.interval())
    verdict = association_verdict(low, high, smallest=smallest, exposed=found.exposed)
    return Association(
        beta=beta,
        standard_error=se,
        low=low,
        high=high,
        degrees=found.df,
        areas=found.areas,
        periods=found.periods,
        events=found.events,
        smallest_detectable=POWER * se,
        verdict=verdict,
        sentence=verdict_sentence(found, verdict, smallest=smallest),
        caveats=association_caveats(found, panel),
    )


def refused_association(found: PanelRefusal) -> Association:
    return Association(
        beta=None,
        standard_error=None,
        low=None,
        high=None,
        degrees=0,
        areas=found.areas,
        periods=found.periods,
        events=found.events,
        smallest_detectable=None,
        verdict="inconclusive",
        sentence=Sentence(
            "{reason} Nothing can be said yet about perception and deployments.",
            reason=found.sentence,
        ),
    )


def association_verdict(
    low: float, high: float, *, smallest: float, exposed: int
) -> AssociationVerdict:
    # Before the interval is looked at: with few exposed areas it is too narrow to be believed.
    if exposed < FEWEST_AREAS:
        return "inconclusive"
    if low > 0 or high < 0:
        return "associated"
    return "none_larger" if -smallest < low and high < smallest else "inconclusive"


def verdict_sentence(found: PanelFit, verdict: AssociationVerdict, *, smallest: float) -> Sentence:
    """The verdict on a weekly index in words, with the figures that it rests on."""
    low, high = (float(limit[0]) for limit in found.interval())
    if verdict == "associated":
        return associated_sentence(float(found.beta[0]), low, high)
    limits = {"low": f"{low:.1f}", "high": f"{high:.1f}", "smallest": f"{smallest:g}"}
    if verdict == "none_larger":
        return Sentence(
            "No association larger than {smallest} points per deployment per 10,000 residents was "
            "found in the following week (95% interval {low} to {high}); there may be a smaller "
            "one.",
            **limits,
        )
    # What could not have been seen has to be said, or readers take it for not being there.
    detectable = POWER * float(found.se[0])
    if detectable > smallest or found.exposed < FEWEST_AREAS:
        return Sentence(
            "Too few deployments to say whether perception changes with them. Only an effect of "
            "more than {detectable} points per deployment per 10,000 residents would have shown "
            "up.",
            detectable=f"{detectable:.1f}",
        )
    return Sentence(
        "No clear answer: the 95% interval, {low} to {high} points, includes both no association "
        "and one larger than {smallest} points.",
        **limits,
    )


def associated_sentence(beta: float, low: float, high: float) -> Sentence:
    message = LOWER if beta < 0 else HIGHER
    nearest, furthest = sorted((abs(low), abs(high)))
    return Sentence(
        message,
        effect=effect_text(abs(beta)),
        low=effect_text(nearest),
        high=effect_text(furthest),
    )


def effect_text(value: float) -> str:
    """The number to one decimal, or to two below 1."""
    return f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def association_caveats(found: PanelFit, panel: Panel) -> tuple[Sentence, ...]:
    caveats = [Sentence("Compared within boroughs over time: association, not proof of cause.")]
    # Less one period: the first has no deployments before it.
    possible = panel.outcome.shape[0] * max(panel.outcome.shape[1] - 1, 0)
    if found.cells < possible:
        caveats.append(
            plural_sentence(
                "{n} of {possible} estimates was missing and left out.",
                "{n} of {possible} estimates were missing and left out.",
                n=possible - found.cells,
                possible=possible,
            )
        )
    if found.exposed < FEWEST_AREAS:
        caveats.append(
            Sentence(
                "There were deployments in fewer than {fewest} boroughs: the error is understated, "
                "so no verdict is given.",
                fewest=FEWEST_AREAS,
            )
        )
    return tuple(caveats)
