"""On whom force was used: groups against a reference, by residents and by stops, never merged."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import msgspec
import numpy as np

from analysis.edition import spans
from analysis.headlines import long
from analysis.material import Material
from analysis.statistics import disproportionality
from analysis.statistics.estimates import known
from analysis.statistics.rates import PER, RateRatio
from survey.deployments import SEVERITY, Count, Tactic
from survey.disparities import USED, Disparity, Fired, Ratio, WhoSays, called

UNKNOWN = "unknown"
MOST = 0.8
# An angled drive stun is made while the probes of a device that was fired are still in.
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


class Grouping(NamedTuple):
    """A dimension of the published counts, whose word it is, and what it is set against."""

    dimension: str
    code: WhoSays
    kind: str
    reference: str
    name: str


GROUPINGS = (
    Grouping(
        "ethnicity_officer", "officer-defined", "ethnicity", "white", "ethnicity as perceived"
    ),
    Grouping("ethnicity_self", "self-defined", "ethnicity", "white", "ethnicity as said"),
    Grouping("age", "officer-defined", "age", "35-49", "age"),
    Grouping("sex", "officer-defined", "sex", "female", "sex"),
)


class Told(msgspec.Struct, frozen=True):
    """What a year told of one dimension."""

    grouping: Grouping
    what: Literal["device", "force"]
    counts: list[Count]
    benchmarks: dict[str, Mapping[str, float]]

    @property
    def events(self) -> Counter[str]:
        return by_category(self.counts)


def parts(material: Material) -> dict[str, Any]:
    """For a month: the year to its end, since one month's counts by group would be too few."""
    if material.kind != "monthly":
        return {}
    found = [one for grouping in GROUPINGS if (one := year_of(material, grouping))]
    return {
        "disparities": tuple(row for one in found for row in disparities(one)),
        "fired": tuple(row for one in found if one.what == "device" for row in fired(one)),
        "disparity_caveats": tuple(caveats(found)),
    }


def year_of(material: Material, grouping: Grouping) -> Told | None:
    """None where nothing was told of the dimension."""
    start, end = material.end - spans.YEAR + spans.DAY, material.end
    rows = spans.within(local(material, material.groups), start, end)
    device = spans.of_device(rows, grouping.dimension)
    counts = device or spans.of_force(rows, grouping.dimension)
    if not any(one.count for one in counts):
        return None
    return Told(
        grouping,
        "device" if device else "force",
        counts,
        {
            "residents": material.kinds.get(grouping.kind, {}),
            "stops": by_category(stops(material, grouping, counts)),
        },
    )


def stops(material: Material, grouping: Grouping, uses: Sequence[Count]) -> list[Count]:
    """Stops and searches over the same days; none where most of these days lack them."""
    start, end = ends(uses)
    found = [
        one
        for one in spans.within(local(material, material.searches), start, end)
        if spans.dimension(one) == grouping.dimension
    ]
    days, wanted = spans.days(spans.uses(found)), spans.days(spans.uses(uses))
    return found if days >= MOST * wanted else []


def ends(counts: Sequence[Count]) -> spans.Span:
    return min(one.start for one in counts), max(one.end for one in counts)


def local(material: Material, counts: Sequence[Count]) -> list[Count]:
    """Those of the boroughs, where residents live; else of the forces, for want of boroughs."""
    codes = set(material.codes)
    return [one for one in counts if one.area in codes] or list(counts)


def by_category(counts: Sequence[Count]) -> Counter[str]:
    found: Counter[str] = Counter()
    for one in counts:
        found[spans.category(one)] += one.count
    return found


def disparities(one: Told) -> Iterator[Disparity]:
    """Each group by each benchmark that holds people of it and of the reference."""
    grouping, events = one.grouping, one.events
    for benchmark, people in usable(one).items():
        found, _ = disproportionality.disparities(
            {called(grouping.dimension, group): events[group] for group in people},
            {benchmark: {called(grouping.dimension, group): n for group, n in people.items()}},
            reference=called(grouping.dimension, grouping.reference),
            code=grouping.code,
            unknown=events[UNKNOWN],
            what=USED[one.what],
        )
        others = [group for group in people if group != grouping.reference]
        for group, row in zip(others, found, strict=True):
            yield noun(one, group, row, people[group])


def usable(one: Told) -> dict[str, dict[str, float]]:
    """The benchmarks by which the reference and another group of residents can be rated."""
    residents, found = one.benchmarks["residents"], {}
    for name, people in one.benchmarks.items():
        lived = {group: n for group in residents if (n := people.get(group, 0)) > 0}
        if one.grouping.reference in lived and len(lived) > 1:
            found[name] = lived
    return found


def noun(one: Told, group: str, found: disproportionality.Disparity, people: float) -> Disparity:
    events, (since, until) = one.events, ends(one.counts)
    return Disparity(
        dimension=one.grouping.dimension,
        code=one.grouping.code,
        group=group,
        reference=one.grouping.reference,
        benchmark=found.benchmark,
        events=events[group],
        reference_events=events[one.grouping.reference],
        people=people,
        per_10_000=PER * events[group] / people,
        shown=ratio(found.shown),
        exact=ratio(found.exact),
        adjusted=None,
        unknown=events[UNKNOWN] / events.total(),
        tipping=found.tipping,
        sentence=found.sentence,
        what=one.what,
        since=since,
        until=until,
    )


def ratio(found: RateRatio) -> Ratio:
    return Ratio(found.value, found.low, found.high)


def fired(one: Told) -> Iterator[Fired]:
    """Of each group on whom a device was drawn or more, at how many it was fired."""
    split = [count for count in one.counts if count.tactic in SEVERITY]
    drawn, hit = by_category(split), by_category([c for c in split if c.tactic in FIRED])
    reference = one.grouping.reference
    groups = [reference, *sorted(set(drawn) - {reference, UNKNOWN})]
    if not drawn.total() or len(groups) == 1:
        return
    found = disproportionality.fired_given_drawn(
        np.array([hit[group] for group in groups]), np.array([drawn[group] for group in groups])
    )
    since, until = ends(split)
    for i, group in enumerate(groups):
        yield Fired(
            dimension=one.grouping.dimension,
            group=group,
            since=since,
            until=until,
            drawn=drawn[group],
            fired=hit[group],
            share=known(found.share[i]),
            low=known(found.low[i]),
            high=known(found.high[i]),
            p=known(found.p[i]) if i else None,
        )


def caveats(found: Sequence[Told]) -> Iterator[str]:
    """What a reader must know beside the ratios."""
    if not found:
        return
    counts = [count for one in found for count in one.counts]
    since, until = ends(counts)
    yield f"Counted from {long(since)} to {long(until)}: a month alone would hold too few by group."
    if counts[0].measure == "officer_reports":
        yield REPORTS
    if any(one.grouping.kind == "ethnicity" for one in found):
        yield PERCEIVED
    if force := [one for one in found if one.what == "force"]:
        yield FORCE.format(dimensions=listed(force))
    if alone := [one for one in found if len(usable(one)) == 1]:
        yield f"{listed(alone).capitalize()}: {disproportionality.ONE_BENCHMARK}"
    yield NOT_ADJUSTED
    yield CHANCE


def listed(found: Sequence[Told]) -> str:
    return ", ".join(one.grouping.name for one in found)
