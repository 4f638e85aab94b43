"""The answers of the window, weighted once for every chapter, and whether they give an index."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import msgspec
import numpy as np

from analysis.editions import perception
from analysis.editions.inputs import EditionInputs, SampledAnswers
from analysis.statistics.sampling import estimates, index, proportions, weights
from analysis.statistics.sampling.estimates import Means, Projection, finite_or_none
from analysis.statistics.sampling.index import ItemSums
from analysis.statistics.sampling.streams import Sample
from analysis.statistics.sampling.variance import Flags, Floats, Ints
from analysis.statistics.sampling.weights import Kish, RakedWeights
from survey.editions.chapters.index import IndexWeek
from survey.editions.chapters.sample import IndexReliability
from survey.editions.figures import Estimate
from survey.problems import Invalid
from survey.sentences import Sentence

FEWEST = 3
HELD_BACK = Sentence(
    "No perception index is given, because answers to its questions do not agree well enough (we "
    "need a lower limit of α of 0.70 or more, and r 0.3 or more between each question and the "
    "others). The single questions are shown."
)


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
    inputs: EditionInputs, found: IndexReliability | None
) -> EditionInputs:
    """The inputs without the values of an index that may not be published."""
    if found is None or found.publishable:
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
        return weights.kish(self.sample.design.weight, self.sampled.persons.astype(np.float64))

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
        found = estimates.means_of_sums(
            np.asarray(total, dtype=np.float64),
            count.astype(np.float64),
            sample=self.sample,
            domain=domain,
            domains=domains,
            projection=self.projection,
        )
        return perception.without_values(found) if self.silent else found

    def index(self, domain: Ints | None = None, domains: int = 1) -> Means:
        """The perception index of each domain; unknown where it may not be published."""
        found = self.means(self.sampled.score, self.sampled.scored, domain, domains)
        return perception.without_values(found) if self.apart else found

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
        found = self.means(*given, domain, len(names))
        return [to_percent(one) for one in proportions.proportion_estimates(found, names)]


def window_respondents(inputs: EditionInputs, window: Flags) -> Respondents:
    """The people who answered in the window."""
    sampled = inputs.sampled.only(window)
    try:
        sample, projection, raked = perception.raked_sample(sampled, inputs.targets)
        refused = False
    except Invalid:
        # How many answered is still published; `refused` holds every value back.
        sample, projection, raked, refused = (
            perception.design_weighted_sample(sampled),
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
        became=perception.joined_margins(sampled, inputs.targets)[2],
        reliable=index_reliability(inputs),
    )


def to_percent(found: Estimate) -> Estimate:
    """The estimate as 0 to 100; its status by the NCHS rule stays, for disclosure control."""
    scaled = {
        name: None if (one := getattr(found, name)) is None else 100 * one
        for name in ("value", "standard_error", "low", "high")
    }
    return msgspec.structs.replace(found, **scaled)
