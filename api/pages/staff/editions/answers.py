"""Answers and deployment counts under a figure, by borough or period; and whom no answer is of."""

import datetime
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Annotated

import anyio.to_thread
import msgspec
from litestar import get
from litestar.params import QueryParameter
from litestar.response import Template

from api import clock, locales
from api.dependencies import ON_REPLICA
from api.jobs.kinds import last_month, this_week
from api.locales import format_day
from api.operations import survey_rights
from api.operations.answers.submissions import PERCEPTION_SURVEY
from api.pages.organiser import survey_status
from api.pages.organiser.results import coverage
from api.pages.organiser.results.coverage import CoverageGroup, Shares
from api.pages.organiser.results.figures import load_residents, load_results
from api.pages.work import FromPage, StaffPage
from survey.deployments import DeploymentCount, SourceCount, month_end
from survey.places import Area
from survey.problems import Invalid
from survey.store import deployments, places
from survey.store.answers import sums
from survey.store.database import Database
from survey.store.surveys import instruments
from survey.surveys.instruments import Instrument, wording_text
from survey.surveys.sums import SpanSums

WEEK = datetime.timedelta(weeks=1)
DAY = datetime.timedelta(days=1)
DayParameter = Annotated[datetime.date | None, QueryParameter(required=False)]
AreaParameter = Annotated[str | None, QueryParameter(required=False, pattern=r"^[A-Z0-9]{4,12}$")]
# Thirteen weeks with both ends, over which editions give rates by borough (decision 0005).
DEPLOYMENT_WINDOW = datetime.timedelta(days=90)
SEARCHES = "searches"
INDEX = (1, 2)  # persons with an index, and the sum of it
# Four weeks with both ends, over which weekly editions report boroughs (decision 0005).
WINDOW = datetime.timedelta(days=27)
MOST_NAMED = 5


class ReviewerPeriod(msgspec.Struct, frozen=True):
    """A range of days, both included."""

    first: datetime.date
    last: datetime.date

    @property
    def query(self) -> str:
        return f"start={self.first}&end={self.last}"


def requested_period(
    start: datetime.date | None, end: datetime.date | None, window: datetime.timedelta
) -> ReviewerPeriod:
    last = end or clock.today()
    first = start or clock.day_before(last, window)
    if first > last:
        raise backwards_period(first, last)
    return ReviewerPeriod(first, last)


def backwards_period(first: datetime.date, last: datetime.date) -> Invalid:
    return Invalid(
        "period.backwards",
        f"The first day, {format_day(first)}, is after the last, {format_day(last)}.",
        "Go back and choose the earlier day first.",
    )


def period_presets(today: datetime.date) -> list[tuple[str, str]]:
    """The label and query of common date ranges; weeks run from Monday to Sunday."""
    # Only weeks that are over: the current one does not have all its counts yet.
    sunday = this_week(today) - DAY
    presets = [
        (f"Last {weeks} weeks", ReviewerPeriod(sunday - weeks * WEEK + DAY, sunday))
        for weeks in (4, 13, 52)
    ]
    month = last_month(today)
    presets.append((f"{month:%B %Y}", ReviewerPeriod(month, month_end(month))))
    return [(words, period.query) for words, period in presets]


class DeploymentCountRow(msgspec.Struct, frozen=True):
    """Counts of one borough or one period; `address` opens the periods of a borough."""

    head: str
    counts: list[int]
    address: str = ""


class DeploymentCountTable(msgspec.Struct, frozen=True):
    """Counts of one measure of one source, by tactic: sources and measures are never added."""

    title: str
    heads: list[str]
    total: list[int]
    lines: list[DeploymentCountRow]


@get("/work/deployments", dependencies=ON_REPLICA)
async def show_deployment_counts(
    page: FromPage,
    start: DayParameter = None,
    end: DayParameter = None,
    as_of: DayParameter = None,
    area: AreaParameter = None,
) -> Template:
    """Show the sums of each borough; with `area`, the counts of this borough as published."""
    period, known = requested_period(start, end, DEPLOYMENT_WINDOW), as_of or clock.today()
    async with page.connection() as connection:
        rows = await deployments.load_counts(connection, period.first, period.last, as_of=known)
        names = {area.code: area.name for area in (await places.get_city(connection)).areas}
    # Counts of a group are part of those of all people: together they would count a use twice.
    counts = [row for row in rows if row.count.group == "all" and area in (None, row.count.area)]
    query = f"{period.query}&as_of={known}"
    return page.show(
        "data/deployments",
        tables=count_tables(counts, names, query, is_one_area=bool(area)),
        area=names.get(area, area) if area else "",
        code=area or "",
        whole=f"/work/deployments?{query}",
        first=period.first,
        last=period.last,
        known=known,
        as_of=as_of or "",
        presets=period_presets(clock.today()),
    )


def count_tables(
    counts: Sequence[SourceCount], names: dict[str, str], query: str, *, is_one_area: bool
) -> list[DeploymentCountTable]:
    """A table for each measure and source, uses of force before searches: by borough, or by period
    if one borough was chosen.
    """
    kinds = sorted(
        {(it.count.measure, it.source) for it in counts}, key=lambda key: (key[0] == SEARCHES, key)
    )
    return [
        count_table(
            f"{plain_words(measure).capitalize()} ({plain_words(source)})",
            [it.count for it in counts if (it.count.measure, it.source) == (measure, source)],
            names,
            "" if is_one_area else query,
        )
        for measure, source in kinds
    ]


def count_table(
    title: str, counts: list[DeploymentCount], names: dict[str, str], query: str
) -> DeploymentCountTable:
    """A table with a row for each borough if there is a `query`, otherwise one for each period."""
    order = list(locales.TACTICS)
    known = {it.tactic for it in counts}
    tactics = sorted(known, key=lambda name: (name not in order, order.index(name) if name in order
                                              else 0, name))  # fmt: skip
    sums: dict[tuple[str, str], dict[str, int]] = {}
    for it in counts:
        where = names.get(it.area, it.area)
        key = (
            (where, it.area)
            if query
            else (it.start.isoformat(), locales.format_dates(it.start, it.end))
        )
        cells = sums.setdefault(key, {})
        cells[it.tactic] = cells.get(it.tactic, 0) + it.count
    lines = [
        DeploymentCountRow(
            key[0] if query else key[1],
            cells_with_total([cells.get(name, 0) for name in tactics], tactics),
            f"/work/deployments?{query}&area={key[1]}" if query else "",
        )
        # Keys begin with the name of a borough or an ISO date, so sorting suits both.
        for key, cells in sorted(sums.items())
    ]
    total = [sum(column) for column in zip(*(line.counts for line in lines), strict=True)]
    heads = [locales.tactic_name(name) for name in tactics]
    return DeploymentCountTable(
        title, [*heads, "All"] if has_total(tactics) else heads, total, lines
    )


def has_total(tactics: Sequence[str]) -> bool:
    """Whether a total over tactics makes sense: not for a single tactic, nor with `ced`, which is a
    total already.
    """
    return len(tactics) > 1 and "ced" not in tactics


def cells_with_total(cells: list[int], tactics: Sequence[str]) -> list[int]:
    return [*cells, sum(cells)] if has_total(tactics) else cells


def plain_words(name: str) -> str:
    return name.replace("_", " ")


class AnswerSumsRow(msgspec.Struct, frozen=True):
    """How many people answered, where and when; how many of them have an index, and its unweighted
    mean.
    """

    where: str
    when: str
    persons: int
    scored: int
    mean: str
    address: str = ""


@get("/work/answers", dependencies=ON_REPLICA)
async def show_answer_sums(
    page: FromPage, start: DayParameter = None, end: DayParameter = None, area: AreaParameter = None
) -> Template:
    """Show the sums of each borough; with `area`, that borough's sums by week, split at month
    ends.
    """
    period = requested_period(start, end, WINDOW)
    days = period.first, period.last
    async with page.connection() as connection:
        span_sums = await sums.load_span_sums(connection, PERCEPTION_SURVEY, days, INDEX, area)
        layouts = await sums.load_layouts(connection)
        names = {area.code: area.name for area in (await places.get_city(connection)).areas}
    return page.show(
        "data/answers",
        rows=[*answer_sum_rows(span_sums, layouts, names, area, period.query)],
        total=total_row(span_sums, layouts),
        area=names.get(area, area) if area else "",
        code=area or "",
        whole=f"/work/answers?{period.query}",
        first=period.first,
        last=period.last,
        presets=period_presets(clock.today()),
    )


def total_row(spans: Sequence[SpanSums], layouts: sums.SumLayouts) -> AnswerSumsRow:
    """The sum of all rows, with an unweighted mean."""
    persons, scored, score = 0, 0, 0.0
    for span in spans:
        with_index, summed = span.sums
        persons += span.persons
        scored += int(with_index)
        # Sums are whole numbers of a unit that each version has for itself (decision 0014).
        score += summed / layouts[PERCEPTION_SURVEY, span.version].unit
    mean = locales.format_number(score / scored) if scored else "none"
    return AnswerSumsRow("All together", "", persons, scored, mean)


def answer_sum_rows(
    spans: Sequence[SpanSums],
    layouts: sums.SumLayouts,
    names: dict[str, str],
    only_area: str | None,
    query: str,
) -> Iterator[AnswerSumsRow]:
    """The rows of the table, by borough name; for one borough, in order of time."""
    added: defaultdict[tuple[str, str], list[float]] = defaultdict(lambda: [0, 0, 0.0])
    for span in spans:
        unit = layouts[PERCEPTION_SURVEY, span.version].unit
        mine = added[span.area, locales.format_short_day(span.since) if only_area else ""]
        with_index, total = span.sums
        for i, value in enumerate((span.persons, with_index, total / unit)):
            mine[i] += value
    # By name only: the sort is stable, and the weeks of a borough come in order of time.
    order = sorted(added, key=lambda key: names.get(key[0], key[0]))
    for area, when in order:
        persons, scored, score = added[area, when]
        yield AnswerSumsRow(
            where=names.get(area, area),
            when=when,
            persons=int(persons),
            scored=int(scored),
            mean=locales.format_number(score / scored) if scored else "none",
            address="" if only_area else f"/work/answers?{query}&area={area}",
        )


class UnheardSurvey(msgspec.Struct, frozen=True, kw_only=True):
    """An open survey: how many answers are compared (out of more if `of_more`), which groups lack
    most answers, and which groups were not heard from.
    """

    title: str
    slug: str
    mode: str
    answers: int
    of_more: bool
    weighting: float | None
    silent: list[CoverageGroup]
    more: int
    lacking: list[CoverageGroup]


@get("/work/unheard")
async def show_unheard(page: FromPage) -> Template:
    """Show who has not been heard from in each open survey that nobody owns."""
    async with page.connection() as connection:
        overview = await instruments.load_overview(connection)
        areas = (await places.get_city(connection)).local_areas()
        residents = await load_residents(connection)
    shares = await anyio.to_thread.run_sync(coverage.all_shares, residents)
    running = [
        row.instrument
        for row in overview
        if row.survey.is_house
        and survey_rights.is_allowed(page.person, "see", row.survey)
        and survey_status(row.instrument, closed=row.closed) == "open"
    ]
    return page.show(
        "data/unheard",
        surveys=[
            await load_unheard(page.database, instrument, areas, shares) for instrument in running
        ],
    )


async def load_unheard(
    database: Database, instrument: Instrument, areas: Sequence[Area], shares: dict[str, Shares]
) -> UnheardSurvey:
    async with database.connection() as connection:
        chain = await instruments.load_history(connection, instrument.slug)
    shown = await load_results(database, chain)
    tables = coverage.coverage_tables(shown, areas, None, shares.get("", {}))
    within = [*coverage.groups_within(shown, areas, shares)]
    silent = [*coverage.silent_groups(tables), *within]
    return UnheardSurvey(
        title=wording_text(instrument.title),
        slug=instrument.slug,
        mode=instrument.mode,
        answers=shown.counted if shown.newest else 0,
        of_more=shown.counted < shown.answers,
        weighting=shown.weighting,
        silent=silent[:MOST_NAMED],
        more=max(0, len(silent) - MOST_NAMED),
        lacking=coverage.next_places(tables, within)[:MOST_NAMED],
    )


PAGES = [
    StaffPage([show_deployment_counts], linked_from="/work/files", group="Data"),
    StaffPage([show_answer_sums], linked_from="/work/files", group="Data"),
    StaffPage([show_unheard], menu="Not heard from", place=77, group="Data"),
]
