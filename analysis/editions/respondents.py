"""The answers of the edition's window, weighted once for every chapter."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import msgspec
import numpy as np

from analysis.editions import perception, reliability
from analysis.editions.inputs import EditionInputs, SampledAnswers
from analysis.statistics import estimates, proportions, weights
from analysis.statistics.estimates import Means, Projection
from analysis.statistics.streams import Sample
from analysis.statistics.variance import Flags, Floats, Ints
from analysis.statistics.weights import Kish, RakedWeights
from survey.editions.chapters.sample import IndexReliability
from survey.editions.figures import Estimate
from survey.problems import Invalid


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
        """No figure may be published: answers do not fit the margins, or weights are red."""
        return self.refused or self.kish.flag == "red"

    @property
    def apart(self) -> bool:
        """Whether the items of the index do not go together, so that no index may be published."""
        return self.reliable is not None and not self.reliable.publishable

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
    def boroughs(self) -> Means:
        """The index of each borough."""
        return self.index(self.sampled.area, self.areas)

    def agreeing(
        self, item: str, names: Sequence[str], domain: Ints | None = None
    ) -> list[Estimate]:
        """Per cent of each domain that agree with an item, with Korn-Graubard limits."""
        at = self.sampled.items.index(item)
        given = self.sampled.agree[:, at], self.sampled.answered[:, at]
        found = self.means(*given, domain, len(names))
        return [to_percent(one) for one in proportions.proportion_estimates(found, names)]


def window_respondents(material: EditionInputs, window: Flags) -> Respondents:
    """The people who answered in the window."""
    sampled = material.sampled.only(window)
    try:
        sample, projection, raked = perception.raked_sample(sampled, material.targets)
        refused = False
    except Invalid:
        sample, projection, raked, refused = (
            perception.design_weighted_sample(sampled),
            None,
            None,
            True,
        )
    return Respondents(
        sampled=sampled,
        areas=len(material.boroughs),
        sample=sample,
        projection=projection,
        raked=raked,
        refused=refused,
        became=perception.joined_margins(sampled, material.targets)[2],
        reliable=reliability.index_reliability(material),
    )


def to_percent(found: Estimate) -> Estimate:
    """The estimate as 0 to 100; its status by the NCHS rule stays, for disclosure control."""
    scaled = {
        name: None if (one := getattr(found, name)) is None else 100 * one
        for name in ("value", "standard_error", "low", "high")
    }
    return msgspec.structs.replace(found, **scaled)
