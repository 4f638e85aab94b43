"""Perception of the police, set beside deployments area by area and period by period."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from analysis.material import WEEK, Material, Sampled, is_use
from analysis.statistics import association, estimates, weights
from analysis.statistics.estimates import Means, Projection
from analysis.statistics.panel import Panel
from analysis.statistics.streams import Design, Sample
from analysis.statistics.variance import Floats, Whole
from analysis.statistics.weights import Raked
from survey.problems import Invalid
from survey.reports import Association
from survey.weeks import IndexWeek

METHOD = "Taylor, raked to census margins, t interval"


def weighed(
    sampled: Sampled, targets: dict[str, Floats]
) -> tuple[Sample, Projection | None, Raked | None]:
    """The respondents of a window as a sample raked to the residents, thin cells joined first.

    A window too small to rake keeps its design weights. Also how the raking went.
    """
    kinds, aims, _ = joined(sampled, targets)
    if not aims:
        return by_design(sampled), None, None
    persons = sampled.persons.astype(np.float64)
    raked = weights.rake(sampled.weight, kinds, aims, persons=persons)
    projection = Projection(cells=kinds, design_weight=sampled.weight, persons=persons)
    return as_sample(sampled, raked.weight), projection, raked


def joined(
    sampled: Sampled, targets: dict[str, Floats]
) -> tuple[dict[str, Whole], dict[str, Floats], dict[str, tuple[int, ...]]]:
    """The margins without thin cells, and which cell each became; a margin of one cell is none."""
    kinds, aims, became = {}, {}, {}
    for name, target in targets.items():
        names = [str(i) for i in range(len(target))]
        whole = weights.collapse(sampled.kinds[name], target, names, persons=sampled.persons)
        became[name] = whole.became
        if len(whole.target) > 1:
            kinds[name], aims[name] = whole.cell, whole.target
    return kinds, aims, became


def as_sample(sampled: Sampled, weight: Floats) -> Sample:
    design = Design(weight=weight, stratum=sampled.stratum, psu=sampled.psu)
    return Sample(modes=sampled.modes, design=design)


def by_design(sampled: Sampled) -> Sample:
    """The respondents under their design weights."""
    return as_sample(sampled, sampled.weight)


def index_of(sampled: Sampled, targets: dict[str, Floats], areas: int) -> tuple[Means, Means]:
    """The index of the city (one domain) and of each borough.

    Answers that cannot be weighed to the margins give no estimate, only their number.
    """
    try:
        sample, projection, _ = weighed(sampled, targets)
    except Invalid:
        city, boroughs = both(sampled, areas, by_design(sampled))
        return unknown(city), unknown(boroughs)
    return both(sampled, areas, sample, projection)


def both(
    sampled: Sampled, areas: int, sample: Sample, projection: Projection | None = None
) -> tuple[Means, Means]:
    domains: list[tuple[Whole | None, int]] = [(None, 1), (sampled.area, areas)]
    city, boroughs = (
        estimates.means_of_sums(
            sampled.score,
            sampled.scored.astype(np.float64),
            sample=sample,
            domain=domain,
            domains=many,
            projection=projection,
        )
        for domain, many in domains
    )
    return city, boroughs


def unknown(found: Means) -> Means:
    return replace(found, value=np.full_like(found.value, np.nan))


def week_of(
    sampled: Sampled, targets: dict[str, Floats], city: str, codes: Sequence[str], start: date
) -> IndexWeek:
    """One week: the city's raked index, and of each borough the direct one by design weights."""
    whole, _ = index_of(sampled, targets, len(codes))
    _, direct = both(sampled, len(codes), by_design(sampled))
    found = estimates.to_estimates(whole, [city], stream="sampled", method=METHOD)
    rows = zip(codes, direct.value.tolist(), direct.n_eff.tolist(), strict=True)
    return IndexWeek(
        start=start,
        city=found[0],
        direct=tuple((code, estimates.known(value), n_eff) for code, value, n_eff in rows),
    )


def panel_of(material: Material) -> Panel:
    """Boroughs x weeks: direct weekly estimates beside deployments.

    Areas where residents are the wrong base are left out.
    """
    areas, weeks = len(material.boroughs), material.weeks
    value, n_eff = np.full((areas, weeks), np.nan), np.zeros((areas, weeks))
    number = {code: i for i, code in enumerate(material.codes)}
    for week in material.index_weeks:
        at = material.day_of(week.start) // WEEK
        for code, one, worth in week.direct if 0 <= at < weeks else ():
            value[number[code], at] = np.nan if one is None else one
            n_eff[number[code], at] = worth
    keep = [i for i, area in enumerate(material.boroughs) if area.per_resident]
    return Panel(
        outcome=value[keep],
        deployments=weekly_deployments(material)[keep],
        population=material.residents[keep, None],
        weight=n_eff[keep],
    )


def panel(material: Material) -> Association:
    """Index beside deployments per 10,000 in the week before, boroughs x weeks."""
    return association.associate(panel_of(material))


def weekly_deployments(material: Material, among: Collection[str] | None = None) -> Floats:
    """Deployments by borough and week; 0 in a week that was reported, NaN in one that was not.

    `among` takes those of some tactics only.
    """
    number = {code: i for i, code in enumerate(material.codes)}
    table = np.zeros((len(material.boroughs), material.weeks))
    reported = np.zeros(material.weeks, dtype=np.bool_)
    for count in material.counts:
        week, rest = divmod(material.day_of(count.start), WEEK)
        whole = (count.end - count.start).days == WEEK - 1 and rest == 0
        if whole and 0 <= week < material.weeks:
            reported[week] = True
            wanted = among is None or count.tactic in among
            if count.area in number and is_use(count) and wanted:
                table[number[count.area], week] += count.count
    return np.where(reported, table, np.nan)
