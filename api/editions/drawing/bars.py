"""Bar charts: counts, how often next to the tone, and counts by week in two parts."""

import datetime
import textwrap
from collections.abc import Callable, Sequence
from functools import lru_cache

import altair as alt

from api.editions.charts import BarChart, StackedChart, ToneChart, ToneRow
from api.editions.drawing import svg
from api.editions.drawing.lines import time_axis
from api.locales import format_signed
from api.look import CHART
from survey.editions.figures import SeriesMark

SLOT = 23  # a line of a theme: its name, and each of its bars
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
    often = frequency_bars(chart.rows).properties(
        width=half if chart.tone_title else width - EDGES,
        height=alt.Step(SLOT),
        title=column_title(chart.frequency_title, half),
    )
    tones = tone_bars(chart.rows).properties(
        width=half, height=alt.Step(SLOT), title=column_title(chart.tone_title, half)
    )
    return svg.render_svg(
        alt.hconcat(
            *((often, tones) if chart.tone_title else (often,)), spacing=18, bounds="flush"
        ),
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
    label = row.said if row.tone is None else format_signed(row.tone)
    slots = dict(zip(("first", "second", "third"), slots_of(row), strict=False))
    return row._asdict() | slots | {"label": label, "side": tone_side(row.tone)}


def tone_side(tone: float | None) -> str:
    if tone is None or abs(tone) < EVEN:
        return "even"
    return "positive" if tone > 0 else "negative"


def slots_of(row: ToneRow) -> list[str]:
    """The lines of a theme: its name, its bar, and below that the bar of every text, if any."""
    return [f"{row.name} {line}" for line in range(2 if row.whole is None else 3)]


def themes_axis(rows: Sequence[ToneRow], line: str) -> alt.Y:
    """The axis of themes with the marks on this line of each."""
    order = [slot for row in rows for slot in slots_of(row)]
    return alt.Y(f"{line}:N", sort=order, axis=None, scale=alt.Scale(domain=order, padding=0))


def frequency_bars(rows: Sequence[ToneRow]) -> alt.LayerChart | alt.FacetChart:
    once = [bar_values(row, row.size, row.reach, row.often) for row in rows]
    # Below the bar that counts each campaign once, a pale one with every text.
    twice = [
        bar_values(row, row.whole, row.whole_reach, row.every)
        for row in rows
        if row.whole is not None
    ]
    ends = [end for row in rows for end in (row.size, row.whole or 0, *both_reaches(row))]
    # The longest bar and its interval leave room for the words behind them.
    scale = alt.Scale(domain=[0, 2.6 * (max(ends, default=0) or 1)])

    def along(field: str) -> alt.X:
        return alt.X(f"{field}:Q", axis=None, scale=scale)

    layers = [
        alt.Chart(svg.chart_data([*map(tone_values, rows)]))
        .mark_text(align="left", baseline="bottom", dy=SLOT / 2, limit=400)
        .encode(y=themes_axis(rows, "first"), text="name:N", x=alt.value(0))
    ]
    for line, values, colour in (("second", once, svg.BRAND), ("third", twice, svg.GREY)):
        at = themes_axis(rows, line)
        base = alt.Chart(svg.chart_data(values)).encode(y=at)
        words = base.mark_text(align="left", baseline="middle", dx=6, color=svg.QUIET)
        layers += [
            svg.name_rows(base.mark_bar(color=colour, height=13)).encode(x=along("size")),
            *interval_lines(values, at, along),
            words.encode(text="words:N", x=along("end")),
        ]
    return alt.layer(*layers)


def both_reaches(row: ToneRow) -> tuple[float, ...]:
    return (*(row.reach or ()), *(row.whole_reach or ()))


def bar_values(
    row: ToneRow, size: float, reach: tuple[float, float] | None, words: str
) -> svg.ChartRow:
    """A bar with its interval, and its words at the end of both."""
    low, high = reach or (None, None)
    end = max(size, high or 0)
    return {**tone_values(row), "size": size, "low": low, "high": high, "words": words, "end": end}


def interval_lines(
    values: Sequence[svg.ChartRow], at: alt.Y, along: Callable[[str], alt.X]
) -> list[alt.Chart]:
    """The interval of each bar as a thin line, in white around it to be seen on a dark bar."""
    known = [value for value in values if value["low"] is not None]
    base = alt.Chart(svg.chart_data(known)).encode(y=at, x=along("low"), x2="high:Q")
    return [
        base.mark_rule(color="white", strokeWidth=3.4),
        base.mark_rule(color=svg.TEXT, strokeWidth=1.2),
    ]


def tone_bars(rows: Sequence[ToneRow]) -> alt.LayerChart | alt.FacetChart:
    names = themes_axis(rows, "second")
    # Room beyond 100 for the figure at the end of a full bar.
    scale = alt.Scale(domain=[-135, 135])
    values = [tone_values(row) for row in rows if row.tone is not None]
    base = alt.Chart(svg.chart_data(values)).encode(y=names)
    colour = alt.Color(
        "side:N",
        legend=None,
        scale=alt.Scale(
            domain=["negative", "even", "positive"], range=[svg.WARM, svg.GREY, svg.BRAND]
        ),
    )

    def along(field: str) -> alt.X:
        return alt.X(f"{field}:Q", axis=None, scale=scale)

    zero = alt.Chart(svg.chart_data([{"zero": 0}])).mark_rule(color=svg.LINE)
    layers: list[alt.Chart] = [
        base.mark_bar(height=13).encode(x=along("tone"), color=colour),
        *interval_lines(values, names, along),
        *[tone_labels(rows, scale, below=below) for below in (True, False)],
        zero.encode(x=along("zero")),
    ]
    return alt.layer(*layers)


def tone_labels(rows: Sequence[ToneRow], scale: alt.Scale, *, below: bool) -> alt.Chart:
    """The figure at the end of its interval, away from zero; the word of a theme without a figure
    on the side where its bar would be.
    """
    here = [
        {**tone_values(row), "end": row.tone or 0.0 if end is None else end}
        for row in rows
        for end in [row.low if below else row.high]
        if (row.worry if row.tone is None else row.tone < 0) == below
    ]
    words = alt.Chart(svg.chart_data(here)).mark_text(
        baseline="middle", align="right" if below else "left", dx=-4 if below else 4
    )
    labels: alt.Chart = words.encode(
        y=themes_axis(rows, "second"), x=alt.X("end:Q", axis=None, scale=scale), text="label:N"
    )
    return labels


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
