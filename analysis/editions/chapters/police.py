"""The chapters on what officers did, on complaints, and on how complete the data is."""

import datetime
from typing import Any

from analysis.editions.chapters import (
    complained,
    completeness,
    deployments,
    disparities,
    persons,
    quality,
    received,
)
from analysis.editions.inputs import EditionInputs
from analysis.editions.respondents import Respondents
from analysis.statistics.variance import Flags


def chapter_fields(
    material: EditionInputs, asked: Respondents, *, texts: Flags, since: datetime.date
) -> dict[str, Any]:
    """`texts` marks the texts of the theme window, `since` is the first day of the rates."""
    return {
        **deployments.chapter_fields(material),
        **received.chapter_fields(material),
        **persons.chapter_fields(material),
        **disparities.chapter_fields(material),
        **complained.chapter_fields(material),
        **completeness.chapter_fields(material, asked=asked, since=since),
        **quality.chapter_fields(material, asked, texts=texts, since=since),
    }
