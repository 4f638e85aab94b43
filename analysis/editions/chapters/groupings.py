"""Groups of boroughs that are looked at together, such as basic command units.

A sum of boroughs next to its parts is another equation for whoever wants to work out a part. The
boroughs have passed the gate before, so a group gives way to them: it is shown only where nothing
hidden among its boroughs gets narrow (`DisclosureSession.group_counts`). Months do not overlap;
windows of weekly editions do, and their groups would tell the week of a borough (decision 0042).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from msgspec.structs import replace

from analysis.disclosure import (
    Days,
    PublishedCount,
    Series,
    complaints_window,
    gates,
    uses_window,
)
from analysis.disclosure.gates import treatments
from analysis.disclosure.session import DisclosureSession
from analysis.editions import perception
from analysis.editions.chapter import Chapter, ChapterFields, GateStep
from analysis.editions.workings import Workings, without_rate
from analysis.statistics import rates
from analysis.statistics.sampling import estimates
from survey.editions import Edition
from survey.editions.figures import Estimate, GroupedFigures, Rate
from survey.places import AreaGroup, Grouping


def compute(workings: Workings) -> ChapterFields:
    if workings.inputs.kind != "monthly":
        return {}
    return {
        "grouped": tuple(
            GroupedFigures(
                name=grouping.name,
                groups=grouping.groups,
                index=group_estimates(workings, grouping),
                deployments=tuple(group_rates(workings.deployments, grouping)),
                complaints=tuple(group_rates(workings.complaints, grouping)),
            )
            for grouping in workings.inputs.groupings
        )
    }


def group_estimates(workings: Workings, grouping: Grouping) -> tuple[Estimate, ...]:
    """The perception index of each group, 0 to 100, from the answers of all its boroughs.

    A domain mean with the weights of the edition, as for one borough (`perception.AREA_METHOD`),
    the error pooled over the groups. Empty where nobody was asked.
    """
    asked, codes = workings.asked, workings.inputs.codes
    if not int(asked.city.n[0]):
        return ()
    number = {code: at for at, group in enumerate(grouping.groups) for code in group.areas}
    # Areas of no group are a last domain, which is left out again.
    rest = len(grouping.groups)
    domain = np.array([number.get(code, rest) for code in codes], dtype=np.int64)
    means = asked.index(domain[asked.sampled.area], rest + 1)
    names = [*(group.code for group in grouping.groups), ""]
    return tuple(
        estimates.to_estimates(
            estimates.with_pooled_errors(means),
            names,
            stream="sampled",
            method=perception.AREA_METHOD,
        )[:rest]
    )


def group_rates(own: Sequence[Rate], grouping: Grouping) -> Iterator[Rate]:
    """Events and residents of each group's boroughs together, per 10,000 residents.

    A group has no rate if one of its areas has none.
    """
    by_area = {rate.domain: rate for rate in own}
    for group in grouping.groups:
        parts = [by_area[code] for code in group.areas if code in by_area]
        if len(parts) == len(group.areas):
            whole = rates.rate(
                group.code,
                sum(part.events or 0 for part in parts),
                population=sum(part.population for part in parts),
            )
            rated = all(part.per_10_000 is not None for part in parts)
            yield whole if rated else without_rate(whole)


def gated_groupings(step: GateStep) -> tuple[GroupedFigures, ...]:
    edition = step.computed
    return tuple(
        replace(
            grouped,
            index=gated_index(step, grouped),
            deployments=tuple(map(gates.exact_rate, grouped.deployments))
            if edition.as_published
            else gated_rates(step, grouped, "deployments"),
            complaints=gated_rates(step, grouped, "complaints"),
        )
        for grouped in edition.grouped
    )


def gated_rates(step: GateStep, grouped: GroupedFigures, name: str) -> tuple[Rate, ...]:
    """The rates of groups as they may be published next to those of the boroughs."""
    own: tuple[Rate, ...] = getattr(grouped, name)
    published = list(published_rates(step.gated, name))
    if not own or not published:
        return ()
    whole, *boroughs = published
    by_area = {borough.series[-1]: borough for borough in boroughs}
    areas = {group.code: group.areas for group in grouped.groups}
    # A group of one borough is that borough.
    several = [rate for rate in own if len(areas[rate.domain]) > 1]
    inside = {code for rate in several for code in areas[rate.domain]}
    shown = step.session.group_counts(
        whole,
        {group_series(name, r): [by_area[code] for code in areas[r.domain]] for r in several},
        {group_series(name, r): r.events or 0 for r in several},
        [claim for code, claim in by_area.items() if code not in inside],
    )
    counts = {r.domain: shown[group_series(name, r)] for r in several} | {
        code: by_area[alone[0]].shown
        for code, alone in areas.items()
        if len(alone) == 1 and alone[0] in by_area
    }
    return tuple(gates.gated_rate(rate, counts[rate.domain]) for rate in own)


def published_rates(gated: Edition, name: str) -> Iterator[PublishedCount]:
    """The published counts of the city and of its boroughs."""
    days = WINDOWS[name](gated)
    for rate in getattr(gated, name):
        yield PublishedCount((SERIES[name], rate.domain), days, rate.events)


def group_series(name: str, rate: Rate) -> Series:
    return f"{SERIES[name]} by group", rate.domain


def gated_index(step: GateStep, grouped: GroupedFigures) -> tuple[Estimate, ...]:
    """The index of each group; withheld if it would give away the one borough that is hidden."""
    city = step.gated.index[:1]
    if not city or not grouped.index:
        return ()
    if not gates.has_usable_weights(step.computed.weighting):
        return tuple(map(gates.hidden_estimate, grouped.index))
    shown = gates.protect_lone_part(
        city[0], grouped.index, [*map(gates.gated_estimate, grouped.index)]
    )
    computed = {estimate.domain: estimate for estimate in step.computed.index}
    gated = {estimate.domain: estimate for estimate in step.gated.index}
    for at, group in enumerate(grouped.groups):
        boroughs = [computed[code] for code in group.areas]
        own = [gated[code] for code in group.areas]
        if len(own) == 1:
            shown[at] = replace(own[0], domain=group.code)
        elif gates.protect_lone_part(shown[at], boroughs, [*own]) != own:
            shown[at] = gates.hidden_estimate(grouped.index[at])
    return tuple(shown)


def group_counts(name: str, edition: Edition) -> Iterator[PublishedCount]:
    """The counts of groups that a published edition reveals."""
    days = WINDOWS[name](edition)
    for grouped in edition.grouped:
        for rate in getattr(grouped, name):
            yield PublishedCount(
                group_series(name, rate),
                days,
                rate.events,
                whole=(SERIES[name], edition.city),
            )


def revealed_counts(edition: Edition) -> Iterator[PublishedCount]:
    if not edition.as_published:
        yield from group_counts("deployments", edition)
    yield from group_counts("complaints", edition)


def add_groups(session: DisclosureSession, edition: Edition) -> None:
    """Say which boroughs the groups of an edition made before add up."""
    for grouped in edition.grouped:
        for group in grouped.groups:
            for name in SERIES.values():
                parts = [(name, code) for code in group.areas]
                whole = name, edition.city
                session.add_group((f"{name} by group", group.code), parts, whole)


SERIES = {"deployments": "uses", "complaints": "complaints"}
WINDOWS: Mapping[str, Callable[[Edition], Days]] = {
    "deployments": uses_window,
    "complaints": complaints_window,
}
CHAPTER = Chapter(
    name="groupings",
    compute=compute,
    gates={"grouped": gated_groupings},
    structs={
        GroupedFigures: treatments(plain="name groups", gated="index deployments complaints"),
        AreaGroup: treatments(plain="code name areas"),
    },
    counts={"grouped": revealed_counts},
)
