"""Uses on children, on older people, and on people with a disability, where a publisher tells."""

from collections.abc import Iterator, Sequence
from typing import Any

from analysis.edition import spans
from analysis.material import Material
from survey.deployments import UNDER_18, Count
from survey.disparities import Persons

# By kind: the categories that are it, by the first of the dimensions that is told.
KINDS: dict[str, dict[str, frozenset[str]]] = {
    "under_18": {"age": frozenset(one.partition(":")[2] for one in UNDER_18)},
    "over_64": {"age": frozenset({"65+"})},
    "mental": {
        "health": frozenset({"mental", "both"}),
        "impact_mental_health": frozenset({"yes"}),
    },
    "physical": {"health": frozenset({"physical", "both"})},
    "any_disability": {"health": frozenset({"mental", "physical", "both"})},
}


def parts(material: Material) -> dict[str, Any]:
    """Empty where the publisher tells none of it for any of the 13 weeks."""
    return {"persons": tuple(persons(material))}


def persons(material: Material) -> Iterator[Persons]:
    begun = material.end + spans.DAY - spans.QUARTER
    for kind, dimensions in KINDS.items():
        for dimension, categories in dimensions.items():
            counts = spans.of_device(material.groups, dimension)
            recent = spans.within(counts, begun, material.end)
            if recent:
                yield Persons(
                    kind=kind,
                    period=number(spans.within(recent, material.start, material.end), categories),
                    since=min(one.start for one in recent),
                    window=number(recent, categories),
                    typical=typical(counts, recent, categories),
                )
                break


def number(counts: Sequence[Count], categories: frozenset[str]) -> int | None:
    """How many were of these categories; None where nothing was told."""
    if not counts:
        return None
    return sum(one.count for one in counts if spans.category(one) in categories)


def typical(
    counts: Sequence[Count], recent: Sequence[Count], categories: frozenset[str]
) -> float | None:
    """What the year before held in as many days; None where fewer days than that were told."""
    begun = min(one.start for one in recent)
    year = spans.within(counts, begun - spans.YEAR, begun - spans.DAY)
    before, now = days(year), days(recent)
    found = number(year, categories)
    return None if found is None or before < now else found * now / before


def days(counts: Sequence[Count]) -> int:
    return spans.days((one.start, one.end) for one in counts)
