"""Complaints that mention a Taser, beside the median week of the last thirteen."""

from typing import Any

import numpy as np

from analysis.material import WEEK, Material
from analysis.statistics import rates
from survey.weeks import About

ALLEGATION = "use_of_force_taser"
WEEKS = 13


def parts(material: Material) -> dict[str, Any]:
    return {"about_taser": about_taser(material)}


def about_taser(material: Material) -> About | None:
    """None where no complaint of any kind was received: then nobody was listening."""
    if not len(material.complaints):
        return None
    found = material.about_taser
    count = int(found.persons[material.window(found.day)].sum())
    return About(
        allegation=ALLEGATION,
        rate=rates.rate(material.city, count, population=float(material.residents.sum())),
        median=median_week(material),
    )


def median_week(material: Material) -> float | None:
    """The median of the 13 weeks to the period's end; None where so many were not seen."""
    last = material.day_of(material.end)
    if last + 1 < WEEKS * WEEK:
        return None
    found = material.about_taser
    ago = (last - found.day) // WEEK
    inside = (ago >= 0) & (ago < WEEKS)
    weeks = np.bincount(ago[inside], found.persons[inside], minlength=WEEKS)
    return float(np.median(weeks))
