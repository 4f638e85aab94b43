"""The sums of answers behind the perception index: by borough, or by week for one borough."""

import datetime
from collections import defaultdict
from collections.abc import Iterator, Sequence

import msgspec
from litestar import get
from litestar.response import Template

from api import clock, formatting
from api.dependencies import ON_REPLICA, FromDatabase, FromPerson
from api.operations.submissions import PERCEPTION_SURVEY
from api.pages.registry import StaffPage
from api.pages.staff.data.deployments import AreaParameter, DayParameter
from api.pages.staff.data.periods import period_presets, requested_period
from api.pages.work import staff_page
from survey.store import places
from survey.store.surveys import sums
from survey.surveys.sums import SpanSums

INDEX = (1, 2)  # persons with an index, and the sum of it
# Four weeks with both ends, over which weekly editions report boroughs (decision 0005).
WINDOW = datetime.timedelta(days=27)


class AnswerSumsRow(msgspec.Struct, frozen=True):
    """How many answered where and when, how many have an index, and its unweighted mean."""

    where: str
    when: str
    persons: int
    scored: int
    mean: str
    address: str = ""


@get("/work/answers", dependencies=ON_REPLICA)
async def show_answer_sums(
    database: FromDatabase,
    person: FromPerson,
    start: DayParameter = None,
    end: DayParameter = None,
    area: AreaParameter = None,
) -> Template:
    """Show the sums of each borough; for one area its weeks, split at month ends."""
    period = requested_period(start, end, WINDOW)
    days = period.first, period.last
    async with database.connection() as connection:
        found = await sums.load_span_sums(connection, PERCEPTION_SURVEY, days, INDEX, area)
        layouts = await sums.load_layouts(connection)
        names = {one.code: one.name for one in (await places.get_city(connection)).areas}
    return staff_page(
        "data/answers",
        person,
        rows=[*answer_sum_rows(found, layouts, names, area, period.query)],
        total=total_row(found, layouts),
        area=names.get(area, area) if area else "",
        code=area or "",
        whole=f"/work/answers?{period.query}",
        first=period.first,
        last=period.last,
        presets=period_presets(clock.today()),
    )


def total_row(found: Sequence[SpanSums], layouts: sums.SumLayouts) -> AnswerSumsRow:
    """The sum of all rows, with an unweighted mean."""
    persons, scored, score = 0, 0, 0.0
    for span in found:
        with_index, summed = span.sums
        persons += span.persons
        scored += int(with_index)
        # Sums are whole numbers of a unit that each version has for itself (decision 0014).
        score += summed / layouts[PERCEPTION_SURVEY, span.version].unit
    mean = formatting.format_number(score / scored) if scored else "none"
    return AnswerSumsRow("All together", "", persons, scored, mean)


def answer_sum_rows(
    found: Sequence[SpanSums],
    layouts: sums.SumLayouts,
    names: dict[str, str],
    one: str | None,
    query: str,
) -> Iterator[AnswerSumsRow]:
    """The rows of the table, by borough name; for one borough, in order of time."""
    added: defaultdict[tuple[str, str], list[float]] = defaultdict(lambda: [0, 0, 0.0])
    for span in found:
        unit = layouts[PERCEPTION_SURVEY, span.version].unit
        mine = added[span.area, formatting.format_short_day(span.since) if one else ""]
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
            mean=formatting.format_number(score / scored) if scored else "none",
            address="" if one else f"/work/answers?{query}&area={area}",
        )


PAGES = [StaffPage([show_answer_sums], linked_from="/work/files")]
