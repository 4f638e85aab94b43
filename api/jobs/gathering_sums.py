"""Turns cells of summed answers into the arrays that an edition is made from."""

import datetime
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from analysis import perception, residents
from analysis.material import Events, Sampled
from analysis.statistics.variance import Floats, Whole
from api import clock
from api.intake import PERCEPTION
from api.jobs.where import Where
from survey.instruments import Agreement, AnyItem, Grid, Index, Instrument, said
from survey.store import instruments, responses
from survey.store.database import Connection
from survey.sums import Alike, Cell, Layout, span, summed

NO_INDEX = Index(version="none", items=(), fewest=1)
DISABILITIES = ("yes", "no")
Versions = dict[tuple[str, int], Instrument]
Instants = tuple[datetime.datetime, datetime.datetime]
# Where the five sums of an item hold these three.
ANSWERED, AGREED, DISAGREED = 0, 3, 4


class Survey:
    """The perception survey: the index of its newest version, and the versions that share it.

    Another index is another series.
    """

    def __init__(self, versions: Versions) -> None:
        newest = max(versions.values(), key=lambda one: one.version, default=None)
        self.index = newest.index if newest and newest.index else NO_INDEX
        using = {key: one for key, one in versions.items() if one.index == self.index}
        self.layouts = {key: Layout(one) for key, one in using.items()}
        self.items = tuple(newest.likert()) if newest else ()
        self.wording = dict(worded(newest.items)) if newest else {}


def worded(items: Sequence[AnyItem]) -> Iterable[tuple[str, str]]:
    """How each question of agreement is put."""
    for item in items:
        if isinstance(item, Agreement):
            yield item.name, said(item.text)
        elif isinstance(item, Grid):
            yield from ((row.name, said(row.text)) for row in item.rows)


async def answered(
    connection: Connection,
    inside: Instants,
    where: Where,
    targets: dict[str, Floats],
    city: str,
) -> dict[str, Any]:
    """The answers of both streams, and the index week by week."""
    survey = Survey(await instruments.versions(connection, PERCEPTION))
    found = await cells(connection, inside)
    drawn = sampled(found, where, survey)
    return {
        "sampled": drawn,
        "index_weeks": perception.weeks_of(drawn, targets, city, where.codes, where.first),
        "open": opened(found, where),
    }


async def invited(connection: Connection) -> dict[str, Any]:
    """How many were asked since the survey began, and how many of them answered."""
    asked, used = await instruments.invited(connection, PERCEPTION)
    return {"invited": asked, "invited_answered": used} if asked else {}


async def cells(connection: Connection, inside: Instants) -> list[Cell]:
    """What was answered, summed."""
    versions = await instruments.versions(connection)
    layouts = {key: Layout(one) for key, one in versions.items()}
    rows = [
        row
        for mode in ("sampled", "open")
        for row in await responses.answered(connection, mode, *inside)
    ]
    return summed(added(rows, layouts))


def added(
    rows: Iterable[Any], layouts: dict[tuple[str, int], Layout]
) -> Iterable[tuple[Alike, tuple[int, ...]]]:
    """What each response adds, and to which cell."""
    for row in rows:
        layout = layouts[row["instrument"], row["version"]]
        day = row["received_at"].astimezone(clock.LONDON).date()
        yield (
            Alike(
                instrument=row["instrument"],
                version=row["version"],
                mode=row["mode"],
                area=row["area"],
                since=span(day),
                stratum=row["stratum"],
                psu=row["psu"],
                probability=row["probability"],
                kind=layout.kind(row["answers"]),
            ),
            layout.of(row["answers"]),
        )


def sampled(found: Sequence[Cell], where: Where, survey: Survey) -> Sampled:
    """The sampled answers to the survey's versions that share its index."""
    mine = [
        cell
        for cell in found
        if cell.alike.mode == "sampled"
        and (cell.alike.instrument, cell.alike.version) in survey.layouts
    ]
    layouts = [survey.layouts[cell.alike.instrument, cell.alike.version] for cell in mine]
    index = table(mine, 3, lambda at: slice(0, 3) if layouts[at].index else slice(0, 0))
    unit = float(layouts[0].unit) if layouts else 1.0
    k = len(survey.index.items)
    return Sampled(
        modes=np.array([cell.alike.mode for cell in mine], dtype=np.str_),
        **placed(mine, where),
        weight=np.array([1 / (cell.alike.probability or 1.0) for cell in mine], dtype=np.float64),
        stratum=np.array([cell.alike.stratum for cell in mine], dtype=np.str_),
        psu=np.array([cell.alike.psu for cell in mine], dtype=np.str_),
        kinds=kinds(mine, where),
        scored=index[:, 0],
        score=index[:, 1] / unit,
        squares=index[:, 2] / unit**2,
        items=survey.items,
        answered=of_items(mine, layouts, survey.items, ANSWERED),
        agree=of_items(mine, layouts, survey.items, AGREED),
        disagree=of_items(mine, layouts, survey.items, DISAGREED),
        complete=table(
            mine,
            1 + k + k * (k + 1) // 2,
            lambda at: slice(layouts[at].together, None) if k else slice(0, 0),
        ),
        index=survey.index.items,
        wording=survey.wording,
    )


def table(found: Sequence[Cell], width: int, part: Callable[[int], slice]) -> Whole:
    """One part of the sums of every cell; 0 where a cell has no such part."""
    rows = [cell.sums[part(at)] or (0,) * width for at, cell in enumerate(found)]
    return np.array(rows, dtype=np.int64).reshape(len(found), width)


def of_items(
    found: Sequence[Cell], layouts: Sequence[Layout], items: Sequence[str], which: int
) -> Whole:
    """One of the five sums of each item; 0 where a version does not ask it."""
    return np.array(
        [
            [cell.sums[layout.item(item) + which] if item in layout.items else 0 for item in items]
            for cell, layout in zip(found, layouts, strict=True)
        ],
        dtype=np.int64,
    ).reshape(len(found), len(items))


def placed(found: Sequence[Cell], where: Where) -> dict[str, Whole]:
    return {
        "day": np.array([(cell.alike.since - where.first).days for cell in found], dtype=np.int64),
        "area": np.array([where.number[cell.alike.area] for cell in found], dtype=np.int64),
        "persons": np.array([cell.persons for cell in found], dtype=np.int64),
    }


def kinds(found: Sequence[Cell], where: Where) -> dict[str, Whole]:
    """The category of each cell's people in the margins, and whether they told of a disability."""
    told = [residents.category(*cell.alike.kind[:3]) for cell in found]
    disability = [
        DISABILITIES.index(kind) if (kind := cell.alike.kind[3]) in DISABILITIES else -1
        for cell in found
    ]
    return {
        "area": placed(found, where)["area"],
        "age_sex": np.array([one[0] for one in told], dtype=np.int64),
        "ethnicity": np.array([one[1] for one in told], dtype=np.int64),
        "disability": np.array(disability, dtype=np.int64),
    }


def opened(found: Sequence[Cell], where: Where) -> Events:
    """How many chose to answer."""
    return Events(**placed([cell for cell in found if cell.alike.mode == "open"], where))
