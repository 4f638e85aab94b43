"""Pictures of an edition: Altair makes the specification, vl-convert the SVG.

Every picture is drawn from what the edition holds, so it shows what its table shows.
"""

from collections.abc import Iterator

from api.charts.areas import by_area
from api.charts.bars import tactic_bars, theme_bars
from api.charts.series import index_series
from survey.editions import Edition

PHONE, PAPER = 400, 660


def drawn(edition: Edition, width: int = PHONE) -> dict[str, str]:
    """The SVG of each chart that this edition has figures for, by the chart's name."""
    return dict(charts(edition, width))


def charts(edition: Edition, width: int) -> Iterator[tuple[str, str]]:
    if any(point.estimate.value is not None for point in edition.index_series):
        yield "index-series", index_series(edition.index_series, edition.marks, width)
    if any(one.value is not None for one in edition.index):
        named = tuple((tile.area, tile.name) for tile in edition.tiles)
        yield "index-by-area", by_area(edition.index, named, edition.city, PHONE)
    if edition.tactics:
        yield "tactics", tactic_bars(edition.tactics, PHONE)
    for stream in dict.fromkeys(one.stream for one in edition.themes):
        shown = [
            one
            for one in edition.themes
            if (one.stream, one.domain) == (stream, edition.city) and one.texts is not None
        ]
        rows = tuple(sorted(shown, key=lambda one: (-(one.texts or 0), one.name)))
        if rows:
            yield f"themes-{stream}", theme_bars(rows, stream, PHONE)
