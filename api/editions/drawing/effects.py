"""Effects with their intervals: by weeks before with a placebo, and around a pilot's start."""

from functools import lru_cache
from typing import Any

import altair as alt

from api.editions.drawing.svg import BRAND, QUIET, RIBBON, chart_data, render_svg
from api.formatting import format_number
from survey.editions.chapters.panels import EditionLagProfile, LagEffect, StartEffect


@lru_cache(maxsize=64)
def lag_chart(found: EditionLagProfile, width: int) -> str:
    """Weeks from left to right in time; the placebo, the week after, is a ring."""
    every = (found.placebo, *found.lags)
    values = [
        {"at": one.lag, "value": one.beta, "low": one.low, "high": one.high, "apart": one.lag < 0}
        for one in every
        if one.beta is not None
    ]
    axis = alt.Axis(
        title="Weeks before (-1: the week after, a placebo)",
        values=[one.lag for one in every],
        format="d",
        grid=False,
        titlePadding=6,
    )
    return render_svg(
        effect_layers(values, axis, (-1.5, max(one.lag for one in every) + 0.5)).properties(
            width=width - 50, height=190
        ),
        name="lags",
        title="Index points per deployment per 10,000, by weeks before",
        description=" ".join(f"{lag_in_words(one)}." for one in every),
    )


def lag_in_words(one: LagEffect) -> str:
    name = "Placebo" if one.lag < 0 else f"Lag {one.lag}"
    if one.beta is None:
        return f"{name}: too few to tell"
    if one.low is None or one.high is None:
        return f"{name}: {format_number(one.beta)}"
    return (
        f"{name}: {format_number(one.beta)}, {format_number(one.low)} to {format_number(one.high)}"
    )


@lru_cache(maxsize=64)
def event_study_chart(found: StartEffect, width: int) -> str:
    """One dot for every two weeks; the reference has no interval, because it is 0 by definition."""
    values = [
        {"at": one.weeks, "value": one.effect, "low": one.low, "high": one.high}
        | {"apart": one.low is None}
        for one in found.bins
        if one.effect is not None
    ]
    ends = [one.weeks for one in found.bins]
    axis = alt.Axis(
        title="Weeks from the start", values=ends, format="d", grid=False, labelOverlap="greedy"
    )
    start = alt.Chart(chart_data([{"at": -1.0}])).mark_rule(color=QUIET, strokeDash=[4, 3])
    name = f"bins-{found.design}".replace("_", "-")
    before = [one for one in found.bins if one.weeks < 0 and one.low is not None]
    around = sum((one.low or 0) <= 0 <= (one.high or 0) for one in before)
    return render_svg(
        alt.layer(
            effect_layers(values, axis, (min(ends) - 1, max(ends) + 1)),
            start.encode(x="at:Q"),
        ).properties(width=width - 50, height=190),
        name=name,
        title="Index points against the last two weeks before the start",
        description=(
            f"{len(found.bins)} times of two weeks. Of {len(before)} before the start, {around} "
            "have an interval around 0. The table holds every figure."
        ),
    )


def effect_layers(values: list[dict[str, Any]], axis: alt.Axis, reach: tuple[float, float]) -> Any:
    x = alt.X("at:Q", axis=axis, scale=alt.Scale(domain=list(reach), nice=False))
    height = alt.Axis(tickCount=5)
    held = [one for one in values if one["low"] is not None]
    zero = alt.Chart(chart_data([{"value": 0}])).mark_rule(color=QUIET)
    points = alt.Chart(chart_data(values)).mark_point(
        size=52, opacity=1, stroke=BRAND, strokeWidth=1.8
    )
    return alt.layer(
        zero.encode(y=alt.Y("value:Q", title=None, axis=height)),
        alt.Chart(chart_data(held))
        .mark_rule(color=RIBBON, strokeWidth=5, strokeCap="round")
        .encode(x=x, y=alt.Y("low:Q", title=None, axis=height), y2="high:Q"),
        points.encode(
            x=x,
            y=alt.Y("value:Q", title=None, axis=height),
            fill=alt.condition("datum.apart", alt.value("white"), alt.value(BRAND)),
        ),
    )
