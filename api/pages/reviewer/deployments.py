"""The counts of deployments under a figure: by borough, and of one borough day by day."""

import datetime
from collections.abc import Sequence
from typing import Annotated

import msgspec
from litestar import get
from litestar.params import QueryParameter
from litestar.response import Template

from api import clock, figures
from api.pages.reviewer.complaints import reviewers
from api.pages.reviewer.periods import period_of, presets
from api.pages.work import page
from api.wiring import FromDatabase, FromPerson
from survey.deployments import Count, SourceCount
from survey.store import deployments, places

Day = Annotated[datetime.date | None, QueryParameter(required=False)]
Area = Annotated[str | None, QueryParameter(required=False, pattern=r"^[A-Z0-9]{4,12}$")]
WINDOW = datetime.timedelta(days=90)
SEARCHES = "searches"


class Line(msgspec.Struct, frozen=True):
    """What was counted in one place, or in one period of it; `address` leads to its periods."""

    head: str
    counts: list[int]
    address: str = ""


class Counted(msgspec.Struct, frozen=True):
    """One thing that one source counts, by use: sources and measures are never added up."""

    title: str
    heads: list[str]
    total: list[int]
    lines: list[Line]


@get("/work/deployments", guards=reviewers, include_in_schema=False)
async def under(
    database: FromDatabase,
    person: FromPerson,
    start: Day = None,
    end: Day = None,
    as_of: Day = None,
    area: Area = None,
) -> Template:
    """Without an area the sums of each; with one its counts as they were told."""
    period, known = period_of(start, end, WINDOW), as_of or clock.today()
    async with database.connection() as connection:
        found = await deployments.counts(connection, period.first, period.last, as_of=known)
        names = {one.code: one.name for one in (await places.get_city(connection)).areas}
    told = [one for one in found if one.count.group == "all" and area in (None, one.count.area)]
    query = f"{period.query}&as_of={known}"
    return page(
        "deployments",
        person,
        tables=tables(told, names, query, one=bool(area)),
        area=names.get(area, area) if area else "",
        code=area or "",
        whole=f"/work/deployments?{query}",
        first=period.first,
        last=period.last,
        known=known,
        as_of=as_of or "",
        presets=presets(clock.today()),
    )


def tables(
    found: Sequence[SourceCount], names: dict[str, str], query: str, *, one: bool
) -> list[Counted]:
    """Uses of force before searches; by borough, or, of one borough, by period."""
    kinds = sorted(
        {(it.count.measure, it.source) for it in found}, key=lambda key: (key[0] == SEARCHES, key)
    )
    return [
        table_of(
            f"{plainly(measure).capitalize()} ({plainly(source)})",
            [it.count for it in found if (it.count.measure, it.source) == (measure, source)],
            names,
            "" if one else query,
        )
        for measure, source in kinds
    ]


def table_of(title: str, counts: list[Count], names: dict[str, str], query: str) -> Counted:
    """A row for each borough where there is a `query`, else one for each period."""
    order = list(figures.TACTICS)
    known = {it.tactic for it in counts}
    tactics = sorted(known, key=lambda name: (name not in order, order.index(name) if name in order
                                              else 0, name))  # fmt: skip
    sums: dict[tuple[str, str], dict[str, int]] = {}
    for it in counts:
        where = names.get(it.area, it.area)
        key = (where, it.area) if query else (it.start.isoformat(), figures.dates(it.start, it.end))
        cells = sums.setdefault(key, {})
        cells[it.tactic] = cells.get(it.tactic, 0) + it.count
    lines = [
        Line(
            key[0] if query else key[1],
            with_all([cells.get(name, 0) for name in tactics], tactics),
            f"/work/deployments?{query}&area={key[1]}" if query else "",
        )
        for key, cells in sorted(sums.items())
    ]
    total = [sum(column) for column in zip(*(line.counts for line in lines), strict=True)]
    heads = [figures.tactic_name(name) for name in tactics]
    return Counted(title, [*heads, "All"] if is_added_up(tactics) else heads, total, lines)


def is_added_up(tactics: Sequence[str]) -> bool:
    """Each use counts once, under its most severe tactic; `ced` is their sum already."""
    return len(tactics) > 1 and "ced" not in tactics


def with_all(cells: list[int], tactics: Sequence[str]) -> list[int]:
    return [*cells, sum(cells)] if is_added_up(tactics) else cells


def plainly(name: str) -> str:
    return name.replace("_", " ")


HANDLERS = [under]
