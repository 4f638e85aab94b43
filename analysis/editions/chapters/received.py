"""Complaints that mention a Taser, compared with the median week of the last thirteen."""

from typing import Any

import numpy as np

from analysis.editions.inputs import WEEK, EditionInputs
from analysis.statistics import rates
from survey.editions.chapters.deployments import AllegationComplaints

ALLEGATION = "use_of_force_taser"
WEEKS = 13


def chapter_fields(material: EditionInputs) -> dict[str, Any]:
    return {"about_taser": taser_complaints(material)}


def taser_complaints(material: EditionInputs) -> AllegationComplaints | None:
    """None if no complaint of any kind was received, since then none were being collected."""
    if not len(material.complaints):
        return None
    found = material.about_taser
    count = int(found.persons[material.window(found.day)].sum())
    return AllegationComplaints(
        allegation=ALLEGATION,
        rate=rates.rate(material.city, count, population=float(material.residents.sum())),
        median=median_weekly_count(material),
    )


def median_weekly_count(material: EditionInputs) -> float | None:
    """The median of the 13 weeks to the period's end; None if the data covers fewer."""
    last = material.day_of(material.end)
    if last + 1 < WEEKS * WEEK:
        return None
    found = material.about_taser
    ago = (last - found.day) // WEEK
    inside = (ago >= 0) & (ago < WEEKS)
    weeks = np.bincount(ago[inside], found.persons[inside], minlength=WEEKS)
    return float(np.median(weeks))
