"""A value hour by hour, as a line with steps; hours without a value are gaps."""

from functools import lru_cache
from typing import Final

import altair as alt

from api.editions.charts import HourChart
from api.editions.drawing.svg import BRAND, RIBBON, UTC, chart_data, render_svg

DAYS = "utcFormat(datum.value, '%a %-d')"
EDGE = 50


@lru_cache(maxsize=32)
def hour_chart(name: str, chart: HourChart, width: int) -> str:
    values = [{"hour": one.hour.isoformat(), "value": one.value} for one in chart.points]
    # The hours are written with a zone of their own, so that the axis shows them as they are.
    days = alt.Axis(labelExpr=DAYS, title=None, tickCount="day", grid=False, labelOverlap="greedy")
    gaps: Final = "break-paths-filter-domains"
    # Without a top, a week of zeros would have an axis without numbers.
    top = max([1.0, *(one.value for one in chart.points if one.value is not None)])
    counts = alt.Axis(tickCount=4, tickMinStep=1, format=",d")
    base = alt.Chart(chart_data(values)).encode(
        x=alt.X("hour:T", scale=UTC, axis=days),
        y=alt.Y("value:Q", title=None, axis=counts, scale=alt.Scale(domain=[0, top], nice=True)),
    )
    layers = alt.layer(
        base.mark_area(color=RIBBON, opacity=0.4, interpolate="step-after", invalid=gaps),
        base.mark_line(color=BRAND, strokeWidth=1.5, interpolate="step-after", invalid=gaps),
    )
    return render_svg(
        layers.properties(width=width - EDGE, height=130),
        name=name,
        title=chart.title,
        description=chart.description,
        marks="across",
    )
