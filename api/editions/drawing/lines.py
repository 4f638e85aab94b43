"""A value over time: as a line in its 95% band, hour by hour, or as effects week by week."""

import datetime
from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Final

import altair as alt
from altair.typing import ChartType

from api.editions.charts import EffectChart, HourChart, LineChart, LinePoint
from api.editions.drawing import svg
from survey.editions.figures import SeriesMark

A_QUARTER = datetime.timedelta(days=92)
MARK_ROWS = 3
HALF_A_YEAR = datetime.timedelta(days=184)
SIXTEEN_MONTHS = datetime.timedelta(days=488)
THREE_YEARS = datetime.timedelta(days=1096)
DAYS = "utcFormat(datum.value, '%-d %b')"
WEEKDAYS = "utcFormat(datum.value, '%a %-d')"
NUMBERS_WIDE = 44  # of the axis on the left
END_WIDE = 92  # of the words at the newest point


@lru_cache(maxsize=64)
def line_chart(name: str, chart: LineChart, width: int) -> str:
    values = [
        point._asdict()
        | {
            "start": point.start.isoformat(),
            "level": point.value if point.level is None else point.level,
        }
        for point in chart.points
    ]
    plot = width - NUMBERS_WIDE - (END_WIDE if chart.end[0] else 0)
    picture: ChartType
    if all(point.n is None for point in chart.points):
        picture = level_layers(
            values, chart, time_axis([point.start for point in chart.points])
        ).properties(height=190)
    else:
        above = level_layers(values, chart).properties(width=plot, height=190)
        below = respondent_bars(values, chart).properties(width=plot, height=46)
        picture = alt.vconcat(above, below, spacing=10).resolve_scale(x="shared")
    return svg.render_svg(
        picture,
        name=name,
        title=chart.title,
        description=chart.description,
        marks="across",
        width=width,
    )


def level_layers(
    values: Sequence[svg.ChartRow], chart: LineChart, axis: alt.Axis | None = None
) -> alt.LayerChart | alt.FacetChart:
    """The line, its band and its marks; the axis of time is below the bars where there are some."""
    scale = alt.Scale(zero=False, nice=True, padding=8)
    hidden = alt.Axis(labels=False, ticks=False, title=None)
    base = alt.Chart(svg.chart_data(values)).encode(
        x=alt.X("start:T", scale=svg.UTC, axis=axis or hidden)
    )
    # Dots lie on the line: one beside it would show a step of rounding as a change.
    level = alt.Y("level:Q", scale=scale, title=None, axis=alt.Axis(tickCount=5))
    # A withheld week is a gap in the line, and does not stretch the scale.
    gaps: Final = "break-paths-filter-domains"
    points = base.mark_point(size=26, strokeWidth=1.5, opacity=1, stroke=svg.BRAND).encode(
        y=level, fill=alt.condition("datum.flagged", alt.value("white"), alt.value(svg.BRAND))
    )
    layers: list[alt.Chart] = [
        base.mark_area(color=svg.RIBBON, opacity=0.4, invalid=gaps).encode(
            y=alt.Y("low:Q", scale=scale, title=None), y2="high:Q"
        ),
        base.mark_line(color=svg.BRAND, strokeWidth=2, invalid=gaps).encode(
            y=alt.Y("level:Q", scale=scale, title=None)
        ),
        *end_words(chart, scale),
        svg.name_rows(points, "row"),
        *[
            layer
            for place, mark in enumerate(chart.marks)
            for layer in mark_layers(mark, chart.points, place % MARK_ROWS)
        ],
    ]
    return alt.layer(*layers)


def end_words(chart: LineChart, scale: alt.Scale) -> list[alt.Chart]:
    """The figure of the newest point next to it, and its interval below."""
    newest = chart.points[-1]
    value, interval = chart.end
    if not value:
        return []
    level = newest.value if newest.level is None else newest.level
    values = [{"start": newest.start.isoformat(), "level": level}]
    base = alt.Chart(svg.chart_data(values)).encode(
        x=alt.X("start:T", scale=svg.UTC), y=alt.Y("level:Q", scale=scale, title=None)
    )
    figure = base.mark_text(align="left", baseline="middle", dx=8, text=value, fontWeight="bold")
    limits = base.mark_text(
        align="left", baseline="middle", dx=8, dy=svg.SIZE + 4, text=interval, color=svg.QUIET
    )
    return [figure, limits] if interval else [figure]


def mark_layers(mark: SeriesMark, points: Sequence[LinePoint], row: int = 0) -> list[alt.Chart]:
    """A dated line, such as the day a pilot began, with its label on the roomier side.

    Labels of neighbours are in different rows, so that they do not meet.
    """
    before = sum(point.start < mark.day for point in points)
    late = before > len(points) / 2
    base = alt.Chart(svg.chart_data([{"start": mark.day.isoformat(), "label": mark.label}])).encode(
        x=alt.X("start:T", scale=svg.UTC)
    )
    words = base.mark_text(
        align="right" if late else "left", baseline="top", dx=-5 if late else 5, fontSize=svg.SIZE
    )
    return [
        base.mark_rule(color=svg.TEXT, strokeDash=[4, 3], strokeWidth=1.2),
        words.encode(text="label:N", y=alt.value(row * (svg.SIZE + 3))),
    ]


def time_axis(days: Sequence[datetime.date]) -> alt.Axis:
    """Months, or the days of the points where these are few; years where they are many."""
    span = max(days) - min(days)
    if span > THREE_YEARS:
        return alt.Axis(
            format="%Y", title=None, tickCount="year", labelOverlap="parity", grid=False
        )
    axis = alt.Axis(
        labelExpr=svg.MONTHS,
        title=None,
        labelOverlap="parity",
        tickCount=alt.TimeIntervalStep(
            interval="month", step=6 if span > SIXTEEN_MONTHS else 3 if span > HALF_A_YEAR else 1
        ),
        grid=False,
    )
    if span > A_QUARTER:
        return axis
    starts = [datetime.datetime.combine(day, datetime.time(), datetime.UTC) for day in days]
    return alt.Axis(
        labelExpr=DAYS,
        title=None,
        labelOverlap="parity",
        values=[1000 * start.timestamp() for start in starts],
        grid=False,
    )


def respondent_bars(values: Sequence[svg.ChartRow], chart: LineChart) -> alt.Chart:
    bars: alt.Chart = (
        alt.Chart(svg.chart_data(values))
        .mark_bar(color=svg.GREY, width={"band": 0.6}, size=4)
        .encode(
            x=alt.X(
                "start:T", scale=svg.UTC, axis=time_axis([point.start for point in chart.points])
            ),
            y=alt.Y(
                "n:Q",
                axis=alt.Axis(
                    tickCount=2,
                    title=chart.respondents,
                    titleAngle=0,
                    titleAlign="left",
                    titleAnchor="end",
                    titleX=0,
                    titleY=-6,
                    titleColor=svg.QUIET,
                    domainColor=svg.LINE,
                ),
            ),
        )
    )
    return bars


@lru_cache(maxsize=64)
def effect_chart(name: str, chart: EffectChart, width: int) -> str:
    plain = partial(alt.Axis, title=chart.axis, values=list(chart.weeks), format="d", grid=False)
    axis = plain(labelOverlap="parity") if chart.spread else plain(titlePadding=6)
    layers = effect_layers([effect._asdict() for effect in chart.effects], axis, chart.reach)
    if chart.start is not None:
        start = alt.Chart(svg.chart_data([{"at": chart.start}])).mark_rule(
            color=svg.QUIET, strokeDash=[4, 3]
        )
        layers = alt.layer(layers, start.encode(x="at:Q"))
    return svg.render_svg(
        layers.properties(height=190),
        name=name,
        title=chart.title,
        description=chart.description,
        marks="across",
        width=width,
    )


def effect_layers(
    values: Sequence[svg.ChartRow], axis: alt.Axis, reach: tuple[float, float]
) -> alt.LayerChart | alt.FacetChart:
    x = alt.X("at:Q", axis=axis, scale=alt.Scale(domain=list(reach), nice=False))
    height = alt.Axis(tickCount=5)
    held = [value for value in values if value["low"] is not None]
    zero = alt.Chart(svg.chart_data([{"value": 0}])).mark_rule(color=svg.QUIET)
    points = alt.Chart(svg.chart_data(values)).mark_point(size=90, opacity=1, filled=True)
    return alt.layer(
        zero.encode(y=alt.Y("value:Q", title=None, axis=height)),
        alt.Chart(svg.chart_data(held))
        .mark_rule(color=svg.RIBBON, strokeWidth=5)
        .encode(x=x, y=alt.Y("low:Q", title=None, axis=height), y2="high:Q"),
        svg.name_rows(points, "row").encode(
            x=x,
            y=alt.Y("value:Q", title=None, axis=height),
            color=alt.condition("datum.apart", alt.value(svg.WARM), alt.value(svg.BRAND)),
            shape=alt.condition("datum.apart", alt.value("cross"), alt.value("circle")),
        ),
    )


@lru_cache(maxsize=32)
def hour_chart(name: str, chart: HourChart, width: int) -> str:
    values = [{"hour": point.hour.isoformat(), "value": point.value} for point in chart.points]
    # The hours are written with a zone of their own, so that the axis shows them as they are.
    days = alt.Axis(
        labelExpr=WEEKDAYS, title=None, tickCount="day", grid=False, labelOverlap="parity"
    )
    gaps: Final = "break-paths-filter-domains"
    # Without a top, a week of zeros would have an axis without numbers.
    top = max([1.0, *(point.value for point in chart.points if point.value is not None)])
    counts = alt.Axis(tickCount=4, tickMinStep=1, format=",d")
    base = alt.Chart(svg.chart_data(values)).encode(
        x=alt.X("hour:T", scale=svg.UTC, axis=days),
        y=alt.Y("value:Q", title=None, axis=counts, scale=alt.Scale(domain=[0, top], nice=True)),
    )
    layers = alt.layer(
        base.mark_area(color=svg.RIBBON, opacity=0.4, interpolate="step-after", invalid=gaps),
        base.mark_line(color=svg.BRAND, strokeWidth=1.5, interpolate="step-after", invalid=gaps),
    )
    return svg.render_svg(
        layers.properties(height=130),
        name=name,
        title=chart.title,
        description=chart.description,
        marks="across",
        width=width,
    )
