"""How much of what should be there had come in when the edition was made."""

import datetime
from typing import Any

import numpy as np

from analysis.edition import spans
from analysis.edition.respondents import Respondents
from analysis.material import Material, is_use
from survey.weeks import Completeness

WEEK = datetime.timedelta(days=7)


def parts(material: Material, *, asked: Respondents, since: datetime.date) -> dict[str, Any]:
    """`asked` those of the index's window; `since` the first day of the rates'."""
    whole = weeks(since, material.end)
    return {
        "completeness": Completeness(
            areas=len(np.unique(asked.sampled.area[asked.sampled.persons > 0])),
            of_areas=len(material.boroughs),
            weeks=len(whole) - len(untold(material, since)),
            of_weeks=len(whole),
            late=late(material),
        )
    }


def weeks(start: datetime.date, end: datetime.date) -> list[datetime.date]:
    """The Mondays of the whole weeks that lie inside start to end."""
    monday = start + datetime.timedelta(days=-start.weekday() % 7)
    count = max(0, (end + spans.DAY - monday) // WEEK)
    return [monday + n * WEEK for n in range(count)]


def untold(material: Material, since: datetime.date) -> list[datetime.date]:
    """The Mondays of the weeks of which a day at least is in no span that counts in the rates."""
    days = {
        start + n * spans.DAY
        for start, end in spans.uses(spans.within(material.counts, since, material.end))
        for n in range((end - start).days + 1)
    }
    return [
        monday
        for monday in weeks(since, material.end)
        if not all(monday + n * spans.DAY in days for n in range(7))
    ]


def late(material: Material) -> int | None:
    """Uses of days before the period told only since the edition before; None without one."""
    if material.last is None and not material.restated:
        return None
    measures = {one.measure for one in material.counts}
    rises = [
        (one.now or 0) - (one.was or 0)
        for one in material.restated
        if one.source == material.counts_source
        and one.measure in measures
        and one.end < material.start
        and one.tactic in forms(material)
        and one.group == "all"
    ]
    return sum(rise for rise in rises if rise > 0)


def forms(material: Material) -> set[str]:
    return {one.tactic for one in material.counts if is_use(one)}
