"""Figures on cases for a past period, as a page of tables and as CSV.

Both have passed the disclosure gate: the page shows no more than the file.
"""

import datetime
import re
from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
from litestar import Response, get
from litestar.params import QueryParameter
from litestar.response import Template

from api import clock, locales
from api.editions.rows import shown_status
from api.jobs import caseload as job
from api.jobs.kinds import last_month, this_week
from api.pages.staff.cases import OUTCOMES as DECIDED
from api.pages.work import FromPage, StaffPage
from survey.cases import allegation_kinds, allegation_title
from survey.deployments import month_end, months_before
from survey.editions.caseload import CHANNELS, MEASURES, OUTCOMES, CaseloadWait, SafeCaseload
from survey.editions.figures import Rate
from survey.editions.refusals import not_a_quarter, period_without_figures
from survey.files.delimited import write_csv
from survey.store import places
from survey.store.accounts import people
from survey.store.cases import caseload
from survey.store.database import Database

ADDRESS = "/work/complaints/figures"
WEEKS, MONTHS_OFFERED, QUARTERS_OFFERED, MONTHS_SHOWN = 13, 24, 8, 12
SETTLING_TIME = datetime.timedelta(
    days=28
)  # how long after a quarter ends its file can be downloaded
DAY = datetime.timedelta(days=1)
PeriodParameter = Annotated[
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
CsvRow = tuple[str | float | None, ...]
CSV_HEAD = (
    "start",
    "end",
    "as_of",
    "table",
    "row",
    "column",
    "unit",
    "value",
    "low",
    "high",
    "status",
)
COUNTED, RATED, WAITED = "count", "per 10,000 residents", "days"
WAIT_PARTS = {"reached": "taken", "waiting": "still waiting", "without": "ended before it"}
WAIT_TIMES = {
    "tenth": "one in ten within",
    "median": "half within",
    "ninetieth": "nine in ten within",
    "waited": "half of those still waiting have waited longer than",
}
LABELS: dict[str, Any] = {"MEASURES": MEASURES, "CHANNELS": CHANNELS, "OUTCOMES": OUTCOMES}


class CaseFiguresPeriod(msgspec.Struct, frozen=True):
    """A past period, its first and last day included, and its label.

    `file` says whether its figures may be downloaded: only those of quarters, which never overlap.
    """

    name: str
    start: datetime.date
    end: datetime.date
    file: bool = False


def offered_periods(first: datetime.date, today: datetime.date) -> dict[str, CaseFiguresPeriod]:
    """Past periods, newest first; a current one would reveal the cases of single days."""
    sunday = this_week(today) - DAY
    last = last_month(today)
    months = [months_before(last, many) for many in range(MONTHS_OFFERED)]
    periods = {
        "weeks": CaseFiguresPeriod(
            "Last 13 weeks", sunday - datetime.timedelta(weeks=WEEKS) + DAY, sunday
        ),
        "months": CaseFiguresPeriod("Last 12 months", months_before(last, 11), month_end(last)),
    }
    periods |= offered_quarters(first, last, today)
    for month in months:
        # The last month always, so that there is one to show before the first complaint.
        if month >= first.replace(day=1) or month == last:
            name = f"{month:%B %Y}"
            periods[f"{month:%Y-%m}"] = CaseFiguresPeriod(name, month, month_end(month))
    for year in range(today.year - 1, first.year - 1, -1):
        ends = datetime.date(year, 1, 1), datetime.date(year, 12, 31)
        periods[str(year)] = CaseFiguresPeriod(str(year), *ends)
    return periods


def offered_quarters(
    first: datetime.date, last: datetime.date, today: datetime.date
) -> dict[str, CaseFiguresPeriod]:
    """Calendar quarters that ended four weeks ago; `last` is the last month that is over."""
    ends = [months_before(last, many) for many in range(3 * QUARTERS_OFFERED)]
    return {
        f"{month.year}-q{month.month // 3}": CaseFiguresPeriod(
            f"{months_before(month, 2):%B} to {month:%B %Y}",
            months_before(month, 2),
            end,
            file=True,
        )
        for month in ends
        for end in [month_end(month)]
        # Quarters do not overlap, so no two files can be compared (decision 0017).
        if month.month % 3 == 0 and end + SETTLING_TIME <= today and end >= first
    }


def shown_months(periods: dict[str, CaseFiguresPeriod]) -> tuple[datetime.date, datetime.date]:
    """The first and last month to show: the last is this month; the first is twelve months before,
    or the first month offered if that is later.
    """
    this_month = clock.today().replace(day=1)
    offered_months = [
        period.start for code, period in periods.items() if re.fullmatch(r"\d{4}-\d\d", code)
    ]
    return max(months_before(this_month, MONTHS_SHOWN), min(offered_months)), this_month


async def load_figures(database: Database, period: CaseFiguresPeriod) -> SafeCaseload:
    kinds = [*allegation_kinds()]
    return await job.caseload_figures(database, (period.start, period.end), kinds, file=period.file)


def previous_period(chosen: CaseFiguresPeriod) -> CaseFiguresPeriod:
    """The period of the same length just before: whole months, or as many days."""
    start, end = chosen.start, chosen.end
    if start.day == 1 and end == month_end(end.replace(day=1)):
        months = 12 * (end.year - start.year) + end.month - start.month + 1
        first, last = months_before(start, months), start - DAY
    else:
        first, last = start - (end - start) - DAY, start - DAY
    return CaseFiguresPeriod(
        f"{locales.format_short_day(first)} to {locales.format_short_day(last)}", first, last
    )


@get(ADDRESS)
async def show_case_figures(page: FromPage, period: PeriodParameter = "weeks") -> Template:
    periods = await load_periods(page.database)
    chosen = find_period(periods, period)
    current = await load_figures(page.database, chosen)
    earlier = previous_period(chosen)
    earlier_figures = await load_figures(page.database, earlier)
    names = await load_area_names(page.database)
    rows = current.measures[1:]
    # None and withheld alike: an area without a row must not be known to have had no case.
    shown = [row for row in rows if any(getattr(row, name).events for name in MEASURES)]
    areas, silent = shown, [row for row in rows if row not in shown]
    # None and withheld are listed alike, so that a missing row says nothing (decision 0013).
    heard = [kind for kind in current.kinds if kind.total or any(kind.outcomes)]
    months = await job.months(page.database, *shown_months(periods))
    return page.show(
        "inbox/case_figures",
        periods=[
            {"value": code, "text": offered_period.name, "selected": code == period}
            for code, offered_period in periods.items()
        ],
        chosen=chosen,
        period=period,
        current=current,
        whole=current.measures[0],
        before=earlier,
        whole_before=earlier_figures.measures[0],
        waits_before={wait.step: wait for wait in earlier_figures.waits},
        most=max((area.complaints.events or 0 for area in areas), default=0),
        months=months,
        most_in_a_month=max(count or 0 for _, count in months),
        areas=areas,
        silent=[names.get(row.domain, row.domain) for row in silent],
        kinds=heard,
        unheard=[allegation_title(kind.kind) for kind in current.kinds if kind not in heard],
        names=NAMES | {name: kind.title for name, kind in allegation_kinds().items()} | names,
        **LABELS,
        **WORDINGS,
        returns=await job.load_returns(page.database, (chosen.start, chosen.end)),
        scattered=[NAMES[name] for name in MEASURES if current.scatter[name] > 1],
    )


@get(f"{ADDRESS}.csv")
async def download_quarter(page: FromPage, period: PeriodParameter = "weeks") -> Response[bytes]:
    """The tables of a quarter as they were at their first download; logged in the audit."""
    chosen = find_period(await load_periods(page.database), period)
    # Any other period overlaps a quarter, and the difference of two files could show one case.
    if not chosen.file:
        raise not_a_quarter()
    names = await load_area_names(page.database)
    async with page.connection() as connection:
        quarter = chosen.start, chosen.end
        file = await job.save_quarter_file(
            connection, quarter, [*allegation_kinds()], by=page.person.id
        )
        await people.append_audit(connection, "case figures exported", period, by=page.person.id)
    days = str(file.start), str(file.end), str(file.as_of)
    body = write_csv([CSV_HEAD, *([*days, *row] for row in csv_rows(file, names))])
    name = f"cases-{chosen.start}-{chosen.end}.csv"
    return Response(
        body,
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


async def load_periods(database: Database) -> dict[str, CaseFiguresPeriod]:
    async with database.connection() as connection:
        first = await caseload.find_first_received(connection)
    today = clock.today()
    return offered_periods(clock.local_day(first) if first else today, today)


def find_period(periods: dict[str, CaseFiguresPeriod], code: str) -> CaseFiguresPeriod:
    if code not in periods:
        raise period_without_figures(ADDRESS)
    return periods[code]


async def load_area_names(database: Database) -> dict[str, str]:
    async with database.connection() as connection:
        city = await places.get_city(connection)
    return {area.code: area.name for area in city.areas} | {city.name: f"All of {city.name}"}


def rate_text(rate: Rate) -> str:
    """A rate with its interval; empty if there is none."""
    if rate.per_10_000 is None:
        return ""
    figures = (rate.per_10_000, rate.low, rate.high)
    value, low, high = (locales.format_number(n or 0.0, "#,##0.00", places=2) for n in figures)
    return f"{value} ({locales.format_range(low, high)})"


def wait_text(wait: CaseloadWait, name: str) -> str:
    """A waiting time in words; “not reached yet” if too few cases have got to this percentile."""
    value = getattr(wait, name)
    if name in wait.beyond:
        return "not reached yet"
    if name == "waited" and value is not None:
        return f"over {locales.format_whole(value)} days"
    return "[c]" if value is None else f"{locales.format_number(value)} days"


WORDINGS: dict[str, Any] = {"rated": rate_text, "time": wait_text}


def csv_rows(current: SafeCaseload, names: dict[str, str]) -> Iterator[CsvRow]:
    for measure in current.measures:
        for name in MEASURES:
            rate: Rate = getattr(measure, name)
            where = "measures", names.get(measure.domain, measure.domain), NAMES[name]
            yield *where, COUNTED, rate.events, "", "", shown_status(rate.events)
            yield (
                *where,
                RATED,
                rate.per_10_000,
                rate.low,
                rate.high,
                shown_status(rate.per_10_000),
            )
    for channel, count in zip(CHANNELS, current.channels, strict=True):
        yield count_row("channels", "All complaints", NAMES[channel], count)
    for row in current.kinds:
        for outcome, count in zip(OUTCOMES, row.outcomes, strict=True):
            yield count_row("outcomes", allegation_title(row.kind), NAMES[outcome], count)
        yield count_row("outcomes", allegation_title(row.kind), "All outcomes", row.total)
    for outcome, count in zip(OUTCOMES, current.outcomes, strict=True):
        yield count_row("outcomes", "All kinds", NAMES[outcome], count)
    for wait in current.waits:
        for part, words in WAIT_PARTS.items():
            yield count_row("waits", NAMES[wait.step], words, getattr(wait, part))
        for name, words in WAIT_TIMES.items():
            value = getattr(wait, name)
            status = "not reached yet" if name in wait.beyond else shown_status(value)
            yield "waits", NAMES[wait.step], words, WAITED, value, "", "", status
    yield count_row("erased", "All complaints", "erased later", current.erased)


def count_row(table: str, row: str, column: str, count: int | None) -> CsvRow:
    return table, row, column, COUNTED, count, "", "", shown_status(count)


PAGES = [StaffPage([show_case_figures, download_quarter], linked_from="/work/complaints")]
