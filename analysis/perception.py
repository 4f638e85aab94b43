"""Perception of the police, set beside deployments area by area and period by period."""

import datetime
from dataclasses import replace

import numpy as np

from analysis import disclosure
from analysis.material import WEEK, Material, Sampled, is_use
from analysis.statistics import association, estimates, index, weights
from analysis.statistics.estimates import Means, Projection
from analysis.statistics.panel import Panel
from analysis.statistics.streams import Design, Sample
from analysis.statistics.variance import Flags, Floats, Whole
from survey.problems import Invalid
from survey.reports import Association, Estimate

METHOD = "Taylor, raked to census margins, t interval"


def scores(material: Material) -> Floats:
    """The perception index of each sampled respondent, NaN with too few answers."""
    return index.score(material.sampled.answers, reverse=material.reverse, fewest=material.fewest)


def weighed(
    sampled: Sampled, targets: dict[str, Floats], rows: Flags
) -> tuple[Sample, Projection | None]:
    """The respondents of a window as a sample raked to the residents, thin cells joined first.

    A window too small to rake keeps its design weights.
    """
    design_weight = sampled.weight[rows]
    cells, aims = {}, {}
    for name, target in targets.items():
        names = [str(i) for i in range(len(target))]
        joined = weights.collapse(sampled.cells[name][rows], target, names)
        if len(joined.target) > 1:
            cells[name], aims[name] = joined.cell, joined.target
    weight, projection = design_weight, None
    if aims:
        weight = weights.rake(design_weight, cells, aims).weight
        projection = Projection(cells=cells, design_weight=design_weight)
    design = Design(weight=weight, stratum=sampled.stratum[rows], psu=sampled.psu[rows])
    return Sample(modes=sampled.modes[rows], design=design), projection


def index_of(material: Material, rows: Flags) -> tuple[Means, Means]:
    """The index of the city (one domain) and of each borough, over a window.

    Answers that cannot be weighed to the margins give no estimate, only their number.
    """
    score, area = scores(material)[rows], material.sampled.area[rows]
    try:
        sample, projection = weighed(material.sampled, material.targets, rows)
    except Invalid:
        city, boroughs = both(material, score, area, sample=by_design(material.sampled, rows))
        return unknown(city), unknown(boroughs)
    return both(material, score, area, sample=sample, projection=projection)


def both(
    material: Material,
    score: Floats,
    area: Whole,
    *,
    sample: Sample,
    projection: Projection | None = None,
) -> tuple[Means, Means]:
    boroughs = len(material.boroughs)
    return (
        estimates.means(score, sample, projection=projection),
        estimates.means(score, sample, domain=area, domains=boroughs, projection=projection),
    )


def unknown(found: Means) -> Means:
    return replace(found, value=np.full_like(found.value, np.nan))


def by_design(sampled: Sampled, rows: Flags) -> Sample:
    """The respondents of a window under their design weights."""
    design = Design(
        weight=sampled.weight[rows], stratum=sampled.stratum[rows], psu=sampled.psu[rows]
    )
    return Sample(modes=sampled.modes[rows], design=design)


def series(material: Material) -> list[tuple[datetime.date, Estimate]]:
    """The city's index week by week; a week without answers is left out."""
    found = []
    for week in range(material.weeks):
        rows = material.sampled.day // WEEK == week
        if rows.any():
            city, _ = index_of(material, rows)
            start = material.first + datetime.timedelta(days=WEEK * week)
            found += [
                (start, one)
                for one in estimates.to_estimates(
                    city, [material.city], stream="sampled", method=METHOD
                )
            ]
    return found


def panel(material: Material) -> Association:
    """Index beside deployments per 10,000 in the week before, boroughs x weeks.

    Direct weekly estimates under design weights; areas where residents are the wrong base are
    left out.
    """
    areas, weeks = len(material.boroughs), material.weeks
    sampled, inside = material.sampled, material.sampled.day < weeks * WEEK
    sample = by_design(sampled, inside)
    domain = sampled.area[inside] * weeks + sampled.day[inside] // WEEK
    found = estimates.means(scores(material)[inside], sample, domain=domain, domains=areas * weeks)
    keep = [i for i, area in enumerate(material.boroughs) if area.per_resident]
    return association.associate(
        Panel(
            outcome=found.value.reshape(areas, weeks)[keep],
            deployments=weekly_deployments(material)[keep],
            population=material.residents[keep, None],
            weight=found.n_eff.reshape(areas, weeks)[keep],
        ),
        wording=association.Wording(count=disclosure.told),
    )


def weekly_deployments(material: Material) -> Floats:
    """Deployments by borough and week; 0 in a week that was reported, NaN in one that was not."""
    table = np.full((len(material.boroughs), material.weeks), np.nan)
    number = {code: i for i, code in enumerate(material.codes)}
    for count in material.counts:
        week, rest = divmod(material.day_of(count.start), WEEK)
        whole = (count.end - count.start).days == WEEK - 1 and rest == 0
        if whole and 0 <= week < material.weeks:
            table[:, week] = np.nan_to_num(table[:, week])
            if count.area in number and is_use(count):
                table[number[count.area], week] += count.count
    return table
