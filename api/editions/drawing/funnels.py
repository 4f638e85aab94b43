"""A funnel plot: each area by its size, the city's own figure, and the limits of chance."""

from functools import lru_cache
from typing import Any

import altair as alt

from api.editions.drawing.svg import (
    BRAND,
    GREY,
    QUIET,
    SIZE,
    TEXT,
    WARM,
    chart_data,
    render_svg,
)
from api.formatting import format_whole
from survey.editions.chapters.funnels import Funnel

SIGNS = {"above": "triangle-up", "high": "triangle-up", "within": "circle"}
BELOW = "triangle-down"
LINE_HIGH = 0.065
SHAPES = ["triangle-up", "circle", BELOW]
LINES = ("low", "high"), ("lowest", "highest")


@lru_cache(maxsize=64)
def funnel_chart(found: Funnel, named: tuple[tuple[str, str], ...], width: int) -> str:
    """Areas outside the limits have a triangle, a name and a colour; others are dots."""
    names = dict(named)
    spots = [
        {
            "size": one.size,
            "value": one.value,
            "sign": SIGNS.get(one.place, BELOW),
            "outside": one.place != "within",
            "name": names.get(one.domain, one.domain),
        }
        for one in found.spots
        if one.value is not None and one.size is not None
    ]
    outside = [one for one in spots if one["outside"]]
    gap = value_reach(found) * LINE_HIGH
    people = "effective answers" if found.measure == "index" else "residents"
    return render_svg(
        alt.layer(
            *limit_lines(found, people), *spot_marks(spots), *outside_labels(outside, spots, gap)
        ).properties(width=width - 60, height=250),
        name=f"funnel-{found.measure}",
        title=f"Funnel of the {found.measure} by {people}",
        description=(
            f"{format_whole(len(spots))} boroughs are shown, {format_whole(len(outside))} "
            "outside the limits"
            f"{': ' if outside else ''}{', '.join(sorted(str(o['name']) for o in outside))}. "
            "The table holds every figure."
        ),
    )


def limit_lines(found: Funnel, people: str) -> list[Any]:
    values = [
        {"size": one.size, "low": one.low, "high": one.high}
        | {"lowest": one.lowest, "highest": one.highest}
        for one in found.limits
    ]
    axis = alt.Axis(title=people.capitalize(), tickCount=4, format="~s", grid=False)
    x = alt.X("size:Q", axis=axis, scale=alt.Scale(zero=False, nice=False, padding=6))
    base = alt.Chart(chart_data(values)).encode(x=x)
    layers: list[Any] = []
    for (lower, upper), dash in zip(LINES, ([1, 0], [5, 3]), strict=True):
        for bound in (lower, upper):
            line = base.mark_line(color=GREY if dash == [1, 0] else QUIET, strokeDash=dash)
            layers.append(line.encode(y=value_axis(bound)))
    target = alt.Chart(chart_data([{"value": found.target}])).mark_rule(color=QUIET)
    return [*layers, target.encode(y=value_axis("value"))]


def value_axis(field: str) -> alt.Y:
    scale = alt.Scale(zero=False, nice=True)
    return alt.Y(f"{field}:Q", title=None, scale=scale, axis=alt.Axis(tickCount=5))


def spot_marks(spots: list[dict[str, Any]]) -> list[Any]:
    shapes = alt.Scale(domain=SHAPES, range=SHAPES)
    marks = alt.Chart(chart_data(spots)).mark_point(filled=True, size=46, opacity=1, stroke=TEXT)
    return [
        marks.encode(
            x="size:Q",
            y=value_axis("value"),
            shape=alt.Shape("sign:N", scale=shapes, legend=None),
            color=alt.condition("datum.outside", alt.value(WARM), alt.value(BRAND)),
        )
    ]


def outside_labels(
    outside: list[dict[str, Any]], spots: list[dict[str, Any]], gap: float
) -> list[Any]:
    """Names on the roomier side of their spots, moved apart where they would overlap."""
    sizes = [one["size"] for one in spots]
    middle = (min(sizes) + max(sizes)) / 2 if sizes else 0
    layers: list[Any] = []
    for right in (True, False):
        here = spread_labels([one for one in outside if (one["size"] > middle) == right], gap)
        words = alt.Chart(chart_data(here)).mark_text(
            align="right" if right else "left",
            baseline="middle",
            dx=-7 if right else 7,
            fontSize=SIZE - 1,
        )
        layers.append(words.encode(x="size:Q", y=value_axis("at"), text="name:N"))
    return layers


def spread_labels(here: list[dict[str, Any]], gap: float) -> list[dict[str, Any]]:
    """The spots with the height of each name: its own, or a line above the name below."""
    placed: list[dict[str, Any]] = []
    for one in sorted(here, key=lambda one: float(one["value"])):
        least = placed[-1]["at"] + gap if placed else one["value"]
        placed.append(one | {"at": max(one["value"], least)})
    return placed


def value_reach(found: Funnel) -> float:
    """The length of the chart's scale, from the lowest figure or limit to the highest."""
    every = [one.value for one in found.spots if one.value is not None]
    every += [x for one in found.limits for x in (one.lowest, one.highest)]
    return max(every) - min(every)
