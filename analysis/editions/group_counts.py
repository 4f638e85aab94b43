"""A year of counts by group of people, and the benchmarks of the same days."""

import datetime
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import msgspec

from analysis.editions.inputs import EditionInputs
from survey.deployments import spans
from survey.deployments.counts import DeploymentCount
from survey.editions.chapters.disparities import EthnicityDefinition
from survey.editions.counted_days import LEAST_COUNTED
from survey.sentences import N_


class DisparityGrouping(NamedTuple):
    """A dimension of the published counts, who stated it, and what it is compared with.

    `name` is never the dimension's key: a translated edition must not change its keys.
    """

    dimension: str
    code: EthnicityDefinition
    kind: str
    reference: str
    name: str


GROUPINGS = (
    DisparityGrouping(
        "ethnicity_officer",
        "officer-defined",
        "ethnicity",
        "white",
        N_("ethnicity as officers saw it"),
    ),
    DisparityGrouping(
        "ethnicity_self", "self-defined", "ethnicity", "white", N_("ethnicity as people said it")
    ),
    DisparityGrouping("age", "officer-defined", "age", "35-49", N_("age as officers saw it")),
    DisparityGrouping("sex", "officer-defined", "sex", "female", N_("sex as officers saw it")),
)


class YearOfCounts(msgspec.Struct, frozen=True):
    """The counts published over a year for one dimension, on the same days as its benchmarks.

    `in_proportion` where searches cover a few days more and are counted for the days of the uses.
    """

    grouping: DisparityGrouping
    what: Literal["device", "force"]
    counts: list[DeploymentCount]
    benchmarks: dict[str, Mapping[str, float]]
    in_proportion: bool = False

    @property
    def events(self) -> Counter[str]:
        return counts_by_category(self.counts)


def year_of_counts(inputs: EditionInputs, grouping: DisparityGrouping) -> YearOfCounts | None:
    """The year's counts of a dimension; None where none were published."""
    start, end = inputs.end - spans.YEAR + spans.DAY, inputs.end
    rows = spans.counts_within(borough_counts(inputs, inputs.groups), start, end)
    device = spans.device_uses(rows, grouping.dimension)
    # Some publishers give groups for force of any kind only; a caveat then says so.
    counts = device or spans.force_uses(rows, grouping.dimension)
    if not any(one.count for one in counts):
        return None
    counts, stops, share = uses_and_stops(inputs, grouping, counts)
    return YearOfCounts(
        grouping,
        "device" if device else "force",
        counts,
        {
            "residents": inputs.kinds.get(grouping.kind, {}),
            "stops": {group: n * share for group, n in counts_by_category(stops).items()},
        },
        in_proportion=share != 1,
    )


def uses_and_stops(
    inputs: EditionInputs, grouping: DisparityGrouping, uses: list[DeploymentCount]
) -> tuple[list[DeploymentCount], list[DeploymentCount], float]:
    """Uses and stops and searches of the same days, and the share of the stops to count.

    A week of uses is kept if stops are known for all its days, a month of stops if uses are kept of
    any; the share is that of the days. All uses and no stops if that leaves too few of the uses.
    """
    found = [
        one
        for one in borough_counts(inputs, inputs.searches)
        if spans.count_dimension(one) == grouping.dimension
    ]
    known = days_of(found)
    kept = {span for span in spans.uses_by_span(uses) if known.issuperset(spans.each_day([span]))}
    same = [one for one in uses if (one.start, one.end) in kept]
    used = days_of(same)
    # Stops on a few of these days are no benchmark for the uses on all of them.
    if not used or len(used) < LEAST_COUNTED * len(days_of(uses)):
        return uses, [], 1.0
    stops = [one for one in found if not used.isdisjoint(spans.each_day([(one.start, one.end)]))]
    return same, stops, len(used) / len(days_of(stops))


def days_of(counts: Sequence[DeploymentCount]) -> set[datetime.date]:
    return set(spans.each_day((one.start, one.end) for one in counts))


def first_and_last_day(counts: Sequence[DeploymentCount]) -> spans.Span:
    return min(one.start for one in counts), max(one.end for one in counts)


def borough_counts(
    inputs: EditionInputs, counts: Sequence[DeploymentCount]
) -> list[DeploymentCount]:
    """The counts of the boroughs, where residents are known; else of the forces."""
    codes = set(inputs.codes)
    return [one for one in counts if one.area in codes] or list(counts)


def counts_by_category(counts: Sequence[DeploymentCount]) -> Counter[str]:
    found: Counter[str] = Counter()
    for one in counts:
        found[spans.count_category(one)] += one.count
    return found


def usable_benchmarks(one: YearOfCounts) -> dict[str, dict[str, float]]:
    """The benchmarks by which the reference and another group of residents can be rated."""
    residents, found = one.benchmarks["residents"], {}
    for name, people in one.benchmarks.items():
        lived = {group: n for group in residents if (n := people.get(group, 0)) > 0}
        if one.grouping.reference in lived and len(lived) > 1:
            found[name] = lived
    return found


def counted_window(one: YearOfCounts) -> tuple[datetime.date, datetime.date, int]:
    return *first_and_last_day(one.counts), len(days_of(one.counts))
