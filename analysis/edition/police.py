"""The chapters on what officers did and what was complained of, and how whole the figures are."""

import datetime
from typing import Any

from analysis.edition import (
    about_taser,
    complained,
    completeness,
    disparities,
    persons,
    quality,
    this_period,
)
from analysis.material import Material
from analysis.statistics.estimates import Means
from analysis.statistics.variance import Flags


def parts(
    material: Material, city: Means, *, asked: Flags, texts: Flags, since: datetime.date
) -> dict[str, Any]:
    """`city` the index, `asked` and `texts` the sampled answers and texts of their windows,
    `since` the first day of the rates."""
    return {
        **this_period.parts(material),
        **about_taser.parts(material),
        **persons.parts(material),
        **disparities.parts(material),
        **complained.parts(material),
        **completeness.parts(material, asked=asked, since=since),
        **quality.parts(material, city, texts=texts, since=since),
    }
