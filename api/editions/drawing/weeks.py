"""Deployments by week, stacked by most severe use: the graver, the darker and the lower."""

import datetime
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import altair as alt

from api.editions.drawing.svg import (
    MONTHS,
    QUIET,
    RIBBON,
    SIZE,
    TEXT,
    chart_data,
    render_svg,
)
from api.formatting import format_day, tactic_name
from survey.editions.chapters.deployments import WeeklyUses
from survey.editions.figures import SeriesMark

# The graver the darker, so that it works in grey too; neighbours differ in hue.
SHADES = (TEXT, "#7a3d0c", "#0f6b70", "#c97a2b", RIBBON, "#f0c48f", "#d5e9e8")
WEEK = datetime.timedelta(days=7)
EDGE = 50


@lru_cache(maxsize=64)
def uses_chart(weeks: tuple[WeeklyUses, ...], marks: tuple[SeriesMark, ...], width: int) -> str:
    first, last = weeks[0].start, weeks[-1].start
    ends = [(first - WEEK).isoformat(), (last + WEEK).isoformat()]
    span = alt.Scale(type="utc", domain=ends, nice=False)
    named = dict.fromkeys(tactic for week in weeks for tactic, _ in week.tactics)
    order = [one for one in named if tactic_total(weeks, one)]
    thick = max(3.0, 0.7 * (width - EDGE) / (len(weeks) + 1))
    rules = [mark_line(mark, span) for mark in marks if first <= mark.day <= last]
    return render_svg(
        alt.layer(stacked_bars(weeks, order, span, thick), *rules).properties(
            width=width - EDGE, height=170
        ),
        name="uses",
        title="Deployments by week and most severe use",
        description=uses_in_words(weeks, order),
    )


def stacked_bars(
    weeks: Sequence[WeeklyUses], order: list[str], span: alt.Scale, thick: float
) -> Any:
    values = [
        {
            "start": week.start.isoformat(),
            "use": tactic_name(tactic),
            "place": order.index(tactic),
            "count": number_of,
        }
        for week in weeks
        for tactic, number_of in week.tactics
        if tactic in order and number_of
    ]
    names = [tactic_name(one) for one in order]
    shades = alt.Scale(domain=names, range=list(SHADES[: len(names)]))
    months = alt.Axis(
        labelExpr=MONTHS, title=None, labelOverlap="greedy", tickCount="month", grid=False
    )
    bars = alt.Chart(chart_data(values)).mark_bar(size=thick, stroke=TEXT, strokeWidth=0.4)
    return bars.encode(
        x=alt.X("start:T", scale=span, axis=months),
        y=alt.Y("count:Q", title=None, axis=alt.Axis(tickCount=4)),
        color=alt.Color("use:N", scale=shades, legend=use_legend()),
        order=alt.Order("place:Q"),
    )


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


def mark_line(mark: SeriesMark, span: alt.Scale) -> Any:
    line = alt.Chart(chart_data([{"start": mark.day.isoformat()}]))
    return line.mark_rule(color=QUIET, strokeDash=[4, 3]).encode(x=alt.X("start:T", scale=span))


def tactic_total(weeks: Sequence[WeeklyUses], tactic: str) -> int:
    return sum(dict(week.tactics).get(tactic) or 0 for week in weeks)


def uses_in_words(weeks: Sequence[WeeklyUses], order: list[str]) -> str:
    """The chart in words: the busiest week, and about how often each use was recorded."""
    most = max(weeks, key=lambda week: sum(n or 0 for _, n in week.tactics))
    counts = ", ".join(f"{tactic_name(one)} about {tactic_total(weeks, one)}" for one in order)
    return f"Most in the week from {format_day(most.start)}. Over all weeks: {counts or 'none'}."
