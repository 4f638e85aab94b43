"""The chapters on what officers did, on complaints, and on how complete the data is."""

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
from analysis.material import EditionInputs
from analysis.statistics.variance import Flags


def chapter_fields(
    material: EditionInputs, asked: Respondents, *, texts: Flags, since: datetime.date
) -> dict[str, Any]:
    """`texts` marks the texts of the theme window, `since` is the first day of the rates."""
    return {
        **this_period.chapter_fields(material),
        **about_taser.chapter_fields(material),
        **persons.chapter_fields(material),
        **disparities.chapter_fields(material),
        **complained.chapter_fields(material),
        **completeness.chapter_fields(material, asked=asked, since=since),
        **quality.chapter_fields(material, asked, texts=texts, since=since),
    }
