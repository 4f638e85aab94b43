"""Pictures of an edition: Altair makes the specification, vl-convert the SVG.

Every picture is drawn from what the edition holds, so it shows what its table shows.
"""

from collections.abc import Iterator

from api.charts import dots, panels
from api.charts.areas import by_area
from api.charts.bars import tactic_bars, theme_bars
from api.charts.funnels import funnel
from api.charts.series import index_series
from api.charts.uses import uses_by_week
from api.loading import LOADING
from survey.editions import Edition
from survey.reports import by_frequency

PHONE, PAPER = 400, 660

Charts = Iterator[tuple[str, str]]
Named = tuple[tuple[str, str], ...]


def drawn(edition: Edition, width: int = PHONE) -> dict[str, str]:
    """The SVG of each chart that this edition has figures for, by the chart's name."""
    with LOADING:
        return dict(charts(edition, width))


def charts(edition: Edition, width: int) -> Charts:
    named = tuple((tile.area, tile.name) for tile in edition.tiles)
    yield from perceived(edition, named, width)
    yield from recorded(edition, named)
    yield from together(edition)
    yield from written(edition)


def perceived(edition: Edition, named: Named, width: int) -> Charts:
    """The index: over time, by area and by group."""
    city = next((one for one in edition.index if one.domain == edition.city), None)
    if any(point.estimate.value is not None for point in edition.index_series):
        wide = width if edition.kind == "monthly" else PHONE
        yield "index-series", index_series(edition.index_series, edition.marks, wide)
    if edition.kind == "monthly" and any(one.value is not None for one in edition.small_areas):
        yield "small-areas", dots.small_areas(edition.small_areas, named, city, PHONE)
    elif any(one.value is not None for one in edition.index):
        yield "index-by-area", by_area(edition.index, named, edition.city, PHONE)
    for dimension in dict.fromkeys(one.dimension for one in edition.groups):
        mine = tuple(
            one for one in edition.groups if (one.dimension, one.measure) == (dimension, "index")
        )
        if any(one.estimate.value is not None for one in mine):
            yield f"groups-{dimension}", dots.groups(mine, dimension, city, PHONE)


def recorded(edition: Edition, named: Named) -> Charts:
    """What was done, where it lies outside what chance allows, and on whom."""
    if any(n for week in edition.uses_by_week for _, n in week.tactics):
        yield "uses", uses_by_week(edition.uses_by_week, edition.marks, PHONE)
    if edition.tactics:
        yield "tactics", tactic_bars(edition.tactics, PHONE)
    for one in edition.funnels:
        if any(spot.value is not None for spot in one.spots):
            yield f"funnel-{one.measure}", funnel(one, named, PHONE)
    for dimension in dict.fromkeys(one.dimension for one in edition.disparities):
        mine = tuple(one for one in edition.disparities if one.dimension == dimension)
        if any(one.shown.value for one in mine):
            yield f"disparities-{dimension}", dots.ratios(mine, dimension, PHONE)


def together(edition: Edition) -> Charts:
    """Perception and deployments week by week, and what the pilot's start left."""
    if edition.profile and any(one.beta is not None for one in edition.profile.lags):
        yield "lags", panels.lags(edition.profile, PHONE)
    for start in edition.starts:
        if any(one.effect is not None for one in start.bins):
            yield f"bins-{start.design}".replace("_", "-"), panels.bins(start, PHONE)


def written(edition: Edition) -> Charts:
    """How often each theme was spoken of, and in what tone, one stream at a time."""
    for stream in dict.fromkeys(one.stream for one in edition.themes):
        shown = [
            one
            for one in edition.themes
            if (one.stream, one.domain) == (stream, edition.city) and one.texts is not None
        ]
        if shown:
            yield f"themes-{stream}", theme_bars(tuple(by_frequency(shown)), stream, PHONE)
