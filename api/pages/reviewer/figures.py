"""Figures on complaints as cases: a page of tables for a period that is over, and the same as CSV.

What leaves has passed the gate: the page shows no more than the file holds.
"""

import datetime
import re
from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
from litestar import Response, get
from litestar.params import QueryParameter
from litestar.response import Template

from api import clock, figures
from api.jobs import calendar
from api.jobs import caseload as job
from api.pages.reviewer.complaints import OUTCOMES as DECIDED
from api.pages.reviewer.complaints import reviewers
from api.pages.work import page
from api.wiring import FromDatabase, FromPerson
from survey.allegations import kinds, title
from survey.caseload import CHANNELS, MEASURES, OUTCOMES, Measured, Told, Wait
from survey.formats.csv_files import write_csv
from survey.problems import Invalid
from survey.reports import Rate
from survey.store import caseload, people, places
from survey.store.database import Database

ADDRESS = "/work/complaints/figures"
WEEKS, MONTHS_OFFERED, QUARTERS_OFFERED, MONTHS_SHOWN = 13, 24, 8, 12
SETTLED = datetime.timedelta(days=28)  # from the end of a quarter to its file
DAY = datetime.timedelta(days=1)
Asked = Annotated[
    str,
    QueryParameter(
        required=False, pattern=r"^(weeks|months|\d{4}|\d{4}-(0[1-9]|1[0-2])|\d{4}-q[1-4])$"
    ),
]
NAMES = {
    "complaints": "Complaints",
    "cases": "Cases",
    "allegations": "Allegations",
    "persons": "Persons",
    "online": "Online",
    "phone": "By telephone",
    "paper": "On paper",
    "in_person": "In person",
    "acknowledged": "Acknowledged",
    "decided": "Decided",
    "closed": "Closed",
    "undecided": "Not decided yet",
} | DECIDED
Row = tuple[str | float | None, ...]
HEAD = ("start", "end", "as_of", "table", "row", "column", "unit", "value", "low", "high", "status")
COUNTED, RATED, WAITED = "count", "per 10,000 residents", "days"
PARTS = {"reached": "taken", "waiting": "still waiting", "without": "ended before it"}
TIMES = {
    "tenth": "one in ten within",
    "median": "half within",
    "ninetieth": "nine in ten within",
    "waited": "half of those still waiting have waited longer than",
}


class Period(msgspec.Struct, frozen=True):
    """Days that are over, both ends included, and what they are called.

    `file` where they may be taken as one: quarters, no two of which overlap.
    """

    name: str
    start: datetime.date
    end: datetime.date
    file: bool = False


def offered(first: datetime.date, today: datetime.date) -> dict[str, Period]:
    """Periods that are over, the newest first; one that still runs would tell each day's cases."""
    sunday = calendar.this_week(today) - DAY
    last = calendar.last_month(today)
    months = [back(last, many) for many in range(MONTHS_OFFERED)]
    found = {
        "weeks": Period("Last 13 weeks", sunday - datetime.timedelta(weeks=WEEKS) + DAY, sunday),
        "months": Period("Last 12 months", back(last, 11), calendar.month_end(last)),
    }
    found |= quarters(first, last, today)
    for month in months:
        if month >= first.replace(day=1) or month == last:
            name = f"{month:%B %Y}"
            found[f"{month:%Y-%m}"] = Period(name, month, calendar.month_end(month))
    for year in range(today.year - 1, first.year - 1, -1):
        ends = datetime.date(year, 1, 1), datetime.date(year, 12, 31)
        found[str(year)] = Period(str(year), *ends)
    return found


def quarters(first: datetime.date, last: datetime.date, today: datetime.date) -> dict[str, Period]:
    """Calendar quarters that ended four weeks ago; `last` is the last month that is over."""
    ends = [back(last, many) for many in range(3 * QUARTERS_OFFERED)]
    return {
        f"{month.year}-q{month.month // 3}": Period(
            f"{back(month, 2):%B} to {month:%B %Y}", back(month, 2), end, file=True
        )
        for month in ends
        for end in [calendar.month_end(month)]
        if month.month % 3 == 0 and end + SETTLED <= today and end >= first
    }


def shown_months(periods: dict[str, Period]) -> tuple[datetime.date, datetime.date]:
    """The first of the last twelve months, none before the first complaint, and this month."""
    this_month = clock.today().replace(day=1)
    offered_months = [
        one.start for code, one in periods.items() if re.fullmatch(r"\d{4}-\d\d", code)
    ]
    return max(back(this_month, MONTHS_SHOWN), min(offered_months)), this_month


def back(month: datetime.date, many: int) -> datetime.date:
    """The first day of the month so many months before."""
    years, left = divmod(month.year * 12 + month.month - 1 - many, 12)
    return datetime.date(years, left + 1, 1)


def before(chosen: Period) -> Period:
    """As long a time directly before it: whole months before whole months, else as many days."""
    start, end = chosen.start, chosen.end
    if start.day == 1 and end == calendar.month_end(end.replace(day=1)):
        months = 12 * (end.year - start.year) + end.month - start.month + 1
        first, last = back(start, months), start - DAY
    else:
        first, last = start - (end - start) - DAY, start - DAY
    return Period(f"{figures.short_day(first)} to {figures.short_day(last)}", first, last)


@get(ADDRESS, guards=reviewers, include_in_schema=False)
async def read(database: FromDatabase, person: FromPerson, period: Asked = "weeks") -> Template:
    periods = await periods_of(database)
    chosen = chosen_of(periods, period)
    told = await job.figures(database, (chosen.start, chosen.end), [*kinds()], file=chosen.file)
    earlier = before(chosen)
    told_before = await job.figures(database, (earlier.start, earlier.end), [*kinds()])
    names = await names_of(database)
    areas, silent = parted(told.measures[1:])
    months = await job.months(database, *shown_months(periods))
    return page(
        "case_figures",
        person,
        periods=[
            {"value": code, "text": one.name, "selected": code == period}
            for code, one in periods.items()
        ],
        chosen=chosen,
        period=period,
        told=told,
        whole=told.measures[0],
        before=earlier,
        whole_before=told_before.measures[0],
        waits_before={one.step: one for one in told_before.waits},
        most=max((one.complaints.events or 0 for one in areas), default=0),
        months=months,
        most_in_a_month=max(count or 0 for _, count in months),
        areas=areas,
        silent=[names.get(one.domain, one.domain) for one in silent],
        kinds=[one for one in told.kinds if one.total or any(one.outcomes)],
        unheard=[title(one.kind) for one in told.kinds if not (one.total or any(one.outcomes))],
        names=NAMES | {name: kind.title for name, kind in kinds().items()} | names,
        MEASURES=MEASURES,
        CHANNELS=CHANNELS,
        OUTCOMES=OUTCOMES,
        rated=rated,
        time=time,
        scattered=[NAMES[name] for name in MEASURES if told.scatter[name] > 1],
    )


@get(f"{ADDRESS}.csv", guards=reviewers, include_in_schema=False)
async def as_csv(
    database: FromDatabase, person: FromPerson, period: Asked = "weeks"
) -> Response[bytes]:
    """The tables of a quarter as they were first taken, one figure a row; noted in the audit."""
    chosen = chosen_of(await periods_of(database), period)
    if not chosen.file:
        raise not_a_quarter()
    names = await names_of(database)
    async with database.connection() as connection:
        quarter = chosen.start, chosen.end
        told = await job.take_file(connection, quarter, [*kinds()], by=person.id)
        await people.note(connection, "case figures exported", period, by=person.id)
    days = str(told.start), str(told.end), str(told.as_of)
    body = write_csv([HEAD, *([*days, *row] for row in rows(told, names))])
    name = f"cases-{chosen.start}-{chosen.end}.csv"
    return Response(
        body,
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


async def periods_of(database: Database) -> dict[str, Period]:
    async with database.connection() as connection:
        first = await caseload.first_received(connection)
    today = clock.today()
    return offered(first.astimezone(clock.LONDON).date() if first else today, today)


def chosen_of(periods: dict[str, Period], code: str) -> Period:
    if code not in periods:
        raise Invalid(
            "figures.period",
            "There are no figures for that period: it is not over yet, or no complaint had been "
            "made by then.",
            f"Choose one of the periods listed at {ADDRESS}.",
        )
    return periods[code]


def not_a_quarter() -> Invalid:
    return Invalid(
        "figures.not_a_quarter",
        "Only figures for a calendar quarter that ended at least four weeks ago can be downloaded.",
        "Choose a quarter: files for overlapping periods could reveal single complaints.",
    )


async def names_of(database: Database) -> dict[str, str]:
    async with database.connection() as connection:
        city = await places.get_city(connection)
    return {area.code: area.name for area in city.areas} | {city.name: f"All of {city.name}"}


def parted(rows: tuple[Measured, ...]) -> tuple[list[Measured], list[Measured]]:
    """Boroughs of which something is told, and those of which nothing is."""
    told = [one for one in rows if any(getattr(one, name).events for name in MEASURES)]
    return told, [one for one in rows if one not in told]


def rated(one: Rate) -> str:
    """The rate with its interval, or why there is none."""
    if one.per_10_000 is None:
        return ""
    told = (one.per_10_000, one.low, one.high)
    value, low, high = (figures.number(n or 0.0, "#,##0.00", places=2) for n in told)
    return f"{value} ({low}{figures.TO}{high})"


def time(one: Wait, name: str) -> str:
    """Days in words; what most cases have not reached yet is no time."""
    value = getattr(one, name)
    if name in one.beyond:
        return "not reached yet"
    if name == "waited" and value is not None:
        return f"over {figures.whole(value)} days"
    return "[c]" if value is None else f"{figures.number(value)} days"


def rows(told: Told, names: dict[str, str]) -> Iterator[Row]:
    for one in told.measures:
        for name in MEASURES:
            rate: Rate = getattr(one, name)
            where = "measures", names.get(one.domain, one.domain), NAMES[name]
            yield *where, COUNTED, rate.events, "", "", standing(rate.events)
            yield *where, RATED, rate.per_10_000, rate.low, rate.high, standing(rate.per_10_000)
    for channel, count in zip(CHANNELS, told.channels, strict=True):
        yield count_row("channels", "All complaints", NAMES[channel], count)
    for row in told.kinds:
        for outcome, count in zip(OUTCOMES, row.outcomes, strict=True):
            yield count_row("outcomes", title(row.kind), NAMES[outcome], count)
        yield count_row("outcomes", title(row.kind), "All outcomes", row.total)
    for outcome, count in zip(OUTCOMES, told.outcomes, strict=True):
        yield count_row("outcomes", "All kinds", NAMES[outcome], count)
    for wait in told.waits:
        yield from waited(wait)
    yield count_row("erased", "All complaints", "erased later", told.erased)


def waited(one: Wait) -> Iterator[Row]:
    for part, words in PARTS.items():
        yield count_row("waits", NAMES[one.step], words, getattr(one, part))
    for name, words in TIMES.items():
        value = getattr(one, name)
        stands = "not reached yet" if name in one.beyond else standing(value)
        yield "waits", NAMES[one.step], words, WAITED, value, "", "", stands


def count_row(table: str, row: str, column: str, count: int | None) -> Row:
    return table, row, column, COUNTED, count, "", "", standing(count)


def standing(value: float | None) -> str:
    return "withheld" if value is None else "shown"


HANDLERS: list[Any] = [read, as_csv]
