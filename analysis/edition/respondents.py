"""The answers of the edition's window, weighed once for every chapter."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import msgspec
import numpy as np

from analysis import perception
from analysis.edition import reliability
from analysis.material import Material, Sampled
from analysis.statistics import estimates, proportions, weights
from analysis.statistics.estimates import Means, Projection
from analysis.statistics.streams import Sample
from analysis.statistics.variance import Flags, Floats, Whole
from analysis.statistics.weights import Kish, Raked
from survey.problems import Invalid
from survey.reports import Estimate
from survey.samples import Reliable


@dataclass(frozen=True, eq=False, kw_only=True)
class Respondents:
    """`raked` is None where design weights had to do, `refused` where the answers do not fit the
    margins; `became` the cell that each cell of a margin was joined to; `reliable` None with fewer
    than three complete answers."""

    sampled: Sampled
    areas: int
    sample: Sample
    projection: Projection | None
    raked: Raked | None
    refused: bool
    became: dict[str, tuple[int, ...]]
    reliable: Reliable | None

    @cached_property
    def kish(self) -> Kish:
        return weights.kish(self.sample.design.weight, self.sampled.persons.astype(np.float64))

    @property
    def silent(self) -> bool:
        """No figure may be told: the answers do not fit the margins, or their weights are red."""
        return self.refused or self.kish.flag == "red"

    @property
    def apart(self) -> bool:
        """The items of the index do not go together: none may be told of any window."""
        return self.reliable is not None and not self.reliable.publishable

    def means(
        self, total: Whole | Floats, count: Whole, domain: Whole | None = None, domains: int = 1
    ) -> Means:
        """The mean of each domain from the entries' sums; unknown where nothing may be told."""
        found = estimates.means_of_sums(
            np.asarray(total, dtype=np.float64),
            count.astype(np.float64),
            sample=self.sample,
            domain=domain,
            domains=domains,
            projection=self.projection,
        )
        return perception.unknown(found) if self.silent else found

    def index(self, domain: Whole | None = None, domains: int = 1) -> Means:
        """The perception index of each domain; unknown where none may be told."""
        found = self.means(self.sampled.score, self.sampled.scored, domain, domains)
        return perception.unknown(found) if self.apart else found

    @cached_property
    def city(self) -> Means:
        """The index of the city, one domain."""
        return self.index()

    @cached_property
    def boroughs(self) -> Means:
        """The index of each borough."""
        return self.index(self.sampled.area, self.areas)

    def agreeing(
        self, item: str, names: Sequence[str], domain: Whole | None = None
    ) -> list[Estimate]:
        """Per cent of each domain that agree with an item, with Korn-Graubard limits."""
        at = self.sampled.items.index(item)
        given = self.sampled.agree[:, at], self.sampled.answered[:, at]
        found = self.means(*given, domain, len(names))
        return [percent(one) for one in proportions.proportions(found, names)]


def of(material: Material, window: Flags) -> Respondents:
    """Who answered in the window."""
    sampled = material.sampled.only(window)
    try:
        sample, projection, raked = perception.weighed(sampled, material.targets)
        refused = False
    except Invalid:
        sample, projection, raked, refused = perception.by_design(sampled), None, None, True
    return Respondents(
        sampled=sampled,
        areas=len(material.boroughs),
        sample=sample,
        projection=projection,
        raked=raked,
        refused=refused,
        became=perception.joined(sampled, material.targets)[2],
        reliable=reliability.of(material),
    )


def percent(found: Estimate) -> Estimate:
    """0 to 1 as 0 to 100; the NCHS rule stands in its status, for disclosure control to follow."""
    scaled = {
        name: None if (one := getattr(found, name)) is None else 100 * one
        for name in ("value", "standard_error", "low", "high")
    }
    return msgspec.structs.replace(found, **scaled)
