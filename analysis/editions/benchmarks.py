"""The uses of a year by kind of person, and the people and events that they are compared with."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Literal, TypedDict

import msgspec
import numpy as np

from analysis import residents
from analysis.editions.inputs import EditionInputs
from analysis.statistics import disproportionality
from survey import deployments
from survey.deployments import BENCHMARKS, RESIDENTS, BenchmarkCounts, DeploymentCount
from survey.editions.figures import LEAST_COUNTED
from survey.editions.force import DisparityGrouping, EditionRateRatio
from survey.places import Area

STOPS = "stops"
AGE, AGE_ETHNICITY = "age", "age_ethnicity"
# Of the uses, as many need a known age in a band of ours for ratios at equal ages.
LEAST_AGED = 0.8


class AgeCounts(TypedDict, total=False):
    """The fields of `YearOfCounts` about ages."""

    by_age: Mapping[str, int]
    aged: Mapping[tuple[str, str], float]


class YearOfCounts(msgspec.Struct, frozen=True, kw_only=True):
    """The counts published over a year for one dimension, on the same days as its benchmarks.

    `in_proportion` is true where a benchmark's events cover a few more days and are scaled to the
    days of the uses; `by_age` has the uses of these days by the bands of `residents.AGE_BANDS`,
    `aged` the residents by age and by group of the dimension. Both are empty where not known.
    """

    grouping: DisparityGrouping
    what: Literal["device", "force"]
    counts: list[DeploymentCount]
    benchmarks: dict[str, Mapping[str, float]]
    in_proportion: bool = False
    by_age: Mapping[str, int] = {}
    aged: Mapping[tuple[str, str], float] = {}

    @property
    def events(self) -> Counter[str]:
        return deployments.counts_by_category(self.counts)


def year_of_counts(inputs: EditionInputs, grouping: DisparityGrouping) -> YearOfCounts | None:
    """The year's counts of a dimension; None where none were published."""
    start, end = inputs.end - deployments.YEAR + deployments.DAY, inputs.end
    rows = deployments.counts_within(area_counts(inputs.areas, inputs.groups), start, end)
    device = deployments.device_uses(rows, grouping.dimension)
    # Some publishers give groups for force of any kind only; a caveat then says so.
    counts = device or deployments.force_uses(rows, grouping.dimension)
    if not any(count.count for count in counts):
        return None
    held = held_counts(inputs, grouping)
    events = {name: rows for name, rows in held.items() if BENCHMARKS[name].by_day}
    counts, same_days = deployments.uses_and_events(counts, events, least=LEAST_COUNTED)
    benchmarks: dict[str, Mapping[str, float]] = {
        RESIDENTS: inputs.kinds.get(grouping.kind, {}),
        **{
            name: people_by_group(rows, grouping.kind)
            for name, rows in held.items()
            if not BENCHMARKS[name].by_day
        },
        **{
            name: people_by_group(rows, grouping.kind, share)
            for name, (rows, share) in same_days.items()
        },
    }
    return YearOfCounts(
        grouping=grouping,
        what="device" if device else "force",
        counts=counts,
        benchmarks={name: benchmarks[name] for name in BENCHMARKS if name in benchmarks},
        in_proportion=any(share != 1 for _, share in same_days.values()),
        **age_counts(inputs, grouping, rows, counts, force=not device),
    )


def area_counts(areas: Sequence[Area], counts: Sequence[DeploymentCount]) -> list[DeploymentCount]:
    """The counts of the boroughs, where residents are known; else of the forces."""
    codes = {area.code for area in areas}
    return [count for count in counts if count.area in codes] or list(counts)


def held_counts(
    inputs: EditionInputs, grouping: DisparityGrouping
) -> dict[str, list[DeploymentCount]]:
    """The imported counts of each benchmark by this dimension; residents are not among them."""
    held = [BenchmarkCounts(STOPS, "", inputs.searches), *inputs.benchmarks]
    counts: dict[str, list[DeploymentCount]] = {}
    for benchmark in held:
        rows = area_counts(inputs.areas, benchmark.counts)
        # As officers saw or as people said it where the file knows, else as the census asks it.
        for dimension in dict.fromkeys((grouping.dimension, grouping.kind)):
            mine = [it for it in rows if deployments.count_dimension(it) == dimension]
            if mine and benchmark.name != RESIDENTS:
                counts.setdefault(benchmark.name, mine)
    return counts


def people_by_group(
    counts: Sequence[DeploymentCount], kind: str, share: float = 1.0
) -> dict[str, float]:
    """People or events by group, times `share`, with ages put into the bands of uses of force."""
    people: defaultdict[str, float] = defaultdict(float)
    for group, number in deployments.counts_by_category(counts).items():
        if kind != AGE or group == "unknown":
            people[group] += number
            continue
        for band, part in shares_of_bands(group).items():
            people[band] += part * number
    return {group: share * number for group, number in people.items()}


def shares_of_bands(years: str) -> dict[str, float]:
    """The share of an age group in each band of uses of force; a group without years stays
    whole.
    """
    if not years[:1].isdigit():
        return {years: 1.0}
    shares = {band: residents.age_band_overlap(years, band) for band in residents.AGE_BANDS}
    return {band: part for band, part in shares.items() if part}


def age_counts(
    inputs: EditionInputs,
    grouping: DisparityGrouping,
    rows: Sequence[DeploymentCount],
    counts: Sequence[DeploymentCount],
    *,
    force: bool,
) -> AgeCounts:
    """Uses and residents by age; empty unless most uses on the dimension's days have an age."""
    aged = residents_by_age(inputs, grouping)
    days = {(count.start, count.end) for count in counts}
    uses = deployments.force_uses(rows, AGE) if force else deployments.device_uses(rows, AGE)
    mine = [use for use in uses if (use.start, use.end) in days]
    age_totals = deployments.counts_by_category(mine)
    lived = {band for (band, _), people in aged.items() if people}
    known = {band: age_totals[band] if band in lived else 0 for band in residents.AGE_BANDS}
    same_days = {(use.start, use.end) for use in mine} == days
    if (
        not same_days
        or sum(known.values()) < LEAST_AGED * age_totals.total()
        or not any(known.values())
    ):
        return {}
    return {"by_age": known, "aged": aged}


def residents_by_age(
    inputs: EditionInputs, grouping: DisparityGrouping
) -> dict[tuple[str, str], float]:
    """Residents by age band and ethnic group, as imported; empty where they were not."""
    if grouping.kind != "ethnicity":
        return {}
    people: defaultdict[tuple[str, str], float] = defaultdict(float)
    for benchmark in inputs.benchmarks:
        rows = area_counts(inputs.areas, benchmark.counts) if benchmark.name == RESIDENTS else []
        for row in rows:
            if deployments.count_dimension(row) == AGE_ETHNICITY:
                years, group = deployments.count_category(row).split()
                for band, part in shares_of_bands(years).items():
                    people[band, group] += part * row.count
    return dict(people)


def ratios_at_equal_ages(
    counts: YearOfCounts, groups: Sequence[str]
) -> dict[str, EditionRateRatio]:
    """The ratio of each group to the reference at equal ages.

    Empty where ages are not known, or where the reference has no uses.
    """
    named = {group for (_, group), people in counts.aged.items() if people}
    mine = [group for group in groups if group in named]
    events, reference = counts.events, counts.grouping.reference
    if not counts.by_age or reference not in mine or not events[reference]:
        return {}
    ratios = disproportionality.age_adjusted_ratios(
        np.array([events[group] for group in mine]),
        np.array([*counts.by_age.values()]),
        np.array(
            [
                [counts.aged.get((band, group), 0.0) for group in mine]
                for band in residents.AGE_BANDS
            ]
        ),
        reference=mine.index(reference),
    )
    return {
        group: EditionRateRatio(
            float(ratios.value[at]), float(ratios.low[at]), float(ratios.high[at])
        )
        for at, group in enumerate(mine)
        if np.isfinite(ratios.value[at])
    }


def usable_benchmarks(counts: YearOfCounts) -> dict[str, dict[str, float]]:
    """The benchmarks that have people of the reference and of another group of residents."""
    lives, benchmarks = counts.benchmarks[RESIDENTS], {}
    for name, people in counts.benchmarks.items():
        lived = {group: n for group in lives if (n := people.get(group, 0)) > 0}
        if counts.grouping.reference in lived and len(lived) > 1:
            benchmarks[name] = lived
    return benchmarks
