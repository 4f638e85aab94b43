"""Dots with intervals, one a row: groups, small areas, and ratios on a log axis."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import altair as alt

from api.editions.drawing.svg import (
    BRAND,
    QUIET,
    RIBBON,
    SIZE,
    WARM,
    chart_data,
    render_svg,
)
from api.formatting import (
    benchmark_name,
    category_name,
    dimension_name,
    format_number,
    group_name,
)
from survey.editions.chapters.disparities import EditionDisparity
from survey.editions.chapters.index import SmallAreaEstimate
from survey.editions.chapters.sample import GroupEstimate
from survey.editions.figures import Estimate

STEP = 24
GROUPS, AREAS, BENCHMARKS, EDGES = 120, 162, 200, 14
AxisMaker = Callable[[str], alt.X]


def name_axis(order: Sequence[str], extent: int) -> alt.Y:
    """An axis of rows in this order. Labels get a fixed width, so that all charts are equally
    wide.
    """
    return alt.Y(
        "name:N",
        sort=list(order),
        title=None,
        scale=alt.Scale(domain=list(order)),
        axis=alt.Axis(
            grid=True,
            ticks=False,
            domain=False,
            labelPadding=6,
            labelLimit=extent - 8,
            minExtent=extent,
            maxExtent=extent,
        ),
    )


def interval_bars(values: list[dict[str, Any]], name: alt.Y, along: AxisMaker) -> Any:
    """The interval of each row, from low to high."""
    whole = [one for one in values if one["low"] is not None]
    bar = alt.Chart(chart_data(whole)).mark_rule(color=RIBBON, strokeWidth=5, strokeCap="round")
    return bar.encode(y=name, x=along("low:Q"), x2="high:Q")


def value_dots(values: list[dict[str, Any]], name: alt.Y, along: AxisMaker, ring: str) -> Any:
    """A filled dot, or a ring if the expression `ring` holds."""
    base = alt.Chart(chart_data(values)).mark_point(
        size=52, opacity=1, stroke=BRAND, strokeWidth=1.8
    )
    fill = alt.condition(ring, alt.value("white"), alt.value(BRAND))
    return base.encode(y=name, x=along("value:Q"), fill=fill)


def withheld_labels(values: list[dict[str, Any]], name: alt.Y) -> Any:
    words = alt.Chart(chart_data([one for one in values if one["value"] is None])).mark_text(
        text="withheld", align="left", color=QUIET, fontSize=SIZE
    )
    return words.encode(y=name, x=alt.value(4))


def reference_line(value: float | None, label: str) -> list[Any]:
    """A dashed line across all rows, with its label below."""
    if value is None:
        return []
    base = alt.Chart(chart_data([{"value": value, "label": label}])).encode(x="value:Q")
    words = base.mark_text(baseline="top", dy=6, fontSize=SIZE, color=QUIET)
    return [
        base.mark_rule(color=QUIET, strokeDash=[4, 3]),
        words.encode(text="label:N", y=alt.value("height")),
    ]


def value_axis(field: str) -> alt.X:
    axis = alt.Axis(orient="top", tickCount=5, title=None)
    return alt.X(field, scale=alt.Scale(zero=False, nice=True), axis=axis)


@lru_cache(maxsize=64)
def group_chart(
    found: tuple[GroupEstimate, ...], dimension: str, city: Estimate | None, width: int
) -> str:
    values = [
        {
            "name": group_name(one.dimension, one.category),
            "value": one.estimate.value,
            "low": one.estimate.low,
            "high": one.estimate.high,
            "flagged": one.estimate.status == "flagged",
        }
        for one in found
    ]
    name = name_axis([str(one["name"]) for one in values], GROUPS)
    shown = [one for one in values if one["value"] is not None]
    line = (
        reference_line(city.value, f"{city.domain} {format_number(city.value)}")
        if city and city.value
        else []
    )
    return render_svg(
        alt.layer(
            interval_bars(shown, name, value_axis),
            value_dots(shown, name, value_axis, "datum.flagged"),
            withheld_labels(values, name),
            *line,
        ).properties(width=width - GROUPS - EDGES, height=alt.Step(STEP)),
        name=f"groups-{dimension}",
        title=f"Perception Index by {dimension}",
        description=" ".join(f"{one['name']}: {row_in_words(one)}." for one in values),
    )


def row_in_words(one: dict[str, Any]) -> str:
    if one["value"] is None:
        return "withheld"
    if one["low"] is None:
        return format_number(one["value"])
    return (
        f"{format_number(one['value'])}, {format_number(one['low'])} to "
        f"{format_number(one['high'])}"
    )


@lru_cache(maxsize=64)
def small_area_chart(
    found: tuple[SmallAreaEstimate, ...],
    names: tuple[tuple[str, str], ...],
    city: Estimate | None,
    width: int,
) -> str:
    """The model as a dot on its interval, joined to a ring for the area's own answers."""
    values = sorted(
        (small_area_row(one, dict(names)) for one in found), key=lambda one: str(one["name"])
    )
    name = name_axis([str(one["name"]) for one in values], AREAS)
    shown = [one for one in values if one["value"] is not None]
    both = [one for one in shown if one["own"] is not None]
    joined = alt.Chart(chart_data(both)).encode(y=name, x=value_axis("own:Q"))
    line = (
        reference_line(city.value, f"{city.domain} {format_number(city.value)}")
        if city and city.value
        else []
    )
    return render_svg(
        alt.layer(
            interval_bars(shown, name, value_axis),
            *line,
            joined.mark_rule(color=WARM, strokeWidth=1.2).encode(x2="value:Q"),
            value_dots(shown, name, value_axis, "false"),
            joined.mark_point(size=46, opacity=1, stroke=WARM, fill="white", strokeWidth=1.8),
            withheld_labels(values, name),
        ).properties(width=width - AREAS - EDGES, height=alt.Step(20)),
        name="small-areas",
        title="Each borough's own answers beside the model, ordered by name",
        description=(
            f"{len(shown)} of {len(values)} boroughs are shown by the model, {len(both)} also by "
            "their own answers; the others are withheld. The table holds every figure."
        ),
    )


def small_area_row(one: SmallAreaEstimate, names: dict[str, str]) -> dict[str, Any]:
    return {
        "name": names.get(one.domain, one.domain),
        "value": one.value,
        "low": one.low,
        "high": one.high,
        "own": one.direct.value,
    }


@lru_cache(maxsize=64)
def ratio_chart(found: tuple[EditionDisparity, ...], dimension: str, width: int) -> str:
    """Ratios on a log axis; one benchmark has a dot, the next a square, and each row says which."""
    values = [
        {
            "name": f"{category_name(one.group)}, {benchmark_name(one.benchmark)}",
            "benchmark": one.benchmark,
            "value": one.shown.value,
            "low": one.shown.low,
            "high": one.shown.high,
        }
        for one in found
    ]
    order = [str(one["name"]) for one in values]
    shown = [one for one in values if one["value"]]
    ticks = [0.25, 0.5, 1, 2, 4, 8, 16, 32]
    reach = [float(x) for one in shown for x in (one["low"], one["high"], one["value"]) if x]
    ends = [min(*reach, 0.7) / 1.15, max(*reach, 1.5) * 1.15]
    scale = alt.Scale(type="log", base=2, domain=ends, nice=False)
    axis = alt.Axis(orient="top", values=ticks, format="~g", title=None)
    name = name_axis(order, BENCHMARKS)

    def along(field: str) -> alt.X:
        return alt.X(field, scale=scale, axis=axis)

    shapes = alt.Scale(domain=list(dict.fromkeys(o["benchmark"] for o in values)), range=SHAPES)
    shape = alt.Shape("benchmark:N", scale=shapes, legend=None)
    one_line = alt.Chart(chart_data([{"value": 1}])).mark_rule(color=QUIET, strokeWidth=1.4)
    return render_svg(
        alt.layer(
            one_line.encode(x=along("value:Q")),
            interval_bars(shown, name, along),
            alt.Chart(chart_data(shown))
            .mark_point(size=56, opacity=1, stroke=BRAND, fill=BRAND)
            .encode(y=name, x=along("value:Q"), shape=shape),
            withheld_labels(values, name),
        ).properties(width=width - BENCHMARKS - EDGES, height=alt.Step(28)),
        name=f"disparities-{dimension}",
        title=f"Recorded use by {dimension_name(dimension)}, as ratios",
        description=" ".join(f"{one['name']}: {ratio_in_words(one)}." for one in values),
    )


SHAPES = ["circle", "square", "diamond", "triangle-up"]


def ratio_in_words(one: dict[str, Any]) -> str:
    if one["value"] is None:
        return "withheld"
    limits = "" if one["low"] is None else f", {one['low']:.2f} to {one['high']:.2f}"
    return f"{one['value']:.2f} times{limits}"
