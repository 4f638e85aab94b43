"""Uses on children, older people and people with a disability, where a publisher gives them."""

from collections.abc import Iterator, Sequence
from typing import Any

from analysis.editions import spans
from analysis.editions.inputs import EditionInputs
from survey.deployments.counts import UNDER_18, DeploymentCount
from survey.editions.chapters.disparities import VulnerableUses

# For each kind its categories, by dimension; the first dimension published is used.
PERSON_KINDS: dict[str, dict[str, frozenset[str]]] = {
    "under_18": {"age": frozenset(one.partition(":")[2] for one in UNDER_18)},
    "over_64": {"age": frozenset({"65+"})},
    "mental": {
        "health": frozenset({"mental", "both"}),
        "impact_mental_health": frozenset({"yes"}),
    },
    "physical": {"health": frozenset({"physical", "both"})},
    "any_disability": {"health": frozenset({"mental", "physical", "both"})},
}


def chapter_fields(material: EditionInputs) -> dict[str, Any]:
    """Empty if the publisher gives none of this for any of the 13 weeks."""
    return {"persons": tuple(persons_by_kind(material))}


def persons_by_kind(material: EditionInputs) -> Iterator[VulnerableUses]:
    begun = material.end + spans.DAY - spans.QUARTER
    for kind, dimensions in PERSON_KINDS.items():
        for dimension, categories in dimensions.items():
            counts = spans.device_uses(material.groups, dimension)
            recent = spans.counts_within(counts, begun, material.end)
            if recent:
                yield VulnerableUses(
                    kind=kind,
                    period=count_in_categories(
                        spans.counts_within(recent, material.start, material.end), categories
                    ),
                    since=min(one.start for one in recent),
                    window=count_in_categories(recent, categories),
                    typical=typical_count(counts, recent, categories),
                )
                break


def count_in_categories(
    counts: Sequence[DeploymentCount], categories: frozenset[str]
) -> int | None:
    """Count of these categories; None if nothing was published."""
    if not counts:
        return None
    return sum(one.count for one in counts if spans.count_category(one) in categories)


def typical_count(
    counts: Sequence[DeploymentCount], recent: Sequence[DeploymentCount], categories: frozenset[str]
) -> float | None:
    """The count of the year before, scaled to as many days; None if that year covers fewer days."""
    begun = min(one.start for one in recent)
    year = spans.counts_within(counts, begun - spans.YEAR, begun - spans.DAY)
    before, now = days_covered(year), days_covered(recent)
    found = count_in_categories(year, categories)
    return None if found is None or before < now else found * now / before


def days_covered(counts: Sequence[DeploymentCount]) -> int:
    return spans.days_covered((one.start, one.end) for one in counts)
