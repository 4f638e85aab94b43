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
from analysis.edition.respondents import Respondents
from analysis.material import Material
from analysis.statistics.variance import Flags


def parts(
    material: Material, asked: Respondents, *, texts: Flags, since: datetime.date
) -> dict[str, Any]:
    """`texts` are those of the window of themes, `since` is the first day of the rates."""
    return {
        **this_period.parts(material),
        **about_taser.parts(material),
        **persons.parts(material),
        **disparities.parts(material),
        **complained.parts(material),
        **completeness.parts(material, asked=asked, since=since),
        **quality.parts(material, asked, texts=texts, since=since),
    }
