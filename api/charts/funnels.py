"""A funnel: each area at its size, the city's own figure, and the limits that chance allows."""

from functools import lru_cache
from typing import Any

import altair as alt

from api.charts.drawing import BRAND, GREY, QUIET, SIZE, TEXT, WARM, rows, svg
from api.figures import whole
from survey.funnels import Funnel

SIGNS = {"above": "triangle-up", "high": "triangle-up", "within": "circle"}
BELOW = "triangle-down"
LINE_HIGH = 0.065
SHAPES = ["triangle-up", "circle", BELOW]
LINES = ("low", "high"), ("lowest", "highest")


@lru_cache(maxsize=64)
def funnel(found: Funnel, named: tuple[tuple[str, str], ...], width: int) -> str:
    """Those outside have a sign, a name and a colour; those within are dots alone."""
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
    gap = high(found) * LINE_HIGH
    people = "effective answers" if found.measure == "index" else "residents"
    return svg(
        alt.layer(*limits(found, people), *points(spots), *labels(outside, spots, gap)).properties(
            width=width - 60, height=250
        ),
        name=f"funnel-{found.measure}",
        title=f"Funnel of the {found.measure} by {people}",
        description=(
            f"{whole(len(spots))} boroughs are shown, {whole(len(outside))} outside the limits"
            f"{': ' if outside else ''}{', '.join(sorted(str(o['name']) for o in outside))}. "
            "The table holds every figure."
        ),
    )


def limits(found: Funnel, people: str) -> list[Any]:
    values = [
        {"size": one.size, "low": one.low, "high": one.high}
        | {"lowest": one.lowest, "highest": one.highest}
        for one in found.limits
    ]
    axis = alt.Axis(title=people.capitalize(), tickCount=4, format="~s", grid=False)
    x = alt.X("size:Q", axis=axis, scale=alt.Scale(zero=False, nice=False, padding=6))
    base = alt.Chart(rows(values)).encode(x=x)
    layers: list[Any] = []
    for (lower, upper), dash in zip(LINES, ([1, 0], [5, 3]), strict=True):
        for bound in (lower, upper):
            line = base.mark_line(color=GREY if dash == [1, 0] else QUIET, strokeDash=dash)
            layers.append(line.encode(y=height(bound)))
    target = alt.Chart(rows([{"value": found.target}])).mark_rule(color=QUIET)
    return [*layers, target.encode(y=height("value"))]


def height(field: str) -> alt.Y:
    scale = alt.Scale(zero=False, nice=True)
    return alt.Y(f"{field}:Q", title=None, scale=scale, axis=alt.Axis(tickCount=5))


def points(spots: list[dict[str, Any]]) -> list[Any]:
    shapes = alt.Scale(domain=SHAPES, range=SHAPES)
    marks = alt.Chart(rows(spots)).mark_point(filled=True, size=46, opacity=1, stroke=TEXT)
    return [
        marks.encode(
            x="size:Q",
            y=height("value"),
            shape=alt.Shape("sign:N", scale=shapes, legend=None),
            color=alt.condition("datum.outside", alt.value(WARM), alt.value(BRAND)),
        )
    ]


def labels(outside: list[dict[str, Any]], spots: list[dict[str, Any]], gap: float) -> list[Any]:
    """Names stand on the roomier side of their spot, moved apart where they would meet."""
    sizes = [one["size"] for one in spots]
    middle = (min(sizes) + max(sizes)) / 2 if sizes else 0
    layers: list[Any] = []
    for right in (True, False):
        here = apart([one for one in outside if (one["size"] > middle) == right], gap)
        words = alt.Chart(rows(here)).mark_text(
            align="right" if right else "left",
            baseline="middle",
            dx=-7 if right else 7,
            fontSize=SIZE - 1,
        )
        layers.append(words.encode(x="size:Q", y=height("at"), text="name:N"))
    return layers


def apart(here: list[dict[str, Any]], gap: float) -> list[dict[str, Any]]:
    """Each name at the height of its spot, or a line above the name below it."""
    placed: list[dict[str, Any]] = []
    for one in sorted(here, key=lambda one: float(one["value"])):
        least = placed[-1]["at"] + gap if placed else one["value"]
        placed.append(one | {"at": max(one["value"], least)})
    return placed


def high(found: Funnel) -> float:
    """How much of the scale the chart shows, from the lowest figure or limit to the highest."""
    every = [one.value for one in found.spots if one.value is not None]
    every += [x for one in found.limits for x in (one.lowest, one.highest)]
    return max(every) - min(every)
