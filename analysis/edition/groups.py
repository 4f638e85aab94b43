"""The index and its questions for residents of each age, sex, ethnic group and disability."""

import numpy as np

from analysis import perception, residents
from analysis.edition.respondents import Respondents
from analysis.material import Sampled
from analysis.statistics import estimates
from analysis.statistics.variance import Whole
from survey.samples import Dimension, OfGroup

NAMES: dict[Dimension, tuple[str, ...]] = {
    "age": residents.AGES,
    "sex": residents.SEXES,
    "ethnicity": residents.ETHNICITIES,
    "disability": ("yes", "no"),
}


def of(asked: Respondents) -> tuple[OfGroup, ...]:
    """Each dimension on its own: the index (t interval), then the per cent that agree with each of
    its items (Korn-Graubard). Who did not tell is in none; nothing where nobody answered."""
    if not len(asked.sampled):
        return ()
    return tuple(
        one
        for dimension, domain in domains(asked.sampled).items()
        for one in of_dimension(asked, dimension, domain)
    )


def domains(sampled: Sampled) -> dict[Dimension, Whole]:
    """The category of each entry, -1 where not told; age and sex are known where both were told."""
    both = sampled.kinds["age_sex"]
    return {
        "age": np.where(both >= 0, both % len(residents.AGES), -1),
        "sex": np.where(both >= 0, both // len(residents.AGES), -1),
        "ethnicity": sampled.kinds["ethnicity"],
        "disability": sampled.kinds["disability"],
    }


def of_dimension(asked: Respondents, dimension: Dimension, domain: Whole) -> list[OfGroup]:
    names = NAMES[dimension]
    index = estimates.to_estimates(
        asked.index(domain, len(names)), names, stream="sampled", method=perception.METHOD
    )
    measured = {"index": index} | {
        item: asked.agreeing(item, names, domain) for item in asked.sampled.index
    }
    return [
        OfGroup(dimension=dimension, category=name, measure=measure, estimate=one)
        for measure, found in measured.items()
        for name, one in zip(names, found, strict=True)
        if one.n
    ]
