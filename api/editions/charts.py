"""The kinds of chart that a chapter may have, as data; `api/editions/drawing` draws each one.

A chapter says what is shown and in which words, so that it needs no library for drawing. Words that
are the same in every chart of a kind are fields too: a drawing is cached by its chart, and must not
be of another language. Every chart has the same figures as a table of its section: each mark names
its row there, so that a reader who points at the mark gets the words of that row.
"""

import datetime
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from api.locales import edition_gettext as _
from api.locales import format_day, format_range
from survey.editions.figures import Estimate, Rate, SeriesMark
from survey.editions.force import FunnelLimits

FEWEST_POINTS = 2  # one point is not a line
FEWEST_BARS = 3  # a sentence says as much of one or two, in less room


def withheld_word() -> str:
    return _("withheld")


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """What every chart has: a title, and a description for people who do not see it."""

    title: str
    description: str


class LinePoint(NamedTuple):
    """One week of a line: its value with limits. `n` is the number of answers behind it, None if
    that is not drawn; `row` is the first cell of its row in the table. `level` is the height of the
    line there, if that is not the value (see `steady_points`).
    """

    start: datetime.date
    value: float | None
    low: float | None
    high: float | None
    n: int | None
    flagged: bool
    row: str = ""
    level: float | None = None


def estimate_point(start: datetime.date, estimate: Estimate, row: str = "") -> LinePoint:
    limits = estimate.value, estimate.low, estimate.high
    return LinePoint(start, *limits, estimate.n, estimate.status == "flagged", row)


def rate_point(start: datetime.date, rate: Rate, row: str = "") -> LinePoint:
    limits = rate.per_10_000, rate.low, rate.high
    return LinePoint(start, *limits, rate.events, flagged=False, row=row)


class LineChart(Chart, frozen=True, kw_only=True):
    """A value over time in its 95% band, with the number of answers below; `wide` if alone.

    `end` are the words at the last point: its figure and its interval.
    """

    points: tuple[LinePoint, ...]
    marks: tuple[SeriesMark, ...]
    end: tuple[str, str] = ("", "")
    respondents: str = msgspec.field(default_factory=lambda: _("Respondents"))
    wide: bool = False


class DotRow(NamedTuple):
    """A row of a chart of dots; `flagged` draws it hollow, for fewer than 100 answers, as in every
    chart. `second` is another figure of the row, `beside` are the words at its end.
    """

    name: str
    value: float | None
    low: float | None
    high: float | None
    flagged: bool = False
    second: float | None = None
    beside: str = ""


class DotChart(Chart, frozen=True, kw_only=True):
    """Dots with intervals, one a row, with a dashed line at `line` (a value and its label).

    `strokes` draws the second figure of each row as a stroke.
    """

    rows: tuple[DotRow, ...]
    line: tuple[float, str] | None = None
    step: int = 24
    strokes: bool = False
    withheld: str = msgspec.field(default_factory=withheld_word)


class RatioRow(NamedTuple):
    """A ratio with its limits. `kind` is the benchmark; each kind has a point of another shape.

    `least` and `most` are the range with unknowns, where there is one.
    """

    name: str
    kind: str
    value: float | None
    low: float | None
    high: float | None
    least: float | None = None
    most: float | None = None


class RatioChart(Chart, frozen=True, kw_only=True):
    """Ratios on an axis where each step doubles, with a line at 1."""

    rows: tuple[RatioRow, ...]
    withheld: str = msgspec.field(default_factory=withheld_word)


class Bar(NamedTuple):
    """A bar, and the words at its end."""

    name: str
    length: float
    label: str


class BarChart(Chart, frozen=True, kw_only=True):
    """Counts as bars, in the order of the rows."""

    rows: tuple[Bar, ...]


class ToneRow(NamedTuple):
    """A theme's frequency, and its tone: -100 to 100 with limits, else the word `said`, or "".

    `worry` if `said` means mostly worry. `whole` is the size with every text counted, where `size`
    counts each campaign once, and `every` are its words. `reach` is the interval of the size, and
    `whole_reach` that of the whole.
    """

    name: str
    size: float
    often: str
    tone: float | None
    low: float | None = None
    high: float | None = None
    said: str = ""
    worry: bool = False
    whole: float | None = None
    every: str = ""
    reach: tuple[float, float] | None = None
    whole_reach: tuple[float, float] | None = None


class ToneChart(Chart, frozen=True, kw_only=True):
    """Bars of frequency on the left and of tone on the right, each with its title; without a title
    of its own the right side is left out.
    """

    rows: tuple[ToneRow, ...]
    frequency_title: str = msgspec.field(default_factory=lambda: _("How often"))
    tone_title: str = ""


class WeekBars(NamedTuple):
    """One week of bars: its row in the table, and its counts in the order of the kinds."""

    row: str
    start: datetime.date
    counts: tuple[int | None, ...]


class StackedChart(Chart, frozen=True, kw_only=True):
    """Counts by week in two parts, each labelled at the last week; the first is dark and below.

    `expected` is the range that was expected in the last week, with its label.
    """

    kinds: tuple[str, str]
    weeks: tuple[WeekBars, ...]
    marks: tuple[SeriesMark, ...]
    expected: tuple[float, float, str] | None = None


class HourPoint(NamedTuple):
    """An hour, as the clock on the wall shows it, and its value; None if nobody looked."""

    hour: datetime.datetime
    value: float | None


class HourChart(Chart, frozen=True, kw_only=True):
    """A chart by hour, with an axis from zero; the other charts over time are by week."""

    points: tuple[HourPoint, ...]


class OrderedRow(NamedTuple):
    """An area with its own interval and the limits at its size; `place` is where it lies."""

    name: str
    value: float
    low: float | None
    high: float | None
    place: str
    limits: FunnelLimits | None


class OrderedChart(Chart, frozen=True, kw_only=True):
    """Areas in the order of the rows, with limits around `line`, the city's value and its label."""

    rows: tuple[OrderedRow, ...]
    line: tuple[float, str]
    step: int = 18


class Effect(NamedTuple):
    """An effect at the week `at`, with its row in the table; `apart` draws it as a cross."""

    row: str
    at: int
    value: float
    low: float | None
    high: float | None
    apart: bool


class EffectChart(Chart, frozen=True, kw_only=True):
    """Effects with their intervals by week, and a dashed line at `start`.

    `spread` leaves out labels of weeks that would touch.
    """

    axis: str
    weeks: tuple[int, ...]
    reach: tuple[float, float]
    effects: tuple[Effect, ...]
    start: float | None = None
    spread: bool = False


class MapShape(NamedTuple):
    """An area on a map: its outline as a path of SVG, and what its tile shows."""

    name: str
    short: str
    path: str
    middle: tuple[float, float]
    shade: int
    standing: str


class MapChart(Chart, frozen=True, kw_only=True):
    """Areas in their real boundaries, the darker the higher, with a sign outside the limits."""

    shapes: tuple[MapShape, ...]
    size: tuple[int, int]


class StripSpot(NamedTuple):
    """An area on a strip: its name, its figure (None if withheld), and the figure's limits."""

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None


class StripChart(Chart, frozen=True, kw_only=True):
    """All areas on one scale, the `marked` one with its `label`, and the city's figure at `line`.

    It shows where an area lies among all, and gives no rank: neighbours cannot be told apart.
    """

    spots: tuple[StripSpot, ...]
    marked: str
    label: str
    line: tuple[float, str] | None = None


NamedCharts = Iterator[tuple[str, Chart]]


def enough_bars(lengths: Iterable[float | None]) -> bool:
    """Whether a chart of bars would have more than one or two of them."""
    return sum(bool(length) for length in lengths) >= FEWEST_BARS


def line_end(points: Sequence[LinePoint], written: Callable[[float], str]) -> tuple[str, str]:
    """The words at the end of a line: its newest figure and interval; none if that is withheld."""
    newest = points[-1]
    if newest.value is None:
        return "", ""
    if newest.low is None or newest.high is None:
        return written(newest.value), ""
    return written(newest.value), format_range(written(newest.low), written(newest.high))


def steady_points(points: Sequence[LinePoint], step: int) -> Iterator[LinePoint]:
    """The points, with the line level where a rounded count (`n`) moved by no more than one step.

    Such a move may be no change at all: 17 and 18 round to 15 and 20.
    """
    held: LinePoint | None = None
    for point in points:
        if point.value is None or point.n is None:
            yield point
            continue
        if held is None or held.n is None or abs(point.n - held.n) > step:
            held = point
        yield point._replace(level=held.value)


def line_description(points: Sequence[LinePoint], written: Callable[[float], str]) -> str:
    """A line in words, for people who do not see it."""
    return " ".join((line_in_words(points, written), _("The table below has every figure.")))


def line_in_words(
    points: Sequence[LinePoint],
    written: Callable[[float], str],
    dated: Callable[[datetime.date], str] = format_day,
) -> str:
    """The first, last, lowest and highest values of a line, each with its day."""
    known = [(point, point.value) for point in points if point.value is not None]
    low, high = (choose(known, key=lambda pair: pair[1]) for choose in (min, max))
    said = [
        _("{value} ({day})").format(value=written(value), day=dated(point.start))
        for point, value in (known[0], known[-1], low, high)
    ]
    return _(
        "From {first} to {last}. Of {n} values, the lowest is {low} and the highest {high}."
    ).format(first=said[0], last=said[1], n=len(known), low=said[2], high=said[3])


def marks_between(
    marks: Sequence[SeriesMark], first: datetime.date, last: datetime.date
) -> tuple[SeriesMark, ...]:
    """The marks within the days of a chart: any other would stretch its axis."""
    return tuple(mark for mark in marks if first <= mark.day <= last)


def event_notes(
    marks: Sequence[SeriesMark], first: datetime.date, last: datetime.date
) -> Iterator[str]:
    """A line for each mark of a chart: its day, its name, and its note if it has one."""
    for mark in marks_between(marks, first, last):
        said = _("{day}: {label}.").format(day=format_day(mark.day), label=mark.label.rstrip("."))
        yield f"{said} {mark.note}".strip()
