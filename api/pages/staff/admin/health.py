"""How the service is: its figures of the week, and the background jobs that wait or failed."""

import datetime
from collections.abc import Callable, Iterable, Iterator, Sequence

import anyio.to_thread
import msgspec
from litestar import get, post
from litestar.response import Redirect, Template
from markupsafe import Markup

from api import clock
from api.editions.charts import Chart, HourChart, HourPoint
from api.jobs.kinds import job_label
from api.locales import format_short_day
from api.observing.health import (
    BACKUP_AGE,
    LITTLE_FREE,
    WORKER_SILENCE,
    free_bytes,
    load_backup_failure,
    load_last_backup,
)
from api.pages.filters import moment
from api.pages.work import FromPage, StaffPage
from api.process.installation import code_version, import_lock
from api.settings import Settings
from survey.store import health, jobs
from survey.store.health import HealthFigures, HealthHour

SHOWN = datetime.timedelta(days=7)
HOUR = datetime.timedelta(hours=1)
OLD_TEXT = datetime.timedelta(hours=3)
GIGABYTE = 1_000_000_000


class HealthRow(msgspec.Struct, frozen=True):
    """A figure of the service; `remedy` says what to do where it needs a look, else ""."""

    name: str
    value: str
    remedy: str = ""
    address: str = ""


class HourSeries(msgspec.Struct, frozen=True):
    """A chart of the last week: its name, its title, and its value in each hour."""

    name: str
    title: str
    value: Callable[[HealthHour], float | None]


SERIES = (
    HourSeries("texts", "Texts waiting to be coded", lambda hour: hour.waiting_texts),
    HourSeries("jobs", "Jobs waiting", lambda hour: hour.waiting_jobs),
    HourSeries("requests", "Requests answered", lambda hour: hour.requests),
    HourSeries("failed", "Requests that failed", lambda hour: hour.failed_requests),
    HourSeries("slow", "Requests over one second", lambda hour: hour.slow_requests),
    HourSeries("free", "Free disk, GB", lambda hour: gigabytes(hour.free_bytes)),
)


@get("/work/service")
async def show_health(page: FromPage) -> Template:
    now = clock.now()
    async with page.connection() as connection:
        figures = await health.load_figures(connection)
        past = await health.load_hours(connection, now - SHOWN)
    charts = list(week_charts(past, now))
    drawn = await anyio.to_thread.run_sync(draw_charts, charts)
    return page.show(
        "admin/health",
        version=code_version(),
        rows=[
            *waiting_rows(figures, now),
            *past_rows(figures, now),
            *folder_rows(page.request.app.state.settings, figures, now),
            day_row(past, now),
        ],
        charts=[(chart, Markup(drawn[name])) for name, chart in charts],  # noqa: S704 - ours
        hours=[
            (moment(figures_then.hour), figures_then, gigabytes(figures_then.free_bytes))
            for figures_then in past[::-1]
        ],
    )


def waiting_rows(figures: HealthFigures, now: datetime.datetime) -> Iterator[HealthRow]:
    """The rows on texts and jobs that wait, and on jobs held because they failed too often."""
    texts, oldest = f"{figures.waiting_texts:,}", figures.oldest_text
    late = oldest is not None and now - oldest > OLD_TEXT
    if oldest:
        texts += f", the oldest since {moment(oldest)}"
    remedy = "They should take minutes. Check that a worker runs, or start another." if late else ""
    yield HealthRow("Texts waiting to be coded", texts, remedy)
    yield HealthRow("Jobs waiting", f"{figures.waiting_jobs:,}", address="/work/jobs")
    held = "Fix the cause, then let them run again." if figures.held_jobs else ""
    yield HealthRow("Jobs held after failing", f"{figures.held_jobs:,}", held, "/work/jobs")


def past_rows(figures: HealthFigures, now: datetime.datetime) -> Iterator[HealthRow]:
    """When a worker last finished something, and when an edition was last made."""
    last = figures.last_finished
    silent = last is None or now - last > WORKER_SILENCE
    remedy = "It should do so every hour. Check that a worker runs." if silent else ""
    yield HealthRow("Last job finished", moment(last) if last else "never", remedy)
    made = figures.last_edition
    shown = moment(made) if made else "none yet"
    yield HealthRow("Last edition made", shown, address="/work/editions")


def folder_rows(
    settings: Settings, figures: HealthFigures, now: datetime.datetime
) -> Iterator[HealthRow]:
    """The last backup, the disk and the database."""
    try:
        last, failure = load_last_backup(settings.data), load_backup_failure(settings.data)
    except (OSError, msgspec.MsgspecError):
        last, failure = None, None
    old = last is None or now - last.at > BACKUP_AGE
    remedy = "Run the command backup every night, and store it on another machine." if old else ""
    if failure:
        remedy = f"The backup of {moment(failure.at)} failed: {failure.why}"
    shown = moment(last.at) if last else "none is recorded in this data folder"
    yield HealthRow("Last backup", shown, remedy)
    free = free_bytes(settings.data)
    little = "Free some space: otherwise nothing can be saved." if free < LITTLE_FREE else ""
    yield HealthRow("Free disk", f"{free / GIGABYTE:,.1f} GB", little)
    used = "connection" if figures.connections == 1 else "connections"
    size = f"{figures.database_bytes / GIGABYTE:,.2f} GB, {figures.connections:,} {used}"
    yield HealthRow("Database", size)


def day_row(past: Sequence[HealthHour], now: datetime.datetime) -> HealthRow:
    """The requests of the last 24 hours."""
    day = [hour for hour in past if hour.hour > now - datetime.timedelta(days=1)]
    answered, failed = (
        sum(hour.requests for hour in day),
        sum(past_hour.failed_requests for past_hour in day),
    )
    slow = sum(hour.slow_requests for hour in day)
    shown = f"{answered:,}, of these {failed:,} failed and {slow:,} took over one second"
    remedy = "The log says where they failed." if failed else ""
    return HealthRow("Requests in 24 hours", shown, remedy)


def gigabytes(size: int | None) -> float | None:
    return None if size is None else round(size / GIGABYTE, 1)


def week_charts(
    past: Sequence[HealthHour], now: datetime.datetime
) -> Iterator[tuple[str, HourChart]]:
    """A chart of each series that has a value in the last week."""
    known = {past_hour.hour: past_hour for past_hour in past}
    first = now.replace(minute=0, second=0, microsecond=0) - SHOWN + HOUR
    every = [first.astimezone(datetime.UTC) + n * HOUR for n in range(SHOWN // HOUR)]
    for series in SERIES:
        # The hour as a clock on the wall shows it, without its zone.
        points = tuple(
            HourPoint(
                clock.local_time(hour).replace(tzinfo=None),
                series.value(known[hour]) if hour in known else None,
            )
            for hour in every
        )
        if described := describe(points):
            yield series.name, HourChart(title=series.title, description=described, points=points)


def describe(points: Sequence[HourPoint]) -> str:
    """The highest and the last value in words; "" if there is none."""
    seen = [(point.value, point.hour) for point in points if point.value is not None]
    if not seen:
        return ""
    highest, hour = max(seen, key=lambda pair: pair[0])
    at = f"{format_short_day(hour)}, {hour:%H:%M}"
    return f"Highest: {highest:,} ({at}). Last: {seen[-1][0]:,}. The table below has every hour."


def draw_charts(charts: Iterable[tuple[str, Chart]]) -> dict[str, str]:
    """The SVG of each chart. Called in a thread: loading the libraries takes a second at first."""
    with import_lock("api.editions.drawing"):
        from api.editions import drawing

    return drawing.render_named_charts(charts)


@get("/work/jobs")
async def list_jobs(page: FromPage) -> Template:
    async with page.connection() as connection:
        waiting = await jobs.load_waiting(connection)
        held = await jobs.load_held(connection)
    return page.show(
        "admin/jobs",
        label=job_label,
        waiting=waiting,
        held=held,
    )


@post("/work/jobs/release")
async def retry_failed_jobs(page: FromPage) -> Redirect:
    async with page.write("held jobs released", "jobs") as connection:
        await jobs.release_held(connection)
    return page.to("/work/jobs", "released")


PAGES = [
    StaffPage([show_health], menu="Service", place=135),
    StaffPage([list_jobs, retry_failed_jobs], menu="Jobs", place=130),
]
