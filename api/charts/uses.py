"""Deployments of each week, stacked by their most severe use: the graver, the darker and lower."""

import datetime
from functools import lru_cache
from typing import Any

import altair as alt

from api.charts.drawing import MONTHS, QUIET, RIBBON, TEXT, rows, svg
from api.figures import day, tactic_name
from survey.reports import Mark
from survey.weeks import WeekOfUses

# From grave to slight as from dark to light, so that grey shows it too; neighbours differ in hue.
SHADES = (TEXT, "#7a3d0c", "#0f6b70", "#c97a2b", RIBBON, "#f0c48f", "#d5e9e8")
WEEK = datetime.timedelta(days=7)


@lru_cache(maxsize=64)
def uses_by_week(weeks: tuple[WeekOfUses, ...], marks: tuple[Mark, ...], width: int) -> str:
    names = [tactic for week in weeks for tactic, _ in week.tactics]
    order = [one for one in dict.fromkeys(names) if total(weeks, one)]
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
    words = [tactic_name(one) for one in order]
    shades = alt.Scale(domain=words, range=list(SHADES[: len(words)]))
    first, last = weeks[0].start, weeks[-1].start
    span = alt.Scale(
        type="utc", domain=[(first - WEEK).isoformat(), (last + WEEK).isoformat()], nice=False
    )
    legend = alt.Legend(
        title=None, orient="top", columns=3, symbolType="square", labelLimit=150, symbolSize=110
    )
    thick = max(3.0, 0.7 * (width - 50) / (len(weeks) + 1))
    bars = (
        alt.Chart(rows(values))
        .mark_bar(size=thick, stroke=TEXT, strokeWidth=0.4)
        .encode(
            x=alt.X(
                "start:T",
                scale=span,
                axis=alt.Axis(
                    labelExpr=MONTHS,
                    title=None,
                    labelOverlap="greedy",
                    tickCount="month",
                    grid=False,
                ),
            ),
            y=alt.Y("count:Q", title=None, axis=alt.Axis(tickCount=4)),
            color=alt.Color("use:N", scale=shades, legend=legend),
            order=alt.Order("place:Q"),
        )
    )
    layers: list[Any] = [bars]
    for mark in marks:
        if first <= mark.day <= last:
            found = rows([{"start": mark.day.isoformat()}])
            rule = alt.Chart(found).mark_rule(color=QUIET, strokeDash=[4, 3])
            layers.append(rule.encode(x=alt.X("start:T", scale=span)))
    return svg(
        alt.layer(*layers).properties(width=width - 50, height=170),
        name="uses",
        title="Deployments by week and most severe use",
        description=told(weeks, order),
    )


def total(weeks: tuple[WeekOfUses, ...], tactic: str) -> int:
    return sum(dict(week.tactics).get(tactic) or 0 for week in weeks)


def told(weeks: tuple[WeekOfUses, ...], order: list[str]) -> str:
    """The busiest week, and how often each use was recorded, to the nearest 5 a week."""
    most = max(weeks, key=lambda week: sum(n or 0 for _, n in week.tactics))
    counts = ", ".join(f"{tactic_name(one)} about {total(weeks, one)}" for one in order)
    return f"Most in the week from {day(most.start)}. Over all weeks: {counts or 'none'}."
