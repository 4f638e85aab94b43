"""Charts of the gallery: every kind, in the states that editions have; all figures are made up."""

import datetime
from collections.abc import Iterator

from api.editions import charts
from api.editions.areas import strip_of_areas
from survey.editions.figures import SeriesMark

FIRST = datetime.date(2026, 1, 5)
MIDNIGHT = datetime.datetime.combine(FIRST, datetime.time())
WEEK = datetime.timedelta(days=7)
BEGINS = SeriesMark(FIRST + 4 * WEEK, "Pilot begins")
LONG = "Highbury, Holloway and the streets behind the stadium"
ARABIC = "حي المدينة القديمة"
AREAS = ("Barnet", "Camden", "Ealing", "Hackney", "Kingston upon Thames", "Southwark", ARABIC)
SAID = "A picture of the gallery, of made-up figures."


def gallery_charts() -> Iterator[tuple[str, charts.Chart]]:
    """Each chart with its state as its title; its name tells it apart on the page."""
    all_of = (*lines(), *rows(), *counts(), *areas(), *hours())
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
        title="Dots with rings",
        description=SAID,
        rings=True,
        rows=tuple(dot._replace(second=(dot.value or 0) - 5) for dot in dots[:4]),
    )
    yield charts.RatioChart(
        title="Ratios, one of them withheld",
        description=SAID,
        rows=(
            charts.RatioRow("Black", "residents", 3.1, 2.2, 4.4),
            charts.RatioRow("Asian", "residents", 1.1, 0.7, 1.6),
            charts.RatioRow("Black", "searches", 1.4, 0.9, 2.1),
            charts.RatioRow("Asian", "searches", None, None, None),
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
            charts.ToneRow("Fear of the weapon", 40, "40 texts, 19%", -42, -55, -29),
            charts.ToneRow(LONG, 25, "25 texts, 12%", 26, 2, 51),
            charts.ToneRow(
                "Young people", 15, "15 texts, 7%", None, said="mostly worry", worry=True
            ),
            charts.ToneRow("Visibility", 10, "10 texts, 5%", None),
        ),
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
    limits = tuple(
        charts.FunnelLine(n, 60 - w, 60 + w, 60 - 1.5 * w, 60 + 1.5 * w)
        for n, w in ((100, 9), (200, 6), (400, 4), (700, 3))
    )
    yield charts.FunnelChart(
        title="A funnel",
        description=SAID,
        people="People who answered",
        target=60,
        spots=tuple(
            charts.FunnelSpot(name, 120 + 90 * number, value, place)
            for number, (name, value, place) in enumerate(zip(AREAS, values, places, strict=True))
        ),
        limits=limits,
    )
    yield charts.OrderedChart(
        title="Areas in order",
        description=SAID,
        line=(60, "London: 60"),
        rows=tuple(
            charts.OrderedRow(name, value, value - 5, value + 5, place, limits[1])
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


def hours() -> Iterator[charts.Chart]:
    yield charts.HourChart(
        title="By hour, two hours unknown",
        description=SAID,
        points=tuple(
            charts.HourPoint(MIDNIGHT.replace(hour=hour), None if hour in (4, 5) else hour % 7)
            for hour in range(24)
        ),
    )
