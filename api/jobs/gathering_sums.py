"""Turns sums of answers into the arrays that an edition is made from."""

import datetime
import hashlib
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import msgspec
import numpy as np

from analysis import perception, residents
from analysis.material import WEEK, Events, Sampled
from analysis.statistics.variance import Floats, Whole
from api.intake import PERCEPTION
from api.jobs.where import Where
from survey.instruments import Index, Instrument
from survey.store import instruments, sums
from survey.store.database import Connection
from survey.sums import MARGINS, OF_INDEX, Layout
from survey.weeks import IndexWeek

NO_INDEX = Index(version="none", items=(), fewest=1)
DISABILITIES = ("yes", "no")
# Where the five sums of an item hold these three.
ANSWERED, AGREED, DISAGREED = 0, 3, 4
HEAD, LENGTH = 20, 4
Days = tuple[datetime.date, datetime.date]


class Survey:
    """The perception survey: the index of its newest version, and the versions that share it.

    Another index is another series.
    """

    def __init__(self, versions: Mapping[tuple[str, int], Instrument]) -> None:
        newest = max(versions.values(), key=lambda one: one.version, default=None)
        self.index = newest.index if newest and newest.index else NO_INDEX
        self.items = tuple(newest.likert()) if newest else ()
        self.layouts = {
            version: Layout(one)
            for (_, version), one in versions.items()
            if one.index == self.index
        }


async def answered(
    connection: Connection, window: Days, where: Where, targets: dict[str, Floats], city: str
) -> dict[str, Any]:
    """The answers of the window in both streams, and the index of every whole week to its end."""
    survey = Survey(await instruments.versions(connection, PERCEPTION))
    return {
        "sampled": await sampled(connection, window, where, survey),
        "index_weeks": await index_weeks(connection, window[1], where, targets, survey, city),
        "open": events(await sums.counted(connection, "open", where.first, window[1]), where),
        "answers_by_week": events(
            await sums.counted(connection, "sampled", where.first, window[1]), where
        ),
    }


async def index_weeks(
    connection: Connection,
    end: datetime.date,
    where: Where,
    targets: dict[str, Floats],
    survey: Survey,
    city: str,
) -> list[IndexWeek]:
    """Week by week; only weeks whose sums have changed are estimated again, and kept."""
    basis = basis_of(targets, survey, city)
    kept = {row["week"]: row["body"] for row in await sums.kept_weeks(connection, basis)}
    last = end - datetime.timedelta(days=WEEK - 1)
    found = []
    for week in await sums.weeks(connection, PERCEPTION, where.first, last):
        if week in kept:
            found.append(msgspec.convert(kept[week], IndexWeek))
            continue
        days = week, week + datetime.timedelta(days=WEEK - 1)
        cells = await sampled(connection, days, where, survey)
        found.append(perception.week_of(cells, targets, city, where.codes, week))
        await sums.keep_week(connection, week, basis, found[-1])
    return found


def basis_of(targets: dict[str, Floats], survey: Survey, city: str) -> str:
    """What a week's estimate rests on beside its answers."""
    told = msgspec.json.encode(
        (
            perception.METHOD,
            city,
            survey.index,
            sorted(survey.layouts),
            {name: target.tolist() for name, target in targets.items()},
        )
    )
    return hashlib.sha256(told).hexdigest()


async def sampled(connection: Connection, days: Days, where: Where, survey: Survey) -> Sampled:
    """The sampled answers of some days to the versions that share the survey's index."""
    rows = [
        row
        for row in await sums.sampled(connection, PERCEPTION, where.first, *days)
        if row["version"] in survey.layouts
    ]
    tables = [(survey.layouts[row["version"]], table(row)) for row in rows]
    index = joined([one[:, : OF_INDEX if layout.index else 0] for layout, one in tables], OF_INDEX)
    unit = float(next(iter(survey.layouts.values())).unit) if survey.layouts else 1.0
    k = len(survey.index.items)
    area = placed(column(rows, "areas"), where.number)
    return Sampled(
        modes=np.full(len(area), "sampled"),
        day=np.array(column(rows, "days"), dtype=np.int64),
        area=area,
        persons=np.array(column(rows, "persons"), dtype=np.int64),
        weight=1 / np.array(column(rows, "probabilities"), dtype=np.float64),
        stratum=numbered(column(rows, "strata")),
        psu=numbered(column(rows, "psus")),
        kinds=kinds(column(rows, "kinds"), area),
        scored=index[:, 0],
        score=index[:, 1] / unit,
        squares=index[:, 2] / unit**2,
        items=survey.items,
        answered=of_items(tables, survey.items, ANSWERED),
        agree=of_items(tables, survey.items, AGREED),
        disagree=of_items(tables, survey.items, DISAGREED),
        complete=joined(
            [one[:, layout.together :] for layout, one in tables if k], 1 + k + k * (k + 1) // 2
        ),
    )


def column(rows: Sequence[Any], name: str) -> list[Any]:
    return list(chain.from_iterable(row[name] for row in rows))


def table(row: Any) -> Whole:
    """Cells x sums, from the bytes that PostgreSQL sent."""
    width = row["width"]
    if not width:
        return np.zeros((row["cells"], 0), dtype=np.int64)
    number = np.dtype([("length", f"V{LENGTH}"), ("value", ">i8")])
    cell = np.dtype([("head", f"V{HEAD}"), ("sums", number, (width,))])
    return np.frombuffer(row["sums"], dtype=cell)["sums"]["value"].astype(np.int64)


def joined(parts: Sequence[Whole], width: int) -> Whole:
    """The same sums of every version, one below the other; 0 where a version has none."""
    if not parts:
        return np.zeros((0, width), dtype=np.int64)
    return np.vstack(
        [part if part.shape[1] else np.zeros((len(part), width), np.int64) for part in parts]
    )


def of_items(tables: Sequence[tuple[Layout, Whole]], items: Sequence[str], which: int) -> Whole:
    """One of the five sums of each item; 0 where a version does not ask it."""
    parts = [
        np.column_stack(
            [
                one[:, layout.item(item) + which]
                if item in layout.items
                else np.zeros(len(one), dtype=np.int64)
                for item in items
            ]
        )
        for layout, one in tables
        if items
    ]
    return joined(parts, len(items))


def placed(values: Sequence[Any], number: Mapping[Any, int], other: int = -1) -> Whole:
    return np.array([number.get(one, other) for one in values], dtype=np.int64)


def numbered(values: Sequence[str]) -> Whole:
    """Labels as numbers, in the order of their names."""
    return placed(values, {name: at for at, name in enumerate(sorted(set(values)))})


def kinds(told: Sequence[Sequence[str]], area: Whole) -> dict[str, Whole]:
    """The category of each cell's people in the margins, and whether they told of a disability."""
    age, sex, ethnicity, disability = zip(*told, strict=True) if told else ((),) * len(MARGINS)
    ages = placed(age, {name: at for at, name in enumerate(residents.AGES)})
    sexes = placed(sex, {name: at for at, name in enumerate(residents.SEXES)})
    return {
        "area": area,
        "age_sex": np.where((ages < 0) | (sexes < 0), -1, sexes * len(residents.AGES) + ages),
        "ethnicity": placed(ethnicity, {name: at for at, name in enumerate(residents.ETHNICITIES)}),
        "disability": placed(disability, {name: at for at, name in enumerate(DISABILITIES)}),
    }


def events(rows: Sequence[Any], where: Where) -> Events:
    """How many people answered, by borough and span."""
    return Events(
        day=np.array([(row["since"] - where.first).days for row in rows], dtype=np.int64),
        area=placed([row["area"] for row in rows], where.number),
        persons=np.array([row["persons"] for row in rows], dtype=np.int64),
    )
