"""Perception: the answers of a window, weighted once for every chapter, and their index."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property

import msgspec
import numpy as np

from analysis.editions.inputs import WEEK, EditionInputs, SampledAnswers, is_use
from analysis.statistics import association
from analysis.statistics.panel import Panel
from analysis.statistics.sampling import estimates, index, proportions, samples
from analysis.statistics.sampling.estimates import Means, finite_or_none
from analysis.statistics.sampling.index import ItemSums
from analysis.statistics.sampling.samples import Design, Kish, RakedWeights, Sample
from analysis.statistics.sampling.variance import Flags, Floats, Ints, Projection
from survey.editions.figures import Association, Estimate
from survey.editions.perception import IndexReliability, IndexWeek
from survey.problems import Invalid
from survey.sentences import Sentence

MONTHS_BETWEEN_LOOKS = 12 // association.LOOKS_A_YEAR
INDEX_METHOD = "Taylor, raked to census margins, t interval"
AREA_METHOD = "Taylor, pooled over boroughs, raked to census margins, t interval"
FEWEST = 3
HELD_BACK = Sentence(
    "No perception index is given, because answers to its questions do not agree well enough (we "
    "need a lower limit of α of 0.70 or more, and r 0.3 or more between each question and the "
    "others). The single questions are shown."
)


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
    raked = samples.rake(sampled.weight, kinds, aims, persons=persons)
    projection = Projection(cells=kinds, design_weight=sampled.weight, persons=persons)
    return to_sample(sampled, raked.weight), projection, raked


def joined_margins(
    sampled: SampledAnswers, targets: dict[str, Floats]
) -> tuple[dict[str, Ints], dict[str, Floats], dict[str, tuple[int, ...]]]:
    """The margins of a window after joining thin cells, and which cell each old one became."""
    return samples.collapse_margins(sampled.kinds, targets, persons=sampled.persons)


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


def without_values(means: Means) -> Means:
    return replace(means, value=np.full_like(means.value, np.nan))


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
    city_estimates = estimates.to_estimates(whole, [city], stream="sampled", method=INDEX_METHOD)
    rows = zip(codes, direct.value.tolist(), direct.n_eff.tolist(), strict=True)
    return IndexWeek(
        start=start,
        city=city_estimates[0],
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
        for code, estimate, worth in week.direct if 0 <= at < weeks else ():
            value[number[code], at] = np.nan if estimate is None else estimate
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


def index_reliability(inputs: EditionInputs) -> IndexReliability | None:
    """Reliability of the index over all answers up to the end of the period.

    None with fewer than three people who answered all of its items.
    """
    given = inputs.completed.together(inputs.completed.day <= inputs.day_of(inputs.end))
    if given.n < FEWEST or not inputs.sampled.index:
        return None
    return reliability_figures(given, inputs.sampled.index)


def reliability_figures(given: ItemSums, items: tuple[str, ...]) -> IndexReliability:
    alpha, apart, omega = (
        index.cronbach_alpha(given),
        index.item_rest_correlations(given),
        index.mcdonald_omega(given),
    )
    rest = np.full(len(items), np.nan) if apart is None else apart
    return IndexReliability(
        n=given.n,
        alpha=finite_or_none(alpha.alpha) if alpha else None,
        low=finite_or_none(alpha.low) if alpha else None,
        high=finite_or_none(alpha.high) if alpha else None,
        omega=omega,
        item_rest=tuple(
            (item, finite_or_none(r)) for item, r in zip(items, rest.tolist(), strict=True)
        ),
        publishable=index.is_publishable(given),
    )


def without_unreliable_index(
    inputs: EditionInputs, reliability: IndexReliability | None
) -> EditionInputs:
    """The inputs without the values of an index that may not be published."""
    if reliability is None or reliability.publishable:
        return inputs
    return replace(inputs, index_weeks=[week_without_index(week) for week in inputs.index_weeks])


def week_without_index(week: IndexWeek) -> IndexWeek:
    city = msgspec.structs.replace(week.city, value=None, standard_error=None, low=None, high=None)
    direct = tuple((code, None, worth) for code, _, worth in week.direct)
    return IndexWeek(start=week.start, city=city, direct=direct)


@dataclass(frozen=True, eq=False, kw_only=True)
class Respondents:
    """The people who answered in the window, and how they are weighted.

    `raked` is None where only design weights could be used, `refused` where the answers do not fit
    the margins; `became` the cell that each cell of a margin was joined to; `reliable` None with
    fewer than three complete answers.
    """

    sampled: SampledAnswers
    areas: int
    sample: Sample
    projection: Projection | None
    raked: RakedWeights | None
    refused: bool
    became: dict[str, tuple[int, ...]]
    reliable: IndexReliability | None

    @cached_property
    def kish(self) -> Kish:
        return samples.kish(self.sample.design.weight, self.sampled.persons.astype(np.float64))

    @property
    def silent(self) -> bool:
        """True if no figure may be published: the answers do not fit the margins, or their weights
        are too unequal.
        """
        return self.refused or self.kish.flag == "red"

    @property
    def apart(self) -> bool:
        """True if the items of the index do not measure one thing, so that no index may be
        published.
        """
        return self.reliable is not None and not self.reliable.publishable

    def has_panel(self, inputs: EditionInputs) -> bool:
        """True if there are answers with an index to compare with deployments."""
        return bool(len(inputs.sampled)) and not self.apart

    def means(
        self, total: Ints | Floats, count: Ints, domain: Ints | None = None, domains: int = 1
    ) -> Means:
        """The mean of each domain from the entries' sums; unknown where it may not be published."""
        means = estimates.means_of_sums(
            np.asarray(total, dtype=np.float64),
            count.astype(np.float64),
            sample=self.sample,
            domain=domain,
            domains=domains,
            projection=self.projection,
        )
        return without_values(means) if self.silent else means

    def index(self, domain: Ints | None = None, domains: int = 1) -> Means:
        """The perception index of each domain; unknown where it may not be published."""
        means = self.means(self.sampled.score, self.sampled.scored, domain, domains)
        return without_values(means) if self.apart else means

    @cached_property
    def city(self) -> Means:
        """The index of the city, one domain."""
        return self.index()

    @cached_property
    def by_area(self) -> Means:
        """The index of each borough, with an error that is pooled over all of them."""
        return estimates.with_pooled_errors(self.index(self.sampled.area, self.areas))

    def agreeing(
        self, item: str, names: Sequence[str], domain: Ints | None = None
    ) -> list[Estimate]:
        """Per cent of each domain that agree with an item, with Korn-Graubard limits."""
        at = self.sampled.items.index(item)
        given = self.sampled.agree[:, at], self.sampled.answered[:, at]
        means = self.means(*given, domain, len(names))
        return [to_percent(estimate) for estimate in proportions.proportion_estimates(means, names)]


def window_respondents(inputs: EditionInputs, window: Flags) -> Respondents:
    """The people who answered in the window."""
    sampled = inputs.sampled.only(window)
    try:
        sample, projection, raked = raked_sample(sampled, inputs.targets)
        refused = False
    except Invalid:
        # How many answered is still published; `refused` holds every value back.
        sample, projection, raked, refused = (
            design_weighted_sample(sampled),
            None,
            None,
            True,
        )
    return Respondents(
        sampled=sampled,
        areas=len(inputs.areas),
        sample=sample,
        projection=projection,
        raked=raked,
        refused=refused,
        became=joined_margins(sampled, inputs.targets)[2],
        reliable=index_reliability(inputs),
    )


def to_percent(estimate: Estimate) -> Estimate:
    """The estimate as 0 to 100; its status by the NCHS rule stays, for disclosure control."""
    scaled = {
        name: None if (figure := getattr(estimate, name)) is None else 100 * figure
        for name in ("value", "standard_error", "low", "high")
    }
    return msgspec.structs.replace(estimate, **scaled)
