"""The deployment counts behind a figure: by borough, or by period for one borough."""

import datetime
from collections.abc import Sequence
from typing import Annotated

import msgspec
from litestar import get
from litestar.params import QueryParameter
from litestar.response import Template

from api import clock, formatting
from api.dependencies import ON_REPLICA, FromDatabase, FromPerson
from api.pages.registry import StaffPage
from api.pages.staff.data.periods import period_presets, requested_period
from api.pages.work import staff_page
from survey.deployments.counts import DeploymentCount, SourceCount
from survey.store import deployments, places

DayParameter = Annotated[datetime.date | None, QueryParameter(required=False)]
AreaParameter = Annotated[str | None, QueryParameter(required=False, pattern=r"^[A-Z0-9]{4,12}$")]
# Thirteen weeks with both ends, over which editions give rates by borough (decision 0005).
WINDOW = datetime.timedelta(days=90)
SEARCHES = "searches"


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
    database: FromDatabase,
    person: FromPerson,
    start: DayParameter = None,
    end: DayParameter = None,
    as_of: DayParameter = None,
    area: AreaParameter = None,
) -> Template:
    """Show the sums of each borough; for one area its counts as they were published."""
    period, known = requested_period(start, end, WINDOW), as_of or clock.today()
    async with database.connection() as connection:
        found = await deployments.load_counts(connection, period.first, period.last, as_of=known)
        names = {one.code: one.name for one in (await places.get_city(connection)).areas}
    # Counts of a group are part of those of all people: together they would count a use twice.
    counts = [one for one in found if one.count.group == "all" and area in (None, one.count.area)]
    query = f"{period.query}&as_of={known}"
    return staff_page(
        "data/deployments",
        person,
        tables=count_tables(counts, names, query, one=bool(area)),
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
    found: Sequence[SourceCount], names: dict[str, str], query: str, *, one: bool
) -> list[DeploymentCountTable]:
    """The tables of counts, uses of force before searches; by borough, or by period for one
    borough.
    """
    kinds = sorted(
        {(it.count.measure, it.source) for it in found}, key=lambda key: (key[0] == SEARCHES, key)
    )
    return [
        count_table(
            f"{plain_words(measure).capitalize()} ({plain_words(source)})",
            [it.count for it in found if (it.count.measure, it.source) == (measure, source)],
            names,
            "" if one else query,
        )
        for measure, source in kinds
    ]


def count_table(
    title: str, counts: list[DeploymentCount], names: dict[str, str], query: str
) -> DeploymentCountTable:
    """A row for each borough where there is a `query`, else one for each period."""
    order = list(formatting.TACTICS)
    known = {it.tactic for it in counts}
    tactics = sorted(known, key=lambda name: (name not in order, order.index(name) if name in order
                                              else 0, name))  # fmt: skip
    sums: dict[tuple[str, str], dict[str, int]] = {}
    for it in counts:
        where = names.get(it.area, it.area)
        key = (
            (where, it.area)
            if query
            else (it.start.isoformat(), formatting.format_dates(it.start, it.end))
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
    heads = [formatting.tactic_name(name) for name in tactics]
    return DeploymentCountTable(
        title, [*heads, "All"] if has_total(tactics) else heads, total, lines
    )


def has_total(tactics: Sequence[str]) -> bool:
    """Whether a total makes sense: each use counts once, but `ced` is a total already."""
    return len(tactics) > 1 and "ced" not in tactics


def cells_with_total(cells: list[int], tactics: Sequence[str]) -> list[int]:
    return [*cells, sum(cells)] if has_total(tactics) else cells


def plain_words(name: str) -> str:
    return name.replace("_", " ")


PAGES = [StaffPage([show_deployment_counts], linked_from="/work/files")]
