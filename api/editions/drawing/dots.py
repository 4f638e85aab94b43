"""Dots with intervals, one a row, and ratios."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from math import log
from typing import Literal

import altair as alt

from api.editions.charts import DotChart, RatioChart
from api.editions.drawing.svg import (
    BRAND,
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

AxisMaker = Callable[[str], alt.X]
SHAPES = ["circle", "square", "diamond", "triangle-up"]


@lru_cache(maxsize=64)
def dot_chart(name: str, chart: DotChart, width: int) -> str:
    values = [row._asdict() for row in chart.rows]
    shown = [value for value in values if value["value"] is not None]
    rows = name_axis([row.name for row in chart.rows])
    base = alt.Chart(chart_data(shown)).mark_point(
        size=52, opacity=1, stroke=BRAND, strokeWidth=1.8
    )
    fill = alt.condition("datum.flagged", alt.value("white"), alt.value(BRAND))
    dots: alt.Chart = name_rows(base).encode(y=rows, x=value_axis("value:Q"), fill=fill)
    every = [end for row in chart.rows for end in (row.value, row.low, row.high)]
    line = reference_line(chart.line, every)
    withheld = withheld_labels(values, rows, chart.withheld)
    # Later layers cover earlier ones, so strokes come after lines and dots.
    after = (
        [*line, dots, second_strokes(shown, rows), withheld]
        if chart.strokes
        else [dots, withheld, *line]
    )
    beside = alt.Chart(chart_data(values)).mark_text(align="left", dx=8, color=QUIET)
    words = [beside.encode(y=rows, x=alt.value("width"), text="beside:N")]
    return render_svg(
        alt.layer(
            interval_bars(shown, rows, value_axis),
            *after,
            *(words if any(row.beside for row in chart.rows) else []),
        ).properties(height=alt.Step(chart.step)),
        name=name,
        title=chart.title,
        description=chart.description,
        marks="down",
        width=width,
    )


def name_axis(order: Sequence[str]) -> alt.Y:
    """An axis of rows in this order."""
    return alt.Y(
        "name:N",
        sort=list(order),
        title=None,
        scale=alt.Scale(domain=list(order)),
        axis=alt.Axis(grid=True, ticks=False, domain=False, labelPadding=6),
    )


def interval_bars(
    values: Sequence[ChartRow],
    name: alt.Y,
    along: AxisMaker,
    ends: tuple[str, str] = ("low", "high"),
    colour: str = RIBBON,
    width: float = 5,
) -> alt.Chart:
    """The interval of each row, between the fields of its ends."""
    whole = [value for value in values if value[ends[0]] is not None]
    bar = alt.Chart(chart_data(whole)).mark_rule(color=colour, strokeWidth=width)
    bars: alt.Chart = bar.encode(y=name, x=along(f"{ends[0]}:Q"), x2=ends[1])
    return bars


def second_strokes(values: Sequence[ChartRow], name: alt.Y) -> alt.Chart:
    both = [value for value in values if value["second"] is not None]
    strokes = alt.Chart(chart_data(both)).mark_tick(
        orient="vertical", size=14, thickness=2.4, color=WARM, opacity=1
    )
    placed: alt.Chart = strokes.encode(y=name, x=value_axis("second:Q"))
    return placed


def withheld_labels(
    values: Sequence[ChartRow], name: alt.Y, label: str, line: float = 1.0
) -> alt.Chart:
    """The word in each row without a figure, on the wider side of a line at a part of the width."""
    left = line >= 0.5
    words = alt.Chart(chart_data([value for value in values if value["value"] is None])).mark_text(
        text=label, align="left" if left else "right", color=QUIET, fontSize=SIZE
    )
    place = alt.value(4) if left else alt.value("width")
    labels: alt.Chart = name_rows(words).encode(y=name, x=place)
    return labels


def side_of(
    value: float | None, every: Sequence[float | None]
) -> Literal["left", "center", "right"]:
    """Which way a label at this value among all is set, so that it stays within the picture."""
    figures = [figure for figure in every if figure is not None]
    low, high = min(figures, default=0), max(figures, default=0)
    part = ((value or 0) - low) / (high - low or 1)
    return "left" if part < 0.3 else "right" if part > 0.7 else "center"


def reference_line(
    line: tuple[float, str] | None, every: Sequence[float | None]
) -> list[alt.Chart]:
    """A dashed line across all rows at a value among `every` figure, with its label below."""
    if line is None:
        return []
    base = alt.Chart(chart_data([{"value": line[0], "label": line[1]}])).encode(x="value:Q")
    words = base.mark_text(
        align=side_of(line[0], every), baseline="top", dy=6, fontSize=SIZE, color=QUIET
    )
    return [
        base.mark_rule(color=QUIET, strokeDash=[4, 3]),
        words.encode(text="label:N", y=alt.value("height")),
    ]


def value_axis(field: str) -> alt.X:
    axis = alt.Axis(orient="top", tickCount=5, title=None)
    return alt.X(field, scale=alt.Scale(zero=False, nice=True), axis=axis)


@lru_cache(maxsize=64)
def ratio_chart(name: str, chart: RatioChart, width: int) -> str:
    """The chart of ratios on a log axis, each with its figure at the end of its row and with its
    range with unknowns as a thin line. Ratios by one benchmark are dots, by the next squares; each
    row says which.
    """
    values = [row._asdict() for row in chart.rows]
    # A ratio of 0 has no place on a logarithmic axis.
    shown = [value for value in values if value["value"]]
    ticks = [2.0**step for step in range(-7, 8)]
    reach = [x for row in chart.rows if row.value for x in row[2:] if x]
    # At least .7 to 1.5, so that small differences do not fill the picture.
    ends = [min(*reach, 0.7) / 1.15, max(*reach, 1.5) * 1.15]
    scale = alt.Scale(type="log", base=2, domain=ends, nice=False)
    axis = alt.Axis(orient="top", values=ticks, format="~g", title=None)
    rows = name_axis([row.name for row in chart.rows])

    def along(field: str) -> alt.X:
        return alt.X(field, scale=scale, axis=axis)

    kinds = alt.Scale(domain=list(dict.fromkeys(row.kind for row in chart.rows)), range=SHAPES)
    shape = alt.Shape("kind:N", scale=kinds, legend=None)
    points = alt.Chart(chart_data(shown)).mark_point(size=36, opacity=1, stroke=BRAND, fill=BRAND)
    figures = alt.Chart(chart_data(shown)).mark_text(align="left", dx=8, fontWeight="bold")
    one_line = alt.Chart(chart_data([{"value": 1}])).mark_rule(color=QUIET, strokeWidth=1.4)
    return render_svg(
        alt.layer(
            one_line.encode(x=along("value:Q")),
            interval_bars(shown, rows, along),
            interval_bars(shown, rows, along, ("least", "most"), TEXT, 1.4),
            figures.encode(y=rows, x=alt.value("width"), text=alt.Text("value:Q", format=".2f")),
            name_rows(points).encode(y=rows, x=along("value:Q"), shape=shape),
            withheld_labels(values, rows, chart.withheld, log(1 / ends[0], ends[1] / ends[0])),
        ).properties(height=alt.Step(28)),
        name=name,
        title=chart.title,
        description=chart.description,
        marks="down",
        width=width,
    )
