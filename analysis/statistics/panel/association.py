"""The verdict on the panel and the sentence that the working group reads."""

import msgspec

from analysis.statistics.panel.panel import (
    FEWEST_AREAS,
    POWER,
    Panel,
    PanelFit,
    PanelRefusal,
    fit_panel,
)
from survey.editions.figures import Association, AssociationVerdict

SMALLEST_OF_INTEREST = 2.0
NOT_CAUSE = "association, not proof of cause"


class AssociationWording(msgspec.Struct, frozen=True, kw_only=True):
    """The words of the sentence for a period, the outcome, its unit and the areas."""

    period: str = "week"
    outcome: str = "an index"
    unit: str = "points"
    area: str = "borough"
    areas: str = "boroughs"


def panel_association(
    panel: Panel,
    *,
    smallest: float = SMALLEST_OF_INTEREST,
    wording: AssociationWording | None = None,
) -> Association:
    """β at lag 1 with its 95 % interval, the smallest detectable effect and a verdict.

    The rule, fixed before the figures are seen, with `smallest` the smallest effect of interest
    (in the outcome's unit per deployment per 10,000):
    - associated: the interval excludes 0, however small the effect;
    - none_larger: else, the interval lies inside -smallest to +smallest;
    - inconclusive: else, and always where fewer than 10 areas saw a deployment (CR1 errors are
      then too small) or nothing could be estimated, in which case `beta` is None.
    The smallest detectable effect is 2.8·SE (80 % power at 5 %, two-sided).
    Source: statistics.md 2.10 and 2.19.
    """
    words = wording or AssociationWording()
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
        sentence=verdict_sentence(found, verdict, smallest=smallest, words=words),
        caveats=association_caveats(found, panel, words),
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
        sentence=f"{found.sentence} Nothing can be said yet about perception and deployments.",
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


def verdict_sentence(
    found: PanelFit, verdict: AssociationVerdict, *, smallest: float, words: AssociationWording
) -> str:
    beta, detectable = float(found.beta[0]), POWER * float(found.se[0])
    low, high = (float(limit[0]) for limit in found.interval())
    if verdict == "associated":
        ends = sorted((abs(low), abs(high)))
        return (
            f"{words.areas.capitalize()} with one more deployment per 10,000 had {words.outcome} "
            f"{effect_text(abs(beta))} {words.unit} {'lower' if beta < 0 else 'higher'} the "
            "following "
            f"{words.period} (95 % interval {effect_text(ends[0])} to "
            f"{effect_text(ends[1])}), after "
            f"{words.area} and {words.period} differences; {NOT_CAUSE}."
        )
    if verdict == "none_larger":
        return (
            f"No association larger than {smallest:g} {words.unit} per deployment per 10,000 in "
            f"the following {words.period} (95 % interval {low:.1f} to {high:.1f}); a smaller "
            f"one may exist."
        )
    # What could not have been seen has to be said, or readers take it for not being there.
    if detectable > smallest or found.exposed < FEWEST_AREAS:
        return (
            "Too few deployments to tell whether perception moves with them; we could only have "
            f"detected an effect larger than {detectable:.1f} {words.unit} per deployment per "
            "10,000 residents."
        )
    return (
        f"No clear answer: the 95 % interval, {low:.1f} to {high:.1f} {words.unit}, holds both no "
        f"association and one larger than {smallest:g}."
    )


def effect_text(value: float) -> str:
    """The number to one decimal, or to two below 1."""
    return f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def association_caveats(
    found: PanelFit, panel: Panel, words: AssociationWording
) -> tuple[str, ...]:
    said = [f"Compared within {words.areas} over time: {NOT_CAUSE}."]
    # Less one period: the first has no deployments before it.
    possible = panel.outcome.shape[0] * max(panel.outcome.shape[1] - 1, 0)
    if found.cells < possible:
        said.append(f"{possible - found.cells} of {possible} estimates were missing and left out.")
    if found.exposed < FEWEST_AREAS:
        said.append(
            f"Deployments in fewer than {FEWEST_AREAS} {words.areas}: the error is understated "
            "and no verdict was given."
        )
    return tuple(said)
