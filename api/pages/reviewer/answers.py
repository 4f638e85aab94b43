"""The sums of answers under the index: by borough, and of one borough span by span."""

import datetime
from collections import defaultdict
from collections.abc import Iterator, Sequence

import msgspec
from litestar import get
from litestar.response import Template

from api import clock, figures
from api.intake import PERCEPTION
from api.pages.reviewer.complaints import reviewers
from api.pages.reviewer.deployments import Area, Day
from api.pages.reviewer.periods import period_of, presets
from api.pages.work import page
from api.wiring import FromDatabase, FromPerson
from survey.store import places, sums
from survey.sums import SpanSums

INDEX = (1, 2)  # persons with an index, and the sum of it
WINDOW = datetime.timedelta(days=27)


class Row(msgspec.Struct, frozen=True):
    """How many answered where and when, how many of them have an index, and its plain mean."""

    where: str
    when: str
    persons: int
    scored: int
    mean: str
    address: str = ""


@get("/work/answers", guards=reviewers, include_in_schema=False)
async def under(
    database: FromDatabase,
    person: FromPerson,
    start: Day = None,
    end: Day = None,
    area: Area = None,
) -> Template:
    """Without an area the sums of each; with one those of its weeks, parted where a month ends."""
    period = period_of(start, end, WINDOW)
    days = period.first, period.last
    async with database.connection() as connection:
        found = await sums.spans_of(connection, PERCEPTION, days, INDEX, area)
        layouts = await sums.layouts(connection)
        names = {one.code: one.name for one in (await places.get_city(connection)).areas}
    return page(
        "answers",
        person,
        rows=[*rows(found, layouts, names, area, period.query)],
        total=total(found, layouts),
        area=names.get(area, area) if area else "",
        code=area or "",
        whole=f"/work/answers?{period.query}",
        first=period.first,
        last=period.last,
        presets=presets(clock.today()),
    )


def total(found: Sequence[SpanSums], layouts: sums.Layouts) -> Row:
    """All of them together; a plain mean, before any weighting."""
    persons, scored, score = 0, 0, 0.0
    for span in found:
        with_index, summed = span.sums
        persons += span.persons
        scored += int(with_index)
        score += summed / layouts[PERCEPTION, span.version].unit
    mean = figures.number(score / scored) if scored else "none"
    return Row("All together", "", persons, scored, mean)


def rows(
    found: Sequence[SpanSums],
    layouts: sums.Layouts,
    names: dict[str, str],
    one: str | None,
    query: str,
) -> Iterator[Row]:
    """By name of the borough; of one borough in the order of time."""
    added: defaultdict[tuple[str, str], list[float]] = defaultdict(lambda: [0, 0, 0.0])
    for span in found:
        unit = layouts[PERCEPTION, span.version].unit
        mine = added[span.area, figures.short_day(span.since) if one else ""]
        with_index, total = span.sums
        for i, value in enumerate((span.persons, with_index, total / unit)):
            mine[i] += value
    order = sorted(added, key=lambda key: names.get(key[0], key[0]))
    for area, when in order:
        persons, scored, score = added[area, when]
        yield Row(
            where=names.get(area, area),
            when=when,
            persons=int(persons),
            scored=int(scored),
            mean=figures.number(score / scored) if scored else "none",
            address="" if one else f"/work/answers?{query}&area={area}",
        )


HANDLERS = [under]
