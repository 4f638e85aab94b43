"""Sentences chosen by code from what may be shown, in the wording of the method."""

import datetime
from collections.abc import Sequence

from analysis.disclosure import FEWEST_RESPONDENTS
from analysis.material import Material
from survey.double_coding import PASS_MARK, Accuracy, Measured, Standing
from survey.editions import Edition
from survey.reports import Estimate, Rate

OPEN = (
    "{n} people chose to write. They are not a sample of residents; no margin of error can be "
    "given, and weighting would not repair it."
)


def of(edition: Edition) -> tuple[str, ...]:
    """At most five sentences: the index, its change, deployments, the open answers, the panel."""
    found = [
        *index(edition),
        *deployments(edition),
        *opened(edition),
    ]
    if edition.published_association:
        found.append(edition.published_association.sentence)
    elif edition.association:
        found.append(edition.association.sentence)
    return tuple(found[:5])


def index(edition: Edition) -> list[str]:
    window = f"the {'four weeks' if edition.kind == 'weekly' else 'month'} to {long(edition.end)}"
    if not edition.index:
        return [f"Nobody was asked by the perception survey in {window}."]
    now = edition.index[0]
    if now.value is None and (now.n or 0) >= FEWEST_RESPONDENTS:
        return [f"The answers of {window} {why_none(edition)}: no index is given."]
    if now.value is None or now.low is None or now.high is None:
        return [f"Too few sampled answers came in {window} for a perception index."]
    said = (
        f"The perception index for {edition.city} was {now.value:.1f} of 100 in {window} "
        f"(95 % interval {now.low:.1f} to {now.high:.1f}, {now.n:,} answers)."
    )
    return [said, *change(edition)]


def why_none(edition: Edition) -> str:
    """Why answers enough for an index give none."""
    if edition.reliability is not None and not edition.reliability.publishable:
        return "show that its questions do not go together well enough"
    if edition.weighting is not None and edition.weighting.raked:
        return "carry weights that are too unequal"
    return "could not be weighed to the census"


def long(day: datetime.date) -> str:
    return f"{day.day} {day:%B %Y}"


def change(edition: Edition) -> list[str]:
    """The last full week against the one four weeks before it: two separate samples."""
    points = [one.estimate for one in edition.index_series]
    if len(points) < 5:
        return []
    now, before = points[-1], points[-5]
    if not (measured(now) and measured(before)):
        return []
    assert now.value is not None and before.value is not None  # noqa: PT018
    assert now.standard_error is not None and before.standard_error is not None  # noqa: PT018
    moved = now.value - before.value
    reach = 1.96 * (now.standard_error**2 + before.standard_error**2) ** 0.5
    if abs(moved) > reach:
        word = "fell" if moved < 0 else "rose"
        ends = sorted((abs(moved) - reach, abs(moved) + reach))
        return [
            f"Against the week four weeks earlier it {word} by {abs(moved):.1f} points "
            f"(95 % interval {ends[0]:.1f} to {ends[1]:.1f})."
        ]
    unseen = 2.8 * reach / 1.96
    return [
        "Against the week four weeks earlier there is no clear evidence of a change; one smaller "
        f"than {unseen:.1f} points would usually go unseen at this sample size."
    ]


def measured(one: Estimate) -> bool:
    return one.value is not None and one.standard_error is not None


def deployments(edition: Edition) -> list[str]:
    if not edition.deployments:
        return ["No deployments have been reported for this period yet."]
    city = edition.deployments[0]
    window = "the 13 weeks to" if edition.kind == "weekly" else "the month to"
    return [f"{told(city)} in {window} {long(edition.end)}."]


def told(city: Rate) -> str:
    if city.events == 0:
        return "None were recorded: no use of a conducted energy device"
    if city.events is None or city.per_10_000 is None or city.low is None or city.high is None:
        return "Fewer uses of a conducted energy device than can be shown were recorded"
    return (
        f"About {city.events:,} uses of a conducted energy device were recorded, "
        f"{city.per_10_000:.2f} per 10,000 residents (95 % interval {city.low:.2f} to "
        f"{city.high:.2f})"
    )


def opened(edition: Edition) -> list[str]:
    city = edition.received[0] if edition.received else None
    if city is None or not city.open:
        return []
    said = OPEN.format(n=f"About {city.open:,}")
    if city.open_voices in (None, city.open):
        return [said]
    return [f"{said} With each campaign counted once they are about {city.open_voices:,}."]


def reading(standing: Standing | None, found: Sequence[Accuracy]) -> str:
    """How well the machine reads, as people's blind coding found, or that nobody has looked."""
    if not found or standing is None:
        return (
            "Figures of themes are machine counts: too few texts have been coded by two people to "
            "say how well the machine reads, or to correct it."
        )
    newest = found[0]
    told = (
        f"Two people coded {newest.labels:,} texts of the quarter from {long(newest.quarter)} "
        f"without seeing the machine's codes. They agreed with α {scored(newest.alpha)}; the "
        f"machine reached F1 {scored(newest.f1)}, where {PASS_MARK:.2f} is asked for."
    )
    if standing == "dropped":
        return f"{told} That is ten points or more below the quarter before: themes are withheld."
    if standing == "below":
        return f"{told} The whole interval lies below that: themes are withheld."
    if standing == "unsettled":
        return f"{told} Whether it is good enough is not settled: the interval holds the mark."
    return told


def scored(one: Measured) -> str:
    if one.value is None or one.low is None or one.high is None:
        return "not known"
    return f"{one.value:.2f} (95 % interval {one.low:.2f} to {one.high:.2f})"


def caveats(material: Material) -> tuple[str, ...]:
    """What a reader must know to read the figures rightly."""
    found = [
        "Sampled answers and open feedback are never put together: the first stand for residents "
        "with a margin of error, the second for those who chose to write.",
        "The City of London is left out of rates and of the panel: it has few residents.",
        "A borough outside its limits is not better or worse: about one in twenty lies outside "
        "by chance alone.",
        "Theme and tone are read by a machine, which misses sarcasm; counts are of texts.",
        f"Population: {material.population_basis}.",
    ]
    if material.counts_basis:
        found.append(f"Deployments: {material.counts_basis}.")
    if material.kind == "weekly":
        found.append("The index covers four weeks, rates thirteen, so that figures can be shown.")
    return tuple(found)
