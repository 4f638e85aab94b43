"""Reads what publishers counted: uses of force by one of them, searches, and their perception."""

import datetime
from collections import Counter
from collections.abc import Sequence
from typing import Any

from analysis.edition import PILOT, spans
from analysis.material import is_use
from survey.deployments import Change, Count, Perception
from survey.editions import Edition
from survey.store import deployments
from survey.store.database import Connection

YEAR = datetime.timedelta(days=360)
BEFORE = datetime.timedelta(days=371)  # 53 weeks, so that a year to any day lies in whole
MEASURES = ("incidents", "subjects", "officer_reports")
SEARCHES = "searches"
Period = tuple[datetime.date, datetime.date]
Rows = Sequence[Any]


async def counted(
    connection: Connection, first: datetime.date, period: Period, as_of: datetime.date
) -> dict[str, Any]:
    """What was counted of deployments, by one publisher, and in what measure; and of searches."""
    rows = await deployments.counts(connection, first - BEFORE, period[1], as_of=as_of)
    uses = [row for row in rows if row["category"] == "all" and is_use(count_of(row))]
    source, others = of_most(uses, period)
    measure = next((one for one in MEASURES if one in measures(uses, source)), "")
    counts = spans.once([count_of(row) for row in standing(uses, source, measure)])
    basis = f"{measure.replace('_', ' ')} by their most severe use, source {source}"
    return {
        "counts": counts,
        "counts_basis": basis if source else "",
        "counts_source": source,
        "left_out": others,
        "groups": [
            count_of(row)
            for row in standing(rows, source, measure)
            if row["category"].partition(":")[0] in spans.DIMENSIONS
        ],
        "searches": searches(rows, period),
        "since_pilot": await since_pilot(connection, (source, measure), period[1], as_of),
    }


def of_most(rows: Rows, period: Period) -> tuple[str, list[str]]:
    """The source with most figures inside the period, and the others that tell some there.

    Figures of two publishers are never added up.
    """
    start, end = period
    within = Counter(
        row["source"] for row in rows if start <= row["start_on"] and row["end_on"] <= end
    )
    found = within or Counter(row["source"] for row in rows)
    if not found:
        return "", []
    source = max(sorted(found), key=found.__getitem__)
    return source, sorted(set(within) - {source})


def measures(uses: Rows, source: str) -> set[str]:
    """In what a source counts: incidents, the nearest to what happened, come before subjects and
    these before officers' reports."""
    return {row["measure"] for row in uses if row["source"] == source}


def standing(rows: Rows, source: str, measure: str) -> list[Any]:
    return [row for row in rows if row["source"] == source and row["measure"] == measure]


def searches(rows: Rows, period: Period) -> list[Count]:
    """Stops and searches by kind of person, from the source that tells most of them."""
    mine = [row for row in rows if row["measure"] == SEARCHES]
    source, _ = of_most(mine, period)
    return [
        count_of(row)
        for row in standing(mine, source, SEARCHES)
        if row["category"].partition(":")[0] in spans.DIMENSIONS
    ]


async def since_pilot(
    connection: Connection, of: tuple[str, str], end: datetime.date, as_of: datetime.date
) -> tuple[datetime.date, int] | None:
    """From the day the pilot began, or the first day told, how many uses up to the end."""
    rows = await deployments.totals(connection, *of, (PILOT.day, end), as_of)
    counts = spans.once([count for row in rows if is_use(count := count_of(row))])
    if not counts:
        return None
    return min(one.start for one in counts), sum(one.count for one in counts)


def count_of(row: Any) -> Count:
    return Count(
        area=row["area"],
        start=row["start_on"],
        end=row["end_on"],
        measure=row["measure"],
        tactic=row["tactic"],
        group=row["category"],
        count=row["count"],
    )


async def restated(
    connection: Connection, last: Edition | None, as_of: datetime.date
) -> list[Change]:
    """Every figure of deployments that is told otherwise than for the edition before."""
    if last is None:
        return []
    versions = (last.data_as_of, deployments.LAST), (as_of, deployments.LAST)
    return await deployments.changes(connection, *versions)


async def perceptions(
    connection: Connection, kind: str, end: datetime.date, as_of: datetime.date
) -> list[Perception]:
    """For a month, published perception of the quarters that ended within the year to its end."""
    if kind != "monthly":
        return []
    rows = await deployments.perceptions(connection, end - YEAR, end, as_of=as_of)
    return [
        Perception(
            area=row["area"],
            quarter_end=row["quarter_end"],
            item=row["item"],
            proportion=row["proportion"],
            base=row["base"],
            window_months=row["window_months"],
        )
        for row in rows
    ]
