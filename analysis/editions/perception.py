"""Perception of the police next to deployments, by area and period."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from analysis.editions.inputs import WEEK, EditionInputs, SampledAnswers, is_use
from analysis.statistics.panel import association
from analysis.statistics.panel.panel import Panel
from analysis.statistics.sampling import estimates, weights
from analysis.statistics.sampling.estimates import Means, Projection
from analysis.statistics.sampling.streams import Design, Sample
from analysis.statistics.sampling.variance import Floats, Ints
from analysis.statistics.sampling.weights import RakedWeights
from survey.editions.chapters.index import IndexWeek
from survey.editions.figures import Association
from survey.problems import Invalid

MONTHS_BETWEEN_LOOKS = 12 // association.LOOKS_A_YEAR
INDEX_METHOD = "Taylor, raked to census margins, t interval"
AREA_METHOD = "Taylor, pooled over boroughs, raked to census margins, t interval"


def raked_sample(
    sampled: SampledAnswers, targets: dict[str, Floats]
) -> tuple[Sample, Projection | None, RakedWeights | None]:
    """The respondents of a window as a sample raked to the residents, after joining thin cells.

    A window too small to rake keeps its design weights. Also returns how the raking went.
    """
    kinds, aims, _ = joined_margins(sampled, targets)
    if not aims:
        return design_weighted_sample(sampled), None, None
    persons = sampled.persons.astype(np.float64)
    raked = weights.rake(sampled.weight, kinds, aims, persons=persons)
    projection = Projection(cells=kinds, design_weight=sampled.weight, persons=persons)
    return to_sample(sampled, raked.weight), projection, raked


def joined_margins(
    sampled: SampledAnswers, targets: dict[str, Floats]
) -> tuple[dict[str, Ints], dict[str, Floats], dict[str, tuple[int, ...]]]:
    """The margins of a window after joining thin cells, and which cell each old one became."""
    return weights.collapse_margins(sampled.kinds, targets, persons=sampled.persons)


def to_sample(sampled: SampledAnswers, weight: Floats) -> Sample:
    design = Design(weight=weight, stratum=sampled.stratum, psu=sampled.psu)
    return Sample(modes=sampled.modes, design=design)


def design_weighted_sample(sampled: SampledAnswers) -> Sample:
    """The respondents under their design weights."""
    return to_sample(sampled, sampled.weight)


def index_by_area(
    sampled: SampledAnswers, targets: dict[str, Floats], areas: int
) -> tuple[Means, Means]:
    """The index of the city (one domain) and of each borough.

    If the answers cannot be weighted to the margins there is no estimate, only their number.
    """
    try:
        sample, projection, _ = raked_sample(sampled, targets)
    except Invalid:
        city, by_area = index_means(sampled, areas, design_weighted_sample(sampled))
        return without_values(city), without_values(by_area)
    return index_means(sampled, areas, sample, projection)


def index_means(
    sampled: SampledAnswers, areas: int, sample: Sample, projection: Projection | None = None
) -> tuple[Means, Means]:
    domains: list[tuple[Ints | None, int]] = [(None, 1), (sampled.area, areas)]
    city, by_area = (
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
    return city, by_area


def without_values(found: Means) -> Means:
    return replace(found, value=np.full_like(found.value, np.nan))


def index_week(
    sampled: SampledAnswers,
    targets: dict[str, Floats],
    city: str,
    codes: Sequence[str],
    start: date,
) -> IndexWeek:
    """One week: the city's raked index, and each borough's direct estimate by design weights."""
    whole, _ = index_by_area(sampled, targets, len(codes))
    _, direct = index_means(sampled, len(codes), design_weighted_sample(sampled))
    found = estimates.to_estimates(whole, [city], stream="sampled", method=INDEX_METHOD)
    rows = zip(codes, direct.value.tolist(), direct.n_eff.tolist(), strict=True)
    return IndexWeek(
        start=start,
        city=found[0],
        direct=tuple((code, estimates.finite_or_none(value), n_eff) for code, value, n_eff in rows),
    )


def weekly_panel(inputs: EditionInputs) -> Panel:
    """Boroughs x weeks: direct weekly estimates and deployments.

    Areas where residents are the wrong base are left out.
    """
    areas, weeks = len(inputs.areas), inputs.weeks
    value, n_eff = np.full((areas, weeks), np.nan), np.zeros((areas, weeks))
    number = {code: i for i, code in enumerate(inputs.codes)}
    for week in inputs.index_weeks:
        at = inputs.day_of(week.start) // WEEK
        for code, one, worth in week.direct if 0 <= at < weeks else ():
            value[number[code], at] = np.nan if one is None else one
            n_eff[number[code], at] = worth
    keep = [i for i, area in enumerate(inputs.areas) if area.per_resident]
    return Panel(
        outcome=value[keep],
        deployments=weekly_deployments(inputs)[keep],
        population=inputs.residents[keep, None],
        weight=n_eff[keep],
    )


def index_association(inputs: EditionInputs) -> Association:
    """Association of the index with deployments per 10,000 in the week before, boroughs x weeks."""
    return association.panel_association(
        weekly_panel(inputs), next_look=next_look(inputs.kind, inputs.end)
    )


def is_look(kind: str, end: date) -> bool:
    """Whether the edition is one of the four a year that give a verdict."""
    return next_look(kind, end) is None


def next_look(kind: str, end: date) -> date | None:
    """The last day of the next planned look; None if the edition itself is one.

    A look is the monthly edition of the last month of a calendar quarter.
    """
    months = -end.month % MONTHS_BETWEEN_LOOKS
    if kind == "monthly" and not months:
        return None
    after = date(end.year + (end.month + months) // 12, (end.month + months) % 12 + 1, 1)
    return after - timedelta(days=1)


def weekly_deployments(inputs: EditionInputs, among: Collection[str] | None = None) -> Floats:
    """Deployments by borough and week: 0 if none were reported, NaN in a week not reported.

    `among` limits the count to some tactics.
    """
    number = {code: i for i, code in enumerate(inputs.codes)}
    table = np.zeros((len(inputs.areas), inputs.weeks))
    if not inputs.is_by_area:
        return np.full_like(table, np.nan)
    reported = np.zeros(inputs.weeks, dtype=np.bool_)
    for count in inputs.counts:
        week, rest = divmod(inputs.day_of(count.start), WEEK)
        # A month is not split: nothing says in which of its weeks the uses were.
        whole = (count.end - count.start).days == WEEK - 1 and rest == 0
        if whole and 0 <= week < inputs.weeks:
            # One count of any area shows that the week was reported, so the other areas had none.
            reported[week] = True
            wanted = among is None or count.tactic in among
            if count.area in number and is_use(count) and wanted:
                table[number[count.area], week] += count.count
    return np.where(reported, table, np.nan)
