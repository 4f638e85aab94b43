"""The index of each area as a dot with its interval; in order of name, as it is no ranking."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import altair as alt

from api.editions.drawing.svg import BRAND, QUIET, RIBBON, SIZE, chart_data, render_svg
from api.formatting import format_number
from survey.editions.figures import Estimate

STEP = 20


@lru_cache(maxsize=64)
def area_chart(
    index: tuple[Estimate, ...], named: tuple[tuple[str, str], ...], city: str, width: int
) -> str:
    names = dict(named)
    values = sorted(
        (area_row(one, names) for one in index if one.domain != city), key=lambda one: one["name"]
    )
    whole = [one for one in index if one.domain == city and one.value is not None]
    chart = alt.layer(*interval_layers(values), *city_line(whole, city)).properties(
        width=width - 175, height=alt.Step(STEP)
    )
    shown = sum(one["value"] is not None for one in values)
    return render_svg(
        chart,
        name="index-by-area",
        title="Perception Index by borough, ordered by name",
        description=(
            f"{shown} of {len(values)} boroughs are shown, each with its 95 % interval; "
            "the others are withheld. The table holds every figure."
        ),
    )


def area_row(one: Estimate, names: dict[str, str]) -> dict[str, Any]:
    return {
        "name": names.get(one.domain, one.domain),
        "value": one.value,
        "low": one.low,
        "high": one.high,
        "flagged": one.status == "flagged",
    }


def interval_layers(values: list[dict[str, Any]]) -> list[Any]:
    shown = [one for one in values if one["value"] is not None]
    hidden = [one for one in values if one["value"] is None]
    order = [one["name"] for one in values]
    name = alt.Y(
        "name:N",
        sort=order,
        title=None,
        scale=alt.Scale(domain=order),
        axis=alt.Axis(grid=True, ticks=False, domain=False, labelPadding=6),
    )
    scale = alt.Scale(zero=False, nice=True)
    axis = alt.Axis(orient="top", tickCount=5, title=None)
    base = alt.Chart(chart_data(shown)).encode(y=name)
    level = alt.X("value:Q", scale=scale, axis=axis)
    return [
        base.mark_rule(color=RIBBON, strokeWidth=5, strokeCap="round").encode(
            x=alt.X("low:Q", scale=scale, axis=axis), x2="high:Q"
        ),
        base.mark_point(size=52, opacity=1, stroke=BRAND, strokeWidth=1.8).encode(
            x=level, fill=alt.condition("datum.flagged", alt.value("white"), alt.value(BRAND))
        ),
        alt.Chart(chart_data(hidden))
        .mark_text(text="withheld", align="left", color=QUIET, fontSize=SIZE)
        .encode(y=name, x=alt.value(4)),
    ]


def city_line(whole: Sequence[Estimate], city: str) -> list[Any]:
    """The city's own value as a dashed line with its label below."""
    found = [
        {"value": one.value, "label": f"{city} {format_number(one.value or 0)}"} for one in whole
    ]
    base = alt.Chart(chart_data(found)).encode(x="value:Q")
    words = base.mark_text(baseline="top", dy=6, fontSize=SIZE, align="center", color=QUIET)
    return [
        base.mark_rule(color=QUIET, strokeDash=[4, 3]),
        words.encode(text="label:N", y=alt.value("height")),
    ]
