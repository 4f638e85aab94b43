"""Charts of an edition: Altair makes the specification, vl-convert the SVG.

Every chart is drawn from what the edition holds, so it agrees with its table.
"""

from collections.abc import Iterator

from api.editions.drawing import dots, effects
from api.editions.drawing.areas import area_chart
from api.editions.drawing.bars import tactic_chart, theme_chart
from api.editions.drawing.funnels import funnel_chart
from api.editions.drawing.series import index_chart
from api.editions.drawing.weeks import uses_chart
from api.process.loading import IMPORT_LOCK
from survey.editions.chapters.themes import themes_by_frequency
from survey.editions.edition import Edition

PHONE, PAPER = 400, 660

NamedCharts = Iterator[tuple[str, str]]
AreaNames = tuple[tuple[str, str], ...]


def render_charts(edition: Edition, width: int = PHONE) -> dict[str, str]:
    """The SVG of each chart that this edition has figures for, by the chart's name."""
    with IMPORT_LOCK:
        return dict(all_charts(edition, width))


def all_charts(edition: Edition, width: int) -> NamedCharts:
    named = tuple((tile.area, tile.name) for tile in edition.tiles)
    yield from perception_charts(edition, named, width)
    yield from police_charts(edition, named)
    yield from panel_charts(edition)
    yield from theme_charts(edition)


def perception_charts(edition: Edition, named: AreaNames, width: int) -> NamedCharts:
    """The index: over time, by area and by group."""
    city = next((one for one in edition.index if one.domain == edition.city), None)
    if any(point.estimate.value is not None for point in edition.index_series):
        wide = width if edition.kind == "monthly" else PHONE
        yield "index-series", index_chart(edition.index_series, edition.marks, wide)
    if edition.kind == "monthly" and any(one.value is not None for one in edition.small_areas):
        yield "small-areas", dots.small_area_chart(edition.small_areas, named, city, PHONE)
    elif any(one.value is not None for one in edition.index):
        yield "index-by-area", area_chart(edition.index, named, edition.city, PHONE)
    for dimension in dict.fromkeys(one.dimension for one in edition.groups):
        mine = tuple(
            one for one in edition.groups if (one.dimension, one.measure) == (dimension, "index")
        )
        if any(one.estimate.value is not None for one in mine):
            yield f"groups-{dimension}", dots.group_chart(mine, dimension, city, PHONE)


def police_charts(edition: Edition, named: AreaNames) -> NamedCharts:
    """Deployments, funnels and disparities."""
    if any(n for week in edition.uses_by_week for _, n in week.tactics):
        yield "uses", uses_chart(edition.uses_by_week, edition.marks, PHONE)
    if edition.tactics:
        yield "tactics", tactic_chart(edition.tactics, PHONE)
    for one in edition.funnels:
        if any(spot.value is not None for spot in one.spots):
            yield f"funnel-{one.measure}", funnel_chart(one, named, PHONE)
    for dimension in dict.fromkeys(one.dimension for one in edition.disparities):
        mine = tuple(one for one in edition.disparities if one.dimension == dimension)
        if any(one.shown.value for one in mine):
            yield f"disparities-{dimension}", dots.ratio_chart(mine, dimension, PHONE)


def panel_charts(edition: Edition) -> NamedCharts:
    """Perception and deployments week by week, and the effect of the pilot's start."""
    if edition.profile and any(one.beta is not None for one in edition.profile.lags):
        yield "lags", effects.lag_chart(edition.profile, PHONE)
    for start in edition.starts:
        if any(one.effect is not None for one in start.bins):
            yield f"bins-{start.design}".replace("_", "-"), effects.event_study_chart(start, PHONE)


def theme_charts(edition: Edition) -> NamedCharts:
    """How often each theme was mentioned and in what tone, one chart for each stream."""
    for stream in dict.fromkeys(one.stream for one in edition.themes):
        shown = [
            one
            for one in edition.themes
            if (one.stream, one.domain) == (stream, edition.city) and one.texts is not None
        ]
        if shown:
            yield f"themes-{stream}", theme_chart(tuple(themes_by_frequency(shown)), stream, PHONE)
