"""Complaints and the deployments of the week before, borough by borough and week by week."""

from typing import Any

import numpy as np

from analysis.editions import perception
from analysis.editions.inputs import WEEK, EditionInputs
from analysis.statistics import counts
from analysis.statistics.association import NOT_CAUSE
from analysis.statistics.panel import FEWEST_AREAS
from analysis.statistics.variance import Floats, Labels
from survey.editions.chapters.panels import ComplaintRatio

FEWEST_WEEKS = 8
FEWEST_COMPLAINTS = 30


def chapter_fields(material: EditionInputs) -> dict[str, Any]:
    return {"complained": complaint_ratio(material)}


def complaint_ratio(material: EditionInputs) -> ComplaintRatio | None:
    """None without published weeks of deployments (months do not count) or without complaints."""
    y, x, area, residents = borough_week_rows(material)
    if not len(y) or not y.sum():
        return None
    areas = len(np.unique(area[y > 0]))
    if why := too_little_reason(y, x, areas, weeks=len(y) // len(np.unique(area))):
        return without_ratio(why, areas)
    try:
        found = counts.area_count_models(y, x, area=area, residents=residents)
    except (ValueError, np.linalg.LinAlgError):
        return without_ratio("The counts are too uneven for a model", areas)
    plain, clustered = found.negative_binomial, found.clustered
    ratio, low, high = plain.rate_ratio(0)
    _, clustered_low, clustered_high = clustered.rate_ratio(0)
    limits = (low, high), (clustered_low, clustered_high)
    return ComplaintRatio(
        ratio=ratio,
        low=low,
        high=high,
        clustered_low=clustered_low,
        clustered_high=clustered_high,
        areas=areas,
        left_out=found.left_out,
        dispersion=plain.phi,
        sentence=ratio_sentence(ratio, *limits),
    )


def borough_week_rows(material: EditionInputs) -> tuple[Floats, Floats, Labels, Floats]:
    """Complaints, deployments per 10,000 in the week before, borough and residents, as arrays.

    One row a borough and week, for boroughs where residents are the right base and weeks whose
    previous week was published.
    """
    keep = [i for i, one in enumerate(material.boroughs) if one.per_resident]
    residents = material.residents
    keep = [i for i in keep if residents[i] > 0]
    weeks = material.weeks
    y = np.zeros((len(material.boroughs), weeks))
    week = material.complaints.day // WEEK
    inside = (week >= 0) & (week < weeks)
    place = material.complaints.area[inside], week[inside]
    np.add.at(y, place, material.complaints.persons[inside])
    used = 1e4 * perception.weekly_deployments(material)[keep] / residents[keep, None]
    y, x = y[keep, 1:], used[:, :-1]
    told = np.isfinite(x)
    area = np.repeat(np.array(material.codes)[keep], y.shape[1]).reshape(y.shape)
    people = np.broadcast_to(residents[keep, None], y.shape)
    return y[told], x[told], area[told], people[told]


def too_little_reason(y: Floats, x: Floats, areas: int, *, weeks: int) -> str:
    """Why no ratio is given; empty if there is enough data."""
    if weeks < FEWEST_WEEKS:
        return f"Deployments were told for {weeks} weeks, fewer than {FEWEST_WEEKS}"
    if y.sum() < FEWEST_COMPLAINTS:
        return "Too few complaints to tell"
    if areas < FEWEST_AREAS:
        return f"Complaints came from fewer than {FEWEST_AREAS} boroughs"
    return "" if np.ptp(x) > 0 else "No deployment was recorded in these weeks"


def without_ratio(why: str, areas: int) -> ComplaintRatio:
    return ComplaintRatio(
        ratio=None,
        low=None,
        high=None,
        clustered_low=None,
        clustered_high=None,
        areas=areas,
        left_out=0,
        dispersion=None,
        sentence=f"{why}: nothing can be said yet of complaints after deployments.",
    )


def ratio_sentence(ratio: float, plain: tuple[float, float], clustered: tuple[float, float]) -> str:
    """A difference is reported only if both models exclude 1, with the wider interval."""
    low, high = max(plain, clustered, key=lambda one: one[1] - one[0])
    interval = f"95 % interval {low:.2f} to {high:.2f}"
    apart = [one for one in (plain, clustered) if one[0] > 1 or one[1] < 1]
    if len(apart) == len((plain, clustered)):
        return (
            f"Boroughs with one more deployment per 10,000 had {ratio:.2f} times as many "
            f"complaints in the following week ({interval}), after borough differences; "
            f"{NOT_CAUSE}."
        )
    return (
        "No clear evidence that complaints go up or down with the deployments of the week before: "
        f"{ratio:.2f} times as many for one more per 10,000 ({interval})."
    )
