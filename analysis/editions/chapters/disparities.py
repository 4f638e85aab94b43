"""On whom force was used: groups against a reference, by residents and by stops, never merged."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import msgspec
import numpy as np

from analysis.editions import spans
from analysis.editions.front import long_date
from analysis.editions.inputs import EditionInputs
from analysis.statistics import disproportionality
from analysis.statistics.estimates import finite_or_none
from analysis.statistics.rates import PER, RateRatio
from survey.deployments.counts import SEVERITY, DeploymentCount, Tactic
from survey.editions.chapters.disparities import (
    FORCE_WORDS,
    EditionDisparity,
    EditionRateRatio,
    EthnicityDefinition,
    FiredShare,
    group_label,
)

UNKNOWN = "unknown"
LEAST_COVERAGE = 0.8
# An angled drive stun follows a firing, while the probes are still attached.
FIRED: tuple[Tactic, ...] = ("angled_drive_stunned", "fired")
NOT_ADJUSTED = (
    "The ratios are not adjusted for age: no publisher tells age and another trait together, so "
    "that the ages within a group are not known."
)
PERCEIVED = (
    "Ethnicity as officers perceived it and as people said it are two counts, never put together. "
    "Residents said their own in the census: the two need not agree."
)
REPORTS = (
    "Counts by group are of officers' reports: several officers who used force on one person count "
    "several times, and the intervals, which take each as an event of its own, are too narrow."
)
CHANCE = "About one comparison in twenty lies outside its interval by chance alone."
FORCE = (
    "For {dimensions} the publisher tells how often force of any kind was used, and not how often "
    "a device was."
)


class DisparityGrouping(NamedTuple):
    """A dimension of the published counts, who stated it, and what it is compared with."""

    dimension: str
    code: EthnicityDefinition
    kind: str
    reference: str
    name: str


GROUPINGS = (
    DisparityGrouping(
        "ethnicity_officer", "officer-defined", "ethnicity", "white", "ethnicity as perceived"
    ),
    DisparityGrouping("ethnicity_self", "self-defined", "ethnicity", "white", "ethnicity as said"),
    DisparityGrouping("age", "officer-defined", "age", "35-49", "age"),
    DisparityGrouping("sex", "officer-defined", "sex", "female", "sex"),
)


class YearOfCounts(msgspec.Struct, frozen=True):
    """The counts published over a year for one dimension."""

    grouping: DisparityGrouping
    what: Literal["device", "force"]
    counts: list[DeploymentCount]
    benchmarks: dict[str, Mapping[str, float]]

    @property
    def events(self) -> Counter[str]:
        return counts_by_category(self.counts)


def chapter_fields(material: EditionInputs) -> dict[str, Any]:
    """For a month: the year to its end, since one month's counts by group would be too few."""
    if material.kind != "monthly":
        return {}
    found = [one for grouping in GROUPINGS if (one := year_of_counts(material, grouping))]
    return {
        "disparities": tuple(row for one in found for row in disparity_rows(one)),
        "fired": tuple(row for one in found if one.what == "device" for row in fired_rows(one)),
        "disparity_caveats": tuple(disparity_caveats(found)),
    }


def year_of_counts(material: EditionInputs, grouping: DisparityGrouping) -> YearOfCounts | None:
    """The year's counts of a dimension; None where none were published."""
    start, end = material.end - spans.YEAR + spans.DAY, material.end
    rows = spans.counts_within(borough_counts(material, material.groups), start, end)
    device = spans.device_uses(rows, grouping.dimension)
    counts = device or spans.force_uses(rows, grouping.dimension)
    if not any(one.count for one in counts):
        return None
    return YearOfCounts(
        grouping,
        "device" if device else "force",
        counts,
        {
            "residents": material.kinds.get(grouping.kind, {}),
            "stops": counts_by_category(stops_over_same_days(material, grouping, counts)),
        },
    )


def stops_over_same_days(
    material: EditionInputs, grouping: DisparityGrouping, uses: Sequence[DeploymentCount]
) -> list[DeploymentCount]:
    """Stops and searches over the same days; none if they cover too few of these days."""
    start, end = first_and_last_day(uses)
    found = [
        one
        for one in spans.counts_within(borough_counts(material, material.searches), start, end)
        if spans.count_dimension(one) == grouping.dimension
    ]
    days, wanted = (
        spans.days_covered(spans.uses_by_span(found)),
        spans.days_covered(spans.uses_by_span(uses)),
    )
    return found if days >= LEAST_COVERAGE * wanted else []


def first_and_last_day(counts: Sequence[DeploymentCount]) -> spans.Span:
    return min(one.start for one in counts), max(one.end for one in counts)


def borough_counts(
    material: EditionInputs, counts: Sequence[DeploymentCount]
) -> list[DeploymentCount]:
    """The counts of the boroughs, where residents are known; else of the forces."""
    codes = set(material.codes)
    return [one for one in counts if one.area in codes] or list(counts)


def counts_by_category(counts: Sequence[DeploymentCount]) -> Counter[str]:
    found: Counter[str] = Counter()
    for one in counts:
        found[spans.count_category(one)] += one.count
    return found


def disparity_rows(one: YearOfCounts) -> Iterator[EditionDisparity]:
    """Each group by each benchmark that holds people of it and of the reference."""
    grouping, events = one.grouping, one.events
    for benchmark, people in usable_benchmarks(one).items():
        found, _ = disproportionality.disparity_ratios(
            {group_label(grouping.dimension, group): events[group] for group in people},
            {benchmark: {group_label(grouping.dimension, group): n for group, n in people.items()}},
            reference=group_label(grouping.dimension, grouping.reference),
            code=grouping.code,
            unknown=events[UNKNOWN],
            what=FORCE_WORDS[one.what],
        )
        others = [group for group in people if group != grouping.reference]
        for group, row in zip(others, found, strict=True):
            yield to_disparity(one, group, row, people[group])


def usable_benchmarks(one: YearOfCounts) -> dict[str, dict[str, float]]:
    """The benchmarks by which the reference and another group of residents can be rated."""
    residents, found = one.benchmarks["residents"], {}
    for name, people in one.benchmarks.items():
        lived = {group: n for group in residents if (n := people.get(group, 0)) > 0}
        if one.grouping.reference in lived and len(lived) > 1:
            found[name] = lived
    return found


def to_disparity(
    one: YearOfCounts, group: str, found: disproportionality.DisparityRatio, people: float
) -> EditionDisparity:
    events, (since, until) = one.events, first_and_last_day(one.counts)
    return EditionDisparity(
        dimension=one.grouping.dimension,
        code=one.grouping.code,
        group=group,
        reference=one.grouping.reference,
        benchmark=found.benchmark,
        events=events[group],
        reference_events=events[one.grouping.reference],
        people=people,
        per_10_000=PER * events[group] / people,
        shown=to_ratio(found.shown),
        exact=to_ratio(found.exact),
        adjusted=None,
        unknown=events[UNKNOWN] / events.total(),
        tipping=found.tipping,
        sentence=found.sentence,
        what=one.what,
        since=since,
        until=until,
    )


def to_ratio(found: RateRatio) -> EditionRateRatio:
    return EditionRateRatio(found.value, found.low, found.high)


def fired_rows(one: YearOfCounts) -> Iterator[FiredShare]:
    """For each group on whom a device was drawn or more, on how many it was fired."""
    split = [count for count in one.counts if count.tactic in SEVERITY]
    drawn, hit = (
        counts_by_category(split),
        counts_by_category([c for c in split if c.tactic in FIRED]),
    )
    reference = one.grouping.reference
    groups = [reference, *sorted(set(drawn) - {reference, UNKNOWN})]
    if not drawn.total() or len(groups) == 1:
        return
    found = disproportionality.fired_given_drawn(
        np.array([hit[group] for group in groups]), np.array([drawn[group] for group in groups])
    )
    since, until = first_and_last_day(split)
    for i, group in enumerate(groups):
        yield FiredShare(
            dimension=one.grouping.dimension,
            group=group,
            since=since,
            until=until,
            drawn=drawn[group],
            fired=hit[group],
            share=finite_or_none(found.share[i]),
            low=finite_or_none(found.low[i]),
            high=finite_or_none(found.high[i]),
            p=finite_or_none(found.p[i]) if i else None,
        )


def disparity_caveats(found: Sequence[YearOfCounts]) -> Iterator[str]:
    """What a reader must know to read the ratios."""
    if not found:
        return
    counts = [count for one in found for count in one.counts]
    since, until = first_and_last_day(counts)
    yield (
        f"Counted from {long_date(since)} to {long_date(until)}: a month alone would hold too "
        "few by group."
    )
    if counts[0].measure == "officer_reports":
        yield REPORTS
    if any(one.grouping.kind == "ethnicity" for one in found):
        yield PERCEIVED
    if force := [one for one in found if one.what == "force"]:
        yield FORCE.format(dimensions=grouping_names(force))
    if alone := [one for one in found if len(usable_benchmarks(one)) == 1]:
        yield f"{grouping_names(alone).capitalize()}: {disproportionality.ONE_BENCHMARK}"
    yield NOT_ADJUSTED
    yield CHANCE


def grouping_names(found: Sequence[YearOfCounts]) -> str:
    return ", ".join(one.grouping.name for one in found)
