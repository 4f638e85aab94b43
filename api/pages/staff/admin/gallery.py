"""The gallery: every component and every kind of chart in its states, for whoever designs them.

It is made from the macros and drawing functions of the pages, so that a change of one shows here.
"""

import datetime
from collections.abc import Iterator

import anyio.to_thread
from litestar import get
from litestar.response import Template
from markupsafe import Markup

from api.editions import charts
from api.editions.areas import strip_of_areas
from api.editions.report import (
    AlertCard,
    FigureWord,
    KeyFigure,
    ReportCell,
    ReportTable,
    ReportTile,
    ReportVerdict,
)
from api.look import LOOK
from api.pages.staff.admin.health import draw_charts
from api.pages.work import FromPage, StaffPage
from survey.editions.figures import SeriesMark
from survey.editions.force import FunnelLimits

FIRST = datetime.date(2026, 1, 5)
MIDNIGHT = datetime.datetime.combine(FIRST, datetime.time())
WEEK = datetime.timedelta(days=7)
BEGINS = SeriesMark(FIRST + 4 * WEEK, "Pilot begins")
LONG = "Highbury, Holloway and the streets behind the stadium"
ARABIC = "حي المدينة القديمة"
AREAS = ("Barnet", "Camden", "Ealing", "Hackney", "Kingston upon Thames", "Southwark", ARABIC)
SAID = "A picture of the gallery, of made-up figures."
WITHHELD = ReportCell("withheld", withheld=True)
STATS = (
    KeyFigure(
        label="Perception index",
        window="4 weeks",
        value=ReportCell("59.7"),
        stream="sampled",
        change="Four weeks before: 59.1",
        interval="95% interval 57.0 to 62.4",
        base="1,570 residents answered",
        scale=(57.0, 59.7, 62.4),
    ),
    KeyFigure(label="People under 18", window="4 weeks", value=WITHHELD, base="Too few to show"),
    KeyFigure(
        label="People who wrote in",
        window="4 weeks",
        value=ReportCell("65"),
        stream="open",
        word=FigureWord("!", "Look at this", look=True),
    ),
)
ALERTS = tuple(
    AlertCard(
        level=level,
        level_said=said,
        standing=standing,
        standing_said=words,
        place=place,
        sentence="The index is far below what chance allows.",
        sign="▲",
        brief=("48; four weeks before: 57", "since 1 Nov 2026", "no owner yet"),
        facts=(("Now", "48"), ("Before", "57")),
    )
    for level, said, standing, words, place in (
        ("red", "Red", "new", "New", "Camden"),
        ("amber", "Amber", "continuing", "Continuing", LONG),
        ("data", "Data", "closed", "Closed", ARABIC),
    )
)
VERDICTS = (
    ReportVerdict(
        kind="found",
        label="Strong evidence",
        sentence="The index rose by 4 points.",
    ),
    ReportVerdict(
        kind="inconclusive", label="No clear evidence", sentence="Nothing clearly changed."
    ),
)
TABLE = ReportTable(
    caption="A table of a report",
    head=("Area", "Answers", "Index"),
    rows=(
        (ReportCell("Barnet"), ReportCell("1,240"), ReportCell("60.1")),
        (ReportCell(LONG, under="a small area"), ReportCell("95"), WITHHELD),
        (ReportCell(ARABIC), ReportCell("310"), ReportCell("58.8")),
    ),
    note="Figures of fewer than 10 people are withheld.",
)
TILES = tuple(
    ReportTile(
        name=name, short=short, value=value, standing=standing, said=said, column=column, row=1
    )
    for column, (name, short, value, standing, said) in enumerate(
        (
            ("Hillingdon", "HIL", "48", "below", "below the expected range"),
            ("Redbridge", "RDB", "60", "within", "within the expected range"),
            ("Kingston upon Thames", "KIN", "71", "above", "above the expected range"),
            ("Westminster", "WMN", "", "withheld", "withheld"),
        ),
        1,
    )
)
# What the page shows as if it had been typed and refused.
ERRORS = [("gallery-name", "Enter a name"), ("gallery-words", "Use 200 characters or fewer")]


@get("/work/gallery")
async def show_gallery(page: FromPage) -> Template:
    """With `direction=rtl` in its address the page runs from right to left."""
    named = list(gallery_charts())
    drawn = await anyio.to_thread.run_sync(draw_charts, named)
    return page.show(
        "admin/gallery",
        look=LOOK,
        charts=[(chart, Markup(drawn[name])) for name, chart in named],  # noqa: S704 - ours
        stats=STATS,
        alerts=ALERTS,
        verdicts=VERDICTS,
        report_table=TABLE,
        squares=TILES,
        errors=ERRORS,
        long=LONG,
        arabic=ARABIC,
        direction="rtl" if page.query.get("direction") == "rtl" else "ltr",
    )


def gallery_charts() -> Iterator[tuple[str, charts.Chart]]:
    """Each chart with its state as its title; its name tells it apart on the page."""
    all_of = (*lines(), *rows(), *counts(), *areas(), *maps(), *hours())
    return ((f"chart-{number}", chart) for number, chart in enumerate(all_of))


def line_points(values: list[float | None], n: int = 240) -> tuple[charts.LinePoint, ...]:
    return tuple(
        charts.LinePoint(
            FIRST + place * WEEK,
            value,
            None if value is None else value - 4,
            None if value is None else value + 4,
            n + 9 * place,
            flagged=n < 100,
        )
        for place, value in enumerate(values)
    )


def lines() -> Iterator[charts.Chart]:
    known: list[float | None] = [58, 59, 57, 60, 61, 60, 62, 60, 61, 59, 60, 61]
    for title, points, marks in (
        ("A line in its band, with a marked day", line_points(known), (BEGINS,)),
        ("A line with withheld weeks", line_points([*known[:4], None, None, *known[6:]]), ()),
        ("A line of two weeks", line_points(known[:2]), ()),
        ("A line of few answers", line_points(known[:6], n=40), ()),
    ):
        yield charts.LineChart(title=title, description=SAID, points=points, marks=marks)
    effects = tuple(
        charts.Effect(str(week), week, week / 4, week / 4 - 2, week / 4 + 2, week < 0)
        for week in range(-4, 6)
    )
    yield charts.EffectChart(
        title="Effects by week",
        description=SAID,
        axis="Weeks since the pilot began",
        weeks=tuple(range(-4, 6)),
        reach=(-4, 6),
        effects=effects,
        start=-0.5,
    )


def rows() -> Iterator[charts.Chart]:
    dots = tuple(
        charts.DotRow(name, 52 + 3 * place, 48 + 3 * place, 56 + 3 * place)
        for place, name in enumerate(AREAS)
    )
    withheld = charts.DotRow(LONG, None, None, None)
    few = charts.DotRow("Few answers", 66, 52, 80, flagged=True)
    city = (60, "London: 60")
    for title, shown in (
        ("Dots with intervals, and a name in Arabic", dots),
        ("Dots with a withheld row, few answers and a long name", (*dots[:2], few, withheld)),
        ("One dot", dots[:1]),
    ):
        yield charts.DotChart(title=title, description=SAID, rows=shown, line=city)
    yield charts.DotChart(
        title="Dots with strokes",
        description=SAID,
        strokes=True,
        rows=tuple(dot._replace(second=(dot.value or 0) - 5) for dot in dots[:4]),
    )
    yield charts.RatioChart(
        title="Ratios, one of them withheld",
        description=SAID,
        rows=(
            charts.RatioRow("Black, per resident", "residents", 3.1, 2.2, 4.4),
            charts.RatioRow("Asian, per resident", "residents", 1.1, 0.7, 1.6),
            charts.RatioRow("Black, per search", "searches", 1.4, 0.9, 2.1),
            charts.RatioRow("Asian, per search", "searches", None, None, None),
        ),
    )


def counts() -> Iterator[charts.Chart]:
    yield charts.BarChart(
        title="Bars",
        description=SAID,
        rows=tuple(
            charts.Bar(name, 90 - 20 * place, f"{90 - 20 * place}")
            for place, name in enumerate(("Drawn", "Aimed", LONG, ARABIC))
        ),
    )
    yield charts.ToneChart(
        title="Themes and their tone",
        description=SAID,
        rows=(
            charts.ToneRow("Fear of the weapon", 40, "19% (40 texts)", -42, -55, -29),
            charts.ToneRow("Young people", 28, "24% (60 texts)", -57, -99, -40)._replace(
                whole=40, every="34% (100 texts)"
            ),
            charts.ToneRow(LONG, 25, "12% (25 texts)", 26, 2, 51),
            charts.ToneRow(
                "Stop and search", 15, "7% (15 texts)", None, said="mostly worry", worry=True
            ),
            charts.ToneRow("Visibility", 10, "5% (10 texts)", None, said="not sure"),
        ),
        tone_title="Net sentiment, −100 to +100",
    )
    yield charts.StackedChart(
        title="Counts by week, one week withheld",
        description=SAID,
        kinds=("Fired", "Not fired"),
        expected=(20, 60, "Expected: 20 to 60"),
        marks=(BEGINS,),
        weeks=tuple(
            charts.WeekBars(
                str(week),
                FIRST + week * WEEK,
                tuple(None if week == 3 else 5 * (1 + (kind + week) % 4) for kind in (1, 4)),
            )
            for week in range(8)
        ),
    )


def areas() -> Iterator[charts.Chart]:
    values = (50.0, 56.0, 60.0, 61.0, 63.0, 70.0, 59.0)
    places = ("below", "low", "within", "within", "high", "above", "within")
    limits = FunnelLimits(200, 54, 66, 51, 69)
    yield charts.OrderedChart(
        title="Areas in order",
        description=SAID,
        line=(60, "London: 60"),
        rows=tuple(
            charts.OrderedRow(name, value, value - 5, value + 5, place, limits)
            for name, value, place in zip(AREAS, values, places, strict=True)
        ),
    )
    spots = [
        charts.StripSpot(name, value, value - 5, value + 5)
        for name, value in zip(AREAS, values, strict=True)
    ]
    spots.append(charts.StripSpot("Westminster", None))
    for title, marked in (
        ("A strip with one marked", "Hackney"),
        ("Marked, but withheld", "Westminster"),
    ):
        yield from strip_of_areas(title, spots, marked, (60, "London: 60"), "{:.0f}".format)


def maps() -> Iterator[charts.Chart]:
    standings = ("above", "within", "below", "withheld")
    yield charts.MapChart(
        title="A map, one area withheld",
        description=SAID,
        size=(400, 100),
        shapes=tuple(
            charts.MapShape(
                f"Area {number}",
                f"AR{number}",
                f"M{100 * number + 4},4h92v92h-92Z",
                (100 * number + 50, 50),
                5 - number if standing != "withheld" else 0,
                standing,
            )
            for number, standing in enumerate(standings)
        ),
    )


def hours() -> Iterator[charts.Chart]:
    yield charts.HourChart(
        title="By hour, two hours unknown",
        description=SAID,
        points=tuple(
            charts.HourPoint(MIDNIGHT.replace(hour=hour), None if hour in (4, 5) else hour % 7)
            for hour in range(24)
        ),
    )


PAGES = [StaffPage([show_gallery], linked_from="/work/service")]
