"""Effects with their intervals, week by week."""

from collections.abc import Sequence
from functools import lru_cache, partial

import altair as alt

from api.editions.charts import EffectChart
from api.editions.drawing.svg import (
    BRAND,
    QUIET,
    RIBBON,
    ChartRow,
    chart_data,
    name_rows,
    render_svg,
)


@lru_cache(maxsize=64)
def effect_chart(name: str, chart: EffectChart, width: int) -> str:
    plain = partial(alt.Axis, title=chart.axis, values=list(chart.weeks), format="d", grid=False)
    axis = plain(labelOverlap="greedy") if chart.spread else plain(titlePadding=6)
    layers = effect_layers([one._asdict() for one in chart.effects], axis, chart.reach)
    if chart.start is not None:
        start = alt.Chart(chart_data([{"at": chart.start}])).mark_rule(
            color=QUIET, strokeDash=[4, 3]
        )
        layers = alt.layer(layers, start.encode(x="at:Q"))
    return render_svg(
        layers.properties(width=width - 50, height=190),
        name=name,
        title=chart.title,
        description=chart.description,
        marks="across",
    )


def effect_layers(
    values: Sequence[ChartRow], axis: alt.Axis, reach: tuple[float, float]
) -> alt.LayerChart | alt.FacetChart:
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
        name_rows(points, "row").encode(
            x=x,
            y=alt.Y("value:Q", title=None, axis=height),
            fill=alt.condition("datum.apart", alt.value("white"), alt.value(BRAND)),
        ),
    )
