"""Bar charts: counts, how often next to the tone, and counts by week in two parts."""

import datetime
import textwrap
from collections.abc import Sequence
from functools import lru_cache

import altair as alt

from api.editions.charts import BarChart, StackedChart, ToneChart, ToneRow
from api.editions.drawing import svg
from api.editions.drawing.lines import time_axis
from api.locales import format_signed
from api.look import CHART
from survey.editions.figures import SeriesMark

BAND = 46
EDGES = 8
EVEN = 5
SHADES = CHART.kinds
WEEK = datetime.timedelta(days=7)
WEEKS_EDGE, PART_NAMES, WEEKS_HIGH = 50, 104, 190
NAME_LETTERS = 14  # that a name at the newest bar has on a line


@lru_cache(maxsize=64)
def tone_chart(name: str, chart: ToneChart, width: int) -> str:
    """The chart of themes: on the left how often each is named, on the right its tone, negative or
    positive by side, sign and colour. The right half is left out if it would be empty.
    """
    half = (width - 18 - EDGES) // 2
    toned = any(row.tone is not None or row.said for row in chart.rows)
    often = frequency_bars(chart.rows).properties(
        width=half if toned else width - EDGES,
        height=alt.Step(BAND),
        title=column_title(chart.frequency_title, half),
    )
    tones = tone_bars(chart.rows).properties(
        width=half, height=alt.Step(BAND), title=column_title(chart.tone_title, half)
    )
    return svg.render_svg(
        alt.hconcat(*((often, tones) if toned else (often,)), spacing=18, bounds="flush"),
        name=name,
        title=chart.title,
        description=chart.description,
        marks="down",
        width=width,
    )


def column_title(words: str, width: int) -> alt.TitleParams:
    fits = len(words) * svg.LETTER * svg.SIZE < width
    return alt.TitleParams(
        words if fits else textwrap.wrap(words, len(words) // 2 + 1),
        anchor="start",
        fontSize=svg.SIZE,
        fontWeight="normal",
        color=svg.QUIET,
        offset=4,
    )


def tone_values(row: ToneRow) -> svg.ChartRow:
    signed = "" if row.tone is None else format_signed(row.tone)
    ends = {"low": row.tone if row.low is None else row.low}
    ends["high"] = row.tone if row.high is None else row.high
    more = {"signed": signed, "side": tone_side(row.tone), "full": full_length(row)}
    return row._asdict() | ends | more


def tone_side(tone: float | None) -> str:
    if tone is None or abs(tone) < EVEN:
        return "even"
    return "positive" if tone > 0 else "negative"


def themes_axis(rows: Sequence[ToneRow]) -> alt.Y:
    order = [row.name for row in rows]
    return alt.Y("name:N", sort=order, axis=None, scale=alt.Scale(domain=order, padding=0))


def frequency_bars(rows: Sequence[ToneRow]) -> alt.LayerChart | alt.FacetChart:
    names = themes_axis(rows)
    base = alt.Chart(svg.chart_data([*map(tone_values, rows)])).encode(y=names)
    words = base.mark_text(align="left", baseline="bottom", fontSize=svg.SIZE, limit=400)
    numbers = base.mark_text(align="left", baseline="middle", dx=6, dy=9, color=svg.QUIET)
    longest = max((full_length(row) for row in rows), default=0) or 1
    both = any(row.whole is not None for row in rows)
    # The longest bar leaves room for the words behind it, which are longer with two counts.
    scale = alt.Scale(domain=[0, (4.2 if both else 2.6) * longest])
    full, size = (alt.X(f"{field}:Q", axis=None, scale=scale) for field in ("full", "size"))
    bars = svg.name_rows(base.mark_bar(color=svg.BRAND, height=13, yOffset=9)).encode(x=size)
    # Behind the bar that counts each campaign once, a pale one with every text.
    behind = base.mark_bar(color=svg.GREY, height=13, yOffset=9).encode(x=full)
    return alt.layer(
        *([behind] if both else []),
        bars,
        numbers.encode(text="often:N", x=full),
        words.encode(text="name:N", x=alt.value(0)),
    )


def full_length(row: ToneRow) -> float:
    return max(row.size, row.whole or 0)


def tone_bars(rows: Sequence[ToneRow]) -> alt.LayerChart | alt.FacetChart:
    names = themes_axis(rows)
    # Room beyond 100 for the figure at the end of a full bar.
    scale = alt.Scale(domain=[-135, 135])
    known = [row for row in rows if row.tone is not None]
    base = alt.Chart(svg.chart_data([*map(tone_values, known)])).encode(y=names)
    tone = alt.X("tone:Q", axis=None, scale=scale)
    colour = alt.Color(
        "side:N",
        legend=None,
        scale=alt.Scale(
            domain=["negative", "even", "positive"], range=[svg.WARM, svg.GREY, svg.BRAND]
        ),
    )
    interval = base.mark_rule(color=svg.TEXT, yOffset=9).encode(
        x=alt.X("low:Q", axis=None, scale=scale), x2="high:Q"
    )
    layers: list[alt.Chart] = [
        base.mark_bar(height=13, yOffset=9).encode(x=tone, color=colour),
        interval,
        *[tone_labels(known, names, scale, below=below) for below in (True, False)],
        *[tone_words(rows, names, scale, worry=worry) for worry in (True, False)],
        alt.Chart(svg.chart_data([{"zero": 0}]))
        .mark_rule(color=svg.LINE)
        .encode(x=alt.X("zero:Q", axis=None, scale=scale)),
    ]
    return alt.layer(*layers)


def tone_labels(
    rows: Sequence[ToneRow], names: alt.Y, scale: alt.Scale, *, below: bool
) -> alt.Chart:
    """The figure at the end of its interval, away from zero."""
    here = [tone_values(row) for row in rows if row.tone is not None and (row.tone < 0) == below]
    words = alt.Chart(svg.chart_data(here)).mark_text(
        baseline="middle", align="right" if below else "left", dx=-4 if below else 4, dy=9
    )
    end = alt.X("low:Q" if below else "high:Q", axis=None, scale=scale)
    figures: alt.Chart = words.encode(y=names, x=end, text="signed:N")
    return figures


def tone_words(
    rows: Sequence[ToneRow], names: alt.Y, scale: alt.Scale, *, worry: bool
) -> alt.Chart:
    """The word of a theme without a number, on the side where its bar would be."""
    here = [row for row in rows if row.tone is None and row.said and row.worry == worry]
    words = alt.Chart(svg.chart_data([{**tone_values(row), "zero": 0} for row in here])).mark_text(
        baseline="middle", align="right" if worry else "left", dx=-6 if worry else 6, dy=9
    )
    chart: alt.Chart = words.encode(
        y=names, x=alt.X("zero:Q", axis=None, scale=scale), text="said:N"
    )
    return chart


@lru_cache(maxsize=64)
def bar_chart(name: str, chart: BarChart, width: int) -> str:
    values = [row._asdict() for row in chart.rows]
    base = alt.Chart(svg.chart_data(values)).encode(
        y=alt.Y(
            "name:N",
            sort=[row.name for row in chart.rows],
            title=None,
            axis=alt.Axis(ticks=False, domain=False, labelPadding=6),
        )
    )
    longest = max(row.length for row in chart.rows) or 1
    # Room for the words behind the longest bar.
    length = alt.X("length:Q", axis=None, scale=alt.Scale(domain=[0, 1.45 * longest]))
    labels = base.mark_text(align="left", baseline="middle", dx=5)
    return svg.render_svg(
        alt.layer(
            svg.name_rows(base.mark_bar(color=svg.BRAND, height=15)).encode(x=length),
            labels.encode(x=length, text="label:N"),
        ).properties(height=alt.Step(26)),
        name=name,
        title=chart.title,
        description=chart.description,
        marks="down",
        width=width,
    )


@lru_cache(maxsize=64)
def stacked_chart(name: str, chart: StackedChart, width: int) -> str:
    """Bars by week in two parts, with the name of each part at the newest bar, and next to it the
    range that was expected.
    """
    first, last = chart.weeks[0].start, chart.weeks[-1].start
    # A week of room on both sides, or the first and the last bar would be cut in half.
    ends = [(first - WEEK).isoformat(), (last + WEEK).isoformat()]
    span = alt.Scale(type="utc", domain=ends, nice=False)
    plot = width - WEEKS_EDGE - PART_NAMES
    thick = max(3.0, 0.7 * plot / (len(chart.weeks) + 1))
    tallest = max(sum(count or 0 for count in week.counts) for week in chart.weeks)
    top = max(tallest, chart.expected[1] if chart.expected else 0) or 1
    height = alt.Scale(domain=[0, top], nice=True)
    # The scale is fixed, so a mark of another time would be drawn outside the plot.
    rules = [mark_line(mark, span) for mark in chart.marks if first <= mark.day <= last]
    layers = [
        week_bars(chart, span, height, thick),
        *rules,
        *expected_range(chart, span, height),
        *part_names(chart, height, top),
    ]
    return svg.render_svg(
        alt.layer(*layers).properties(height=WEEKS_HIGH),
        name=name,
        title=chart.title,
        description=chart.description,
        marks="across",
        width=width,
    )


def week_bars(chart: StackedChart, span: alt.Scale, height: alt.Scale, thick: float) -> alt.Chart:
    values = [
        {"row": week.row, "start": week.start.isoformat(), "place": place, "count": count}
        for week in chart.weeks
        for place, count in enumerate(week.counts)
        if count
    ]
    # The lighter part has an edge, because it hardly differs from paper.
    bars = alt.Chart(svg.chart_data(values)).mark_bar(size=thick, stroke=svg.BRAND, strokeWidth=0.6)
    stacked: alt.Chart = svg.name_rows(bars, "row").encode(
        x=alt.X("start:T", scale=span, axis=time_axis([week.start for week in chart.weeks])),
        y=alt.Y("count:Q", title=None, scale=height, axis=alt.Axis(tickCount=4)),
        color=alt.Color("place:N", scale=alt.Scale(domain=[0, 1], range=list(SHADES)), legend=None),
        order=alt.Order("place:Q"),
    )
    return stacked


def expected_range(chart: StackedChart, span: alt.Scale, height: alt.Scale) -> list[alt.Chart]:
    """The range expected in the newest week, as a line beside its bar, with its label above."""
    if chart.expected is None:
        return []
    low, high, label = chart.expected
    beside = (chart.weeks[-1].start + WEEK).isoformat()
    base = alt.Chart(
        svg.chart_data([{"start": beside, "low": low, "high": high, "label": label}])
    ).encode(x=alt.X("start:T", scale=span))
    line = base.mark_rule(color=svg.WARM, strokeWidth=4).encode(
        y=alt.Y("low:Q", scale=height), y2="high:Q"
    )
    return [line]


def part_names(chart: StackedChart, height: alt.Scale, top: float) -> list[alt.Chart]:
    """The names of both parts at the middle of their part of the newest bar, and the words of the
    expected range at its top; moved apart where they would overlap.
    """
    fired, others = (count or 0 for count in chart.weeks[-1].counts)
    rows = [(fired / 2, chart.kinds[0], svg.BRAND), (fired + others / 2, chart.kinds[1], svg.TEXT)]
    if chart.expected:
        rows.append((chart.expected[1], chart.expected[2], svg.WARM))
    line = top * (svg.SIZE + 4) / WEEKS_HIGH
    least, layers = 0.0, []
    for at, words, colour in sorted(rows):
        # Names of two lines take twice the height.
        lines = textwrap.wrap(words.replace("\N{NO-BREAK SPACE}", " "), NAME_LETTERS)
        middle = max(at, least + line * len(lines) / 2)
        least = middle + line * len(lines) / 2
        text = alt.Chart(svg.chart_data([{"at": middle, "words": lines}])).mark_text(
            align="left",
            baseline="middle",
            dx=6,
            color=colour,
            fontWeight="bold",
            lineHeight=svg.SIZE + 3,
        )
        layers.append(
            text.encode(x=alt.value("width"), y=alt.Y("at:Q", scale=height), text="words:N")
        )
    return layers


def mark_line(mark: SeriesMark, span: alt.Scale) -> alt.Chart:
    line = alt.Chart(svg.chart_data([{"start": mark.day.isoformat()}]))
    rule: alt.Chart = line.mark_rule(color=svg.QUIET, strokeDash=[4, 3]).encode(
        x=alt.X("start:T", scale=span)
    )
    return rule
