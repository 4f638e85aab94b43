"""The index and its questions for residents of each age, sex, ethnic group and disability."""

import numpy as np

from analysis import residents
from analysis.editions import perception
from analysis.editions.inputs import SampledAnswers
from analysis.editions.respondents import Respondents
from analysis.statistics import estimates
from analysis.statistics.variance import Ints
from survey.editions.chapters.sample import GroupDimension, GroupEstimate

CATEGORY_NAMES: dict[GroupDimension, tuple[str, ...]] = {
    "age": residents.AGES,
    "sex": residents.SEXES,
    "ethnicity": residents.ETHNICITIES,
    "disability": ("yes", "no"),
}


def group_estimates(asked: Respondents) -> tuple[GroupEstimate, ...]:
    """Estimates for the groups of each dimension; none where nobody answered.

    First the index (t interval), then the per cent that agree with each of its items
    (Korn-Graubard). People who gave no category are in no group.
    """
    if not len(asked.sampled):
        return ()
    return tuple(
        one
        for dimension, domain in entry_categories(asked.sampled).items()
        for one in dimension_estimates(asked, dimension, domain)
    )


def entry_categories(sampled: SampledAnswers) -> dict[GroupDimension, Ints]:
    """The category of each entry, -1 if not given; age and sex need both to be given."""
    both = sampled.kinds["age_sex"]
    return {
        "age": np.where(both >= 0, both % len(residents.AGES), -1),
        "sex": np.where(both >= 0, both // len(residents.AGES), -1),
        "ethnicity": sampled.kinds["ethnicity"],
        "disability": sampled.kinds["disability"],
    }


def dimension_estimates(
    asked: Respondents, dimension: GroupDimension, domain: Ints
) -> list[GroupEstimate]:
    names = CATEGORY_NAMES[dimension]
    index = estimates.to_estimates(
        asked.index(domain, len(names)), names, stream="sampled", method=perception.INDEX_METHOD
    )
    measured = {"index": index} | {
        item: asked.agreeing(item, names, domain) for item in asked.sampled.index
    }
    return [
        GroupEstimate(dimension=dimension, category=name, measure=measure, estimate=one)
        for measure, found in measured.items()
        for name, one in zip(names, found, strict=True)
        if one.n
    ]
