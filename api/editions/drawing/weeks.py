"""Counts by week, stacked by kind: the graver, the darker and the lower."""

import datetime
from functools import lru_cache

import altair as alt

from api.editions.charts import StackedChart
from api.editions.drawing.svg import (
    MONTHS,
    QUIET,
    RIBBON,
    SIZE,
    TEXT,
    chart_data,
    name_rows,
    render_svg,
)
from survey.editions.figures import SeriesMark

# The graver the darker, so that it works in grey too; neighbours differ in hue.
SHADES = (TEXT, "#7a3d0c", "#0f6b70", "#c97a2b", RIBBON, "#f0c48f", "#d5e9e8")
WEEK = datetime.timedelta(days=7)
EDGE = 50


@lru_cache(maxsize=64)
def stacked_chart(name: str, chart: StackedChart, width: int) -> str:
    first, last = chart.weeks[0].start, chart.weeks[-1].start
    # A week of room on both sides, or the first and the last bar would be cut in half.
    ends = [(first - WEEK).isoformat(), (last + WEEK).isoformat()]
    span = alt.Scale(type="utc", domain=ends, nice=False)
    thick = max(3.0, 0.7 * (width - EDGE) / (len(chart.weeks) + 1))
    # The scale is fixed, so a mark of another time would be drawn outside the plot.
    rules = [mark_line(mark, span) for mark in chart.marks if first <= mark.day <= last]
    return render_svg(
        alt.layer(stacked_bars(chart, span, thick), *rules).properties(
            width=width - EDGE, height=170
        ),
        name=name,
        title=chart.title,
        description=chart.description,
        marks="across",
    )


def stacked_bars(chart: StackedChart, span: alt.Scale, thick: float) -> alt.Chart:
    values = [
        {
            "row": week.row,
            "start": week.start.isoformat(),
            "use": kind,
            "place": place,
            "count": count,
        }
        for week in chart.weeks
        for place, (kind, count) in enumerate(zip(chart.kinds, week.counts, strict=True))
        if count
    ]
    shades = alt.Scale(domain=list(chart.kinds), range=list(SHADES[: len(chart.kinds)]))
    months = alt.Axis(
        labelExpr=MONTHS, title=None, labelOverlap="greedy", tickCount="month", grid=False
    )
    # Each part has an edge, because the lightest shades hardly differ from paper.
    bars = alt.Chart(chart_data(values)).mark_bar(size=thick, stroke=TEXT, strokeWidth=0.4)
    stacked: alt.Chart = name_rows(bars, "row").encode(
        x=alt.X("start:T", scale=span, axis=months),
        y=alt.Y("count:Q", title=None, axis=alt.Axis(tickCount=4)),
        color=alt.Color("use:N", scale=shades, legend=use_legend()),
        order=alt.Order("place:Q"),
    )
    return stacked


def use_legend() -> alt.Legend:
    """A legend in the order of the stack, so that position and shade both identify a part."""
    return alt.Legend(
        title=None,
        orient="top",
        columns=3,
        labelFontSize=SIZE,
        labelLimit=150,
        symbolType="square",
        symbolSize=110,
    )


def mark_line(mark: SeriesMark, span: alt.Scale) -> alt.Chart:
    line = alt.Chart(chart_data([{"start": mark.day.isoformat()}]))
    rule: alt.Chart = line.mark_rule(color=QUIET, strokeDash=[4, 3]).encode(
        x=alt.X("start:T", scale=span)
    )
    return rule
