"""Areas against limits around the city's figure: by their size, or in order."""

import math
from collections.abc import Sequence
from functools import lru_cache

import altair as alt

from api.editions.charts import FunnelChart, FunnelSpot, OrderedChart
from api.editions.drawing.dots import FREE_LABELS, interval_bars, name_axis, reference_line
from api.editions.drawing.dots import value_axis as along_values
from api.editions.drawing.svg import (
    BRAND,
    GREY,
    QUIET,
    SIZE,
    TEXT,
    WARM,
    ChartRow,
    chart_data,
    name_rows,
    render_svg,
)

SIGNS = {"above": "triangle-up", "high": "triangle-up", "within": "circle"}
BELOW = "triangle-down"
# Sixteen of 250 pixels, which a name needs, as a part of the scale.
LINE_HIGH = 0.065
SHAPES = ["triangle-up", "circle", BELOW]
LINES = ("low", "high"), ("lowest", "highest")


@lru_cache(maxsize=64)
def funnel_chart(name: str, chart: FunnelChart, width: int) -> str:
    """The funnel chart: areas outside the limits have a triangle, a name and a colour, others are
    dots.
    """
    gap = value_reach(chart) * LINE_HIGH
    return render_svg(
        alt.layer(
            *limit_lines(chart), *spot_marks(chart.spots), *outside_labels(chart.spots, gap)
        ).properties(width=width - 60, height=250),
        name=name,
        title=chart.title,
        description=chart.description,
        marks="free",
    )


@lru_cache(maxsize=64)
def ordered_chart(name: str, chart: OrderedChart, width: int) -> str:
    """The chart of areas in order, each on its own interval, with the limits at its size as a mark
    in its row: together they are lines. Areas outside have a triangle and a colour.
    """
    values = [
        {"name": row.name, "value": row.value, "low": row.low, "high": row.high}
        | mark_of(row.place)
        for row in chart.rows
    ]
    rows = name_axis([row.name for row in chart.rows], None)
    spots = alt.Chart(chart_data(values)).mark_point(filled=True, size=46, opacity=1, stroke=TEXT)
    lines = [{"name": row.name} | row.limits._asdict() for row in chart.rows]
    limits = [
        alt.Chart(chart_data(lines))
        .mark_tick(orient="vertical", size=chart.step, thickness=1.4, color=colour, opacity=1)
        .encode(y=rows, x=along_values(f"{bound}:Q"))
        for bounds, colour in zip(LINES, (QUIET, GREY), strict=True)
        for bound in bounds
    ]
    return render_svg(
        alt.layer(
            interval_bars(values, rows, along_values),
            *limits,
            coloured_marks(spots, y=rows, x=along_values("value:Q")),
            *reference_line(chart.line),
        ).properties(width=width - FREE_LABELS, height=alt.Step(chart.step)),
        name=name,
        title=chart.title,
        description=chart.description,
        marks="down",
    )


def mark_of(place: str) -> dict[str, object]:
    return {"sign": SIGNS.get(place, BELOW), "outside": place != "within"}


def coloured_marks(marks: alt.Chart, x: alt.X | str, y: alt.Y) -> alt.Chart:
    """The marks with the sign of their place; those outside the limits in a colour of their own."""
    shapes = alt.Scale(domain=SHAPES, range=SHAPES)
    coloured: alt.Chart = name_rows(marks).encode(
        x=x,
        y=y,
        shape=alt.Shape("sign:N", scale=shapes, legend=None),
        color=alt.condition("datum.outside", alt.value(WARM), alt.value(BRAND)),
    )
    return coloured


def limit_lines(chart: FunnelChart) -> list[alt.Chart]:
    values = [line._asdict() for line in chart.limits]
    axis = alt.Axis(title=chart.people.capitalize(), tickCount=4, format="~s", grid=False)
    x = alt.X("size:Q", axis=axis, scale=alt.Scale(zero=False, nice=False, padding=6))
    base = alt.Chart(chart_data(values)).encode(x=x)
    layers: list[alt.Chart] = []
    for (lower, upper), dash in zip(LINES, ([1, 0], [5, 3]), strict=True):
        for bound in (lower, upper):
            line = base.mark_line(color=GREY if dash == [1, 0] else QUIET, strokeDash=dash)
            layers.append(line.encode(y=value_axis(bound)))
    target = alt.Chart(chart_data([{"value": chart.target}])).mark_rule(color=QUIET)
    return [*layers, target.encode(y=value_axis("value"))]


def value_axis(field: str) -> alt.Y:
    scale = alt.Scale(zero=False, nice=True)
    return alt.Y(f"{field}:Q", title=None, scale=scale, axis=alt.Axis(tickCount=5))


def spot_marks(spots: Sequence[FunnelSpot]) -> list[alt.Chart]:
    by_size = sorted(spots, key=lambda spot: spot.size)
    values = [spot._asdict() | mark_of(spot.place) for spot in by_size]
    marks = alt.Chart(chart_data(values)).mark_point(filled=True, size=46, opacity=1, stroke=TEXT)
    return [coloured_marks(marks, x="size:Q", y=value_axis("value"))]


def outside_labels(spots: Sequence[FunnelSpot], gap: float) -> list[alt.Chart]:
    """Names on the roomier side of the spots outside the limits, moved apart where they would
    overlap.
    """
    outside = [spot for spot in spots if spot.place != "within"]
    sizes = [spot.size for spot in spots]
    middle = (min(sizes) + max(sizes)) / 2 if sizes else 0
    layers: list[alt.Chart] = []
    # Together, because a name from one side can reach a name from the other.
    placed = [(one.size > middle, row) for one, row in spread_labels(outside, gap)]
    for right in (True, False):
        here = [row for side, row in placed if side == right]
        words = alt.Chart(chart_data(here)).mark_text(
            align="right" if right else "left",
            baseline="middle",
            dx=-7 if right else 7,
            fontSize=SIZE - 1,
        )
        layers.append(words.encode(x="size:Q", y=value_axis("at"), text="name:N"))
    return layers


def spread_labels(here: Sequence[FunnelSpot], gap: float) -> list[tuple[FunnelSpot, ChartRow]]:
    """The spots with the height of each name: its own, or a line above the name below."""
    placed: list[tuple[FunnelSpot, ChartRow]] = []
    least = -math.inf
    for spot in sorted(here, key=lambda spot: spot.value):
        at = max(spot.value, least)
        placed.append((spot, spot._asdict() | {"at": at}))
        least = at + gap
    return placed


def value_reach(chart: FunnelChart) -> float:
    """The length of the chart's scale, from the lowest figure or limit to the highest."""
    every = [one.value for one in chart.spots]
    every += [x for one in chart.limits for x in (one.lowest, one.highest)]
    return max(every) - min(every)
