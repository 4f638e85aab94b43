"""Dots with intervals, one a row, ratios, and areas against limits around the city's figure."""

import math
from collections.abc import Callable, Sequence
from functools import lru_cache, partial

import altair as alt

from api.editions.charts import DotChart, FunnelChart, FunnelSpot, OrderedChart, RatioChart
from api.editions.drawing.svg import (
    BRAND,
    GREY,
    QUIET,
    RIBBON,
    SIZE,
    TEXT,
    WARM,
    ChartRow,
    chart_data,
    name_rows,
    render_svg,
)

EDGES = 14
FREE_LABELS = 175
RATIO_LABELS = 200


AxisMaker = Callable[[str], alt.X]
SHAPES = ["circle", "square", "diamond", "triangle-up"]
SIGNS = {"above": "triangle-up", "high": "triangle-up", "within": "circle"}
BELOW = "triangle-down"
# Sixteen of 250 pixels, which a name needs, as a part of the scale.
LINE_HIGH = 0.065
FUNNEL_SHAPES = ["triangle-up", "circle", BELOW]
LINES = ("low", "high"), ("lowest", "highest")


@lru_cache(maxsize=64)
def dot_chart(name: str, chart: DotChart, width: int) -> str:
    values = [row._asdict() for row in chart.rows]
    shown = [value for value in values if value["value"] is not None]
    rows = name_axis([row.name for row in chart.rows], chart.labels)
    labels = FREE_LABELS if chart.labels is None else chart.labels + EDGES
    base = alt.Chart(chart_data(shown)).mark_point(
        size=52, opacity=1, stroke=BRAND, strokeWidth=1.8
    )
    fill = alt.condition("datum.flagged", alt.value("white"), alt.value(BRAND))
    dots: alt.Chart = name_rows(base).encode(y=rows, x=value_axis("value:Q"), fill=fill)
    line = reference_line(chart.line)
    withheld = withheld_labels(values, rows, chart.withheld)
    # Later layers cover earlier ones, so rings come after lines and dots.
    after = (
        [*line, joining_lines(shown, rows), dots, second_rings(shown, rows), withheld]
        if chart.rings
        else [dots, withheld, *line]
    )
    return render_svg(
        alt.layer(interval_bars(shown, rows, value_axis), *after).properties(
            width=width - labels, height=alt.Step(chart.step)
        ),
        name=name,
        title=chart.title,
        description=chart.description,
        marks="down",
    )


def name_axis(order: Sequence[str], extent: int | None) -> alt.Y:
    """An axis of rows in this order; `extent` is the width of its labels, if fixed."""
    plain = partial(alt.Axis, grid=True, ticks=False, domain=False, labelPadding=6)
    return alt.Y(
        "name:N",
        sort=list(order),
        title=None,
        scale=alt.Scale(domain=list(order)),
        axis=plain()
        if extent is None
        else plain(labelLimit=extent - 8, minExtent=extent, maxExtent=extent),
    )


def interval_bars(values: Sequence[ChartRow], name: alt.Y, along: AxisMaker) -> alt.Chart:
    """The interval of each row, from low to high."""
    whole = [value for value in values if value["low"] is not None]
    bar = alt.Chart(chart_data(whole)).mark_rule(color=RIBBON, strokeWidth=5, strokeCap="round")
    bars: alt.Chart = bar.encode(y=name, x=along("low:Q"), x2="high:Q")
    return bars


def joining_lines(values: Sequence[ChartRow], name: alt.Y) -> alt.Chart:
    """A line from each row's second figure to its dot."""
    lines: alt.Chart = (
        second_figures(values, name).mark_rule(color=WARM, strokeWidth=1.2).encode(x2="value:Q")
    )
    return lines


def second_rings(values: Sequence[ChartRow], name: alt.Y) -> alt.Chart:
    rings: alt.Chart = second_figures(values, name).mark_point(
        size=46, opacity=1, stroke=WARM, fill="white", strokeWidth=1.8
    )
    return rings


def second_figures(values: Sequence[ChartRow], name: alt.Y) -> alt.Chart:
    both = [value for value in values if value["second"] is not None]
    figures: alt.Chart = alt.Chart(chart_data(both)).encode(y=name, x=value_axis("second:Q"))
    return figures


def withheld_labels(values: Sequence[ChartRow], name: alt.Y, label: str) -> alt.Chart:
    words = alt.Chart(chart_data([value for value in values if value["value"] is None])).mark_text(
        text=label, align="left", color=QUIET, fontSize=SIZE
    )
    labels: alt.Chart = name_rows(words).encode(y=name, x=alt.value(4))
    return labels


def reference_line(line: tuple[float, str] | None) -> list[alt.Chart]:
    """A dashed line across all rows, with its label below."""
    if line is None:
        return []
    base = alt.Chart(chart_data([{"value": line[0], "label": line[1]}])).encode(x="value:Q")
    words = base.mark_text(baseline="top", dy=6, fontSize=SIZE, color=QUIET)
    return [
        base.mark_rule(color=QUIET, strokeDash=[4, 3]),
        words.encode(text="label:N", y=alt.value("height")),
    ]


def value_axis(field: str) -> alt.X:
    axis = alt.Axis(orient="top", tickCount=5, title=None)
    return alt.X(field, scale=alt.Scale(zero=False, nice=True), axis=axis)


@lru_cache(maxsize=64)
def ratio_chart(name: str, chart: RatioChart, width: int) -> str:
    """The chart of ratios on a log axis. Ratios by one benchmark are dots, by the next squares;
    each row says which.
    """
    values = [row._asdict() for row in chart.rows]
    # A ratio of 0 has no place on a logarithmic axis.
    shown = [value for value in values if value["value"]]
    ticks = [0.25, 0.5, 1, 2, 4, 8, 16, 32]
    reach = [x for row in chart.rows if row.value for x in (row.low, row.high, row.value) if x]
    # At least .7 to 1.5, so that small differences do not fill the picture.
    ends = [min(*reach, 0.7) / 1.15, max(*reach, 1.5) * 1.15]
    scale = alt.Scale(type="log", base=2, domain=ends, nice=False)
    axis = alt.Axis(orient="top", values=ticks, format="~g", title=None)
    rows = name_axis([row.name for row in chart.rows], RATIO_LABELS)

    def along(field: str) -> alt.X:
        return alt.X(field, scale=scale, axis=axis)

    kinds = alt.Scale(domain=list(dict.fromkeys(row.kind for row in chart.rows)), range=SHAPES)
    shape = alt.Shape("kind:N", scale=kinds, legend=None)
    points = alt.Chart(chart_data(shown)).mark_point(size=56, opacity=1, stroke=BRAND, fill=BRAND)
    one_line = alt.Chart(chart_data([{"value": 1}])).mark_rule(color=QUIET, strokeWidth=1.4)
    return render_svg(
        alt.layer(
            one_line.encode(x=along("value:Q")),
            interval_bars(shown, rows, along),
            name_rows(points).encode(y=rows, x=along("value:Q"), shape=shape),
            withheld_labels(values, rows, chart.withheld),
        ).properties(width=width - RATIO_LABELS - EDGES, height=alt.Step(28)),
        name=name,
        title=chart.title,
        description=chart.description,
        marks="down",
    )


@lru_cache(maxsize=64)
def funnel_chart(name: str, chart: FunnelChart, width: int) -> str:
    """The funnel chart: areas outside the limits have a triangle, a name and a colour, others are
    dots.
    """
    every = [spot.value for spot in chart.spots]
    every += [x for limit in chart.limits for x in (limit.lowest, limit.highest)]
    gap = (max(every) - min(every)) * LINE_HIGH
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
    """The chart of areas in order: each with its own interval, and with the limits at its size as
    marks in its row, which together form lines. Areas outside the limits have a triangle and a
    colour.
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
        .encode(y=rows, x=value_axis(f"{bound}:Q"))
        for bounds, colour in zip(LINES, (QUIET, GREY), strict=True)
        for bound in bounds
    ]
    return render_svg(
        alt.layer(
            interval_bars(values, rows, value_axis),
            *limits,
            coloured_marks(spots, y=rows, x=value_axis("value:Q")),
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
    shapes = alt.Scale(domain=FUNNEL_SHAPES, range=FUNNEL_SHAPES)
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
            layers.append(line.encode(y=limit_axis(bound)))
    target = alt.Chart(chart_data([{"value": chart.target}])).mark_rule(color=QUIET)
    return [*layers, target.encode(y=limit_axis("value"))]


def limit_axis(field: str) -> alt.Y:
    scale = alt.Scale(zero=False, nice=True)
    return alt.Y(f"{field}:Q", title=None, scale=scale, axis=alt.Axis(tickCount=5))


def spot_marks(spots: Sequence[FunnelSpot]) -> list[alt.Chart]:
    by_size = sorted(spots, key=lambda spot: spot.size)
    values = [spot._asdict() | mark_of(spot.place) for spot in by_size]
    marks = alt.Chart(chart_data(values)).mark_point(filled=True, size=46, opacity=1, stroke=TEXT)
    return [coloured_marks(marks, x="size:Q", y=limit_axis("value"))]


def outside_labels(spots: Sequence[FunnelSpot], gap: float) -> list[alt.Chart]:
    """Names on the roomier side of the spots outside the limits, moved apart where they would
    overlap.
    """
    outside = [spot for spot in spots if spot.place != "within"]
    sizes = [spot.size for spot in spots]
    middle = (min(sizes) + max(sizes)) / 2 if sizes else 0
    layers: list[alt.Chart] = []
    # Together, because a name from one side can reach a name from the other.
    placed = [(spot.size > middle, row) for spot, row in spread_labels(outside, gap)]
    for right in (True, False):
        here = [row for side, row in placed if side == right]
        words = alt.Chart(chart_data(here)).mark_text(
            align="right" if right else "left",
            baseline="middle",
            dx=-7 if right else 7,
            fontSize=SIZE - 1,
        )
        layers.append(words.encode(x="size:Q", y=limit_axis("at"), text="name:N"))
    return layers


def spread_labels(here: Sequence[FunnelSpot], gap: float) -> list[tuple[FunnelSpot, ChartRow]]:
    """The spots with the height of each name: its spot's, or a line above the name below it."""
    placed: list[tuple[FunnelSpot, ChartRow]] = []
    least = -math.inf
    for spot in sorted(here, key=lambda spot: spot.value):
        at = max(spot.value, least)
        placed.append((spot, spot._asdict() | {"at": at}))
        least = at + gap
    return placed
