"""How much of the expected data had arrived when the edition was made."""

import datetime
from typing import Any

import numpy as np

from analysis.editions import spans
from analysis.editions.inputs import EditionInputs, is_use
from analysis.editions.respondents import Respondents
from survey.editions.chapters.deployments import Completeness

WEEK = datetime.timedelta(days=7)


def chapter_fields(
    material: EditionInputs, *, asked: Respondents, since: datetime.date
) -> dict[str, Any]:
    """`asked` are the respondents of the index window; `since` the first day of the rates."""
    whole = whole_weeks(since, material.end)
    return {
        "completeness": Completeness(
            areas=len(np.unique(asked.sampled.area[asked.sampled.persons > 0])),
            of_areas=len(material.boroughs),
            weeks=len(whole) - len(unreported_weeks(material, since)),
            of_weeks=len(whole),
            late=late_uses(material),
        )
    }


def whole_weeks(start: datetime.date, end: datetime.date) -> list[datetime.date]:
    """The Mondays of the whole weeks within start to end."""
    monday = start + datetime.timedelta(days=-start.weekday() % 7)
    count = max(0, (end + spans.DAY - monday) // WEEK)
    return [monday + n * WEEK for n in range(count)]


def unreported_weeks(material: EditionInputs, since: datetime.date) -> list[datetime.date]:
    """The Mondays of weeks of which at least one day is in no span counted in the rates."""
    days = {
        start + n * spans.DAY
        for start, end in spans.uses_by_span(
            spans.counts_within(material.counts, since, material.end)
        )
        for n in range((end - start).days + 1)
    }
    return [
        monday
        for monday in whole_weeks(since, material.end)
        if not all(monday + n * spans.DAY in days for n in range(7))
    ]


def late_uses(material: EditionInputs) -> int | None:
    """Earlier uses reported only since the previous edition; None without an edition before."""
    if material.last is None and not material.restated:
        return None
    measures = {one.measure for one in material.counts}
    rises = [
        (one.now or 0) - (one.was or 0)
        for one in material.restated
        if one.source == material.counts_source
        and one.measure in measures
        and one.end < material.start
        and one.tactic in counted_forms(material)
        and one.group == "all"
    ]
    return sum(rise for rise in rises if rise > 0)


def counted_forms(material: EditionInputs) -> set[str]:
    return {one.tactic for one in material.counts if is_use(one)}
