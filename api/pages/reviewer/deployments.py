"""The counts of deployments under a figure: by borough, and of one borough day by day."""

import datetime
from collections.abc import Iterator, Sequence
from typing import Annotated

import msgspec
from litestar import get
from litestar.params import QueryParameter
from litestar.response import Template

from api import clock, figures
from api.pages.reviewer.complaints import reviewers
from api.pages.work import page
from api.wiring import FromDatabase, FromPerson
from survey.deployments import SourceCount
from survey.store import deployments, places

Day = Annotated[datetime.date | None, QueryParameter(required=False)]
Area = Annotated[str | None, QueryParameter(required=False, pattern=r"^[A-Z0-9]{4,12}$")]
WINDOW = datetime.timedelta(days=90)


class Row(msgspec.Struct, frozen=True):
    """How often, where, when, what of and who says so; `address` where more is to be seen."""

    where: str
    when: str
    tactic: str
    measure: str
    source: str
    count: int
    address: str = ""


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
    last = end or clock.today()
    first, known = start or clock.before(last, WINDOW), as_of or clock.today()
    async with database.connection() as connection:
        found = await deployments.counts(connection, first, last, as_of=known)
        names = {one.code: one.name for one in (await places.get_city(connection)).areas}
    told = [one for one in found if one.count.group == "all" and area in (None, one.count.area)]
    query = f"start={first}&end={last}&as_of={known}"
    rows = [*one_by_one(told, names)] if area else [*sums_by_area(told, names, query)]
    return page(
        "deployments",
        person,
        rows=rows,
        area=names.get(area, area) if area else "",
        whole=f"/work/deployments?{query}",
        first=first,
        last=last,
        known=known,
    )


def sums_by_area(found: Sequence[SourceCount], names: dict[str, str], query: str) -> Iterator[Row]:
    """Figures of two sources or two measures stand apart: they are never added up."""
    sums: dict[tuple[str, str, str, str], int] = {}
    for one in found:
        key = one.count.area, one.count.tactic, one.count.measure, one.source
        sums[key] = sums.get(key, 0) + one.count.count
    for (area, tactic, measure, source), count in sorted(
        sums.items(), key=lambda found: (names.get(found[0][0], found[0][0]), found[0][1:])
    ):
        yield Row(
            where=names.get(area, area),
            when="all days",
            tactic=figures.tactic_name(tactic),
            measure=plainly(measure),
            source=plainly(source),
            count=count,
            address=f"/work/deployments?{query}&area={area}",
        )


def one_by_one(found: Sequence[SourceCount], names: dict[str, str]) -> Iterator[Row]:
    for one in found:
        count = one.count
        yield Row(
            where=names.get(count.area, count.area),
            when=figures.dates(count.start, count.end),
            tactic=figures.tactic_name(count.tactic),
            measure=plainly(count.measure),
            source=plainly(one.source),
            count=count.count,
        )


def plainly(name: str) -> str:
    return name.replace("_", " ")


HANDLERS = [under]
