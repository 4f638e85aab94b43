"""Turns sums of answers into the arrays that an edition is made from."""

import datetime
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import msgspec
import numpy as np

from analysis import perception, residents
from analysis.material import WEEK, Completed, Events, Sampled
from analysis.statistics.variance import Floats, Whole
from api.intake import PERCEPTION
from api.jobs.where import Where
from survey.instruments import Agreement, AnyItem, Grid, Index, Instrument, said
from survey.store import instruments, sums
from survey.store.database import Connection
from survey.sums import MARGINS, OF_INDEX, Layout
from survey.weeks import IndexWeek

NO_INDEX = Index(version="none", items=(), fewest=1)
DISABILITIES = ("yes", "no")
CATEGORIES = (residents.AGES, residents.SEXES, residents.ETHNICITIES, DISABILITIES)
# Where the five sums of an item hold these three.
ANSWERED, AGREED, DISAGREED = 0, 3, 4
HEAD, LENGTH, SUM = 20, 4, 8
BETWEEN = chr(31)
BEFORE = datetime.timedelta(weeks=8)  # what a period is held against
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
        self.wording = dict(worded(newest.items)) if newest else {}


def worded(items: Sequence[AnyItem]) -> Iterable[tuple[str, str]]:
    """How each question of agreement is put."""
    for item in items:
        if isinstance(item, Agreement):
            yield item.name, said(item.text)
        elif isinstance(item, Grid):
            yield from ((row.name, said(row.text)) for row in item.rows)


async def answered(
    connection: Connection, kind: str, period: Days, where: Where, targets: dict[str, Floats]
) -> dict[str, Any]:
    """The answers of the window in both streams, and the index of every whole week to its end.

    A week's edition tells nothing of single items, so that their sums stay where they are.
    """
    window = (period[0] - BEFORE, period[1])
    survey = Survey(await instruments.versions(connection, PERCEPTION))
    items = kind == "monthly"
    return {
        "sampled": await sampled(connection, window, where, survey, items=items),
        "completed": await completed(connection, window, where, survey),
        "index_weeks": await index_weeks(connection, period[1], where, targets, survey),
        "open": events(await sums.counted(connection, "open", *window), where),
    }


async def invited(connection: Connection) -> dict[str, Any]:
    """How many were asked since the survey began, and how many of them answered."""
    asked, used = await instruments.invited(connection, PERCEPTION)
    return {"invited": asked, "invited_answered": used} if asked else {}


async def index_weeks(
    connection: Connection,
    end: datetime.date,
    where: Where,
    targets: dict[str, Floats],
    survey: Survey,
) -> list[IndexWeek]:
    """Week by week; only weeks whose sums have changed are estimated again, and kept."""
    basis = basis_of(targets, survey, where.city)
    kept = {row["week"]: row["body"] for row in await sums.kept_weeks(connection, basis)}
    last = end - datetime.timedelta(days=WEEK - 1)
    found = []
    for week in await sums.weeks(connection, PERCEPTION, where.first, last):
        if week in kept:
            found.append(msgspec.convert(kept[week], IndexWeek))
            continue
        days = week, week + datetime.timedelta(days=WEEK - 1)
        cells = await sampled(connection, days, where, survey)
        found.append(perception.week_of(cells, targets, where.city, where.codes, week))
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


async def sampled(
    connection: Connection, days: Days, where: Where, survey: Survey, *, items: bool = False
) -> Sampled:
    """The sampled answers of some days to the versions that share the survey's index."""
    layouts = survey.layouts.values()
    since = max((one.of_the_index for one in layouts), default=0) + 1 if items else None
    rows = [
        row
        for row in await sums.sampled(connection, PERCEPTION, where.first, days, since)
        if row["version"] in survey.layouts
    ]
    return of_rows(rows, where, survey, items=items)


def of_rows(rows: Sequence[Any], where: Where, survey: Survey, *, items: bool) -> Sampled:
    """The cells of one or more versions as arrays."""
    unit = next((float(one.unit) for one in survey.layouts.values()), 1.0)
    asked = survey.items if items else ()
    tables = [(survey.layouts[row["version"]], table(row)) for row in rows] if items else []
    persons = whole(column(rows, "persons"))
    found = Sampled(
        modes=np.full(len(persons), "sampled"),
        day=whole(column(rows, "days")),
        persons=persons,
        weight=1 / np.array(column(rows, "probabilities"), dtype=np.float64),
        **likes(column(rows, "likes"), where),
        scored=whole(column(rows, "scored")),
        score=whole(column(rows, "score")) / unit,
        squares=whole(column(rows, "squares")) / unit**2,
        items=asked,
        answered=of_items(tables, asked, ANSWERED, len(persons)),
        agree=of_items(tables, asked, AGREED, len(persons)),
        disagree=of_items(tables, asked, DISAGREED, len(persons)),
        index=survey.index.items,
        wording=survey.wording,
    )
    return found.only(in_order(found))


async def completed(connection: Connection, days: Days, where: Where, survey: Survey) -> Completed:
    """Those who answered every item of the index, by span."""
    k = len(survey.index.items)
    places = OF_INDEX + 1, OF_INDEX + 2 + k + k * (k + 1) // 2
    rows = await sums.completed(connection, PERCEPTION, [*survey.layouts], days, places)
    table = [row["sums"] for row in rows]
    return Completed(
        day=whole([(row["since"] - where.first).days for row in rows]),
        sums=whole(table).reshape(len(rows), places[1] - places[0]),
    )


def in_order(found: Sampled) -> Whole:
    """The entries by what their people share, the same from every copy of the database."""
    keys = (found.weight, *found.kinds.values(), found.psu, found.stratum, found.area, found.day)
    return np.lexsort(keys)


def column(rows: Sequence[Any], name: str) -> list[Any]:
    return list(chain.from_iterable(row[name] for row in rows))


def whole(values: Sequence[Any]) -> Whole:
    return np.array(values, dtype=np.int64)


def table(row: Any) -> Whole:
    """Cells x sums of items, from the bytes that PostgreSQL sent."""
    body, cells = row["sums"], row["cells"]
    width = (len(body) // cells - HEAD) // (LENGTH + SUM)
    number = np.dtype([("length", f"V{LENGTH}"), ("value", f">i{SUM}")])
    cell = np.dtype([("head", f"V{HEAD}"), ("sums", number, (width,))])
    return np.frombuffer(body, dtype=cell)["sums"]["value"].astype(np.int64)


def of_items(
    tables: Sequence[tuple[Layout, Whole]], items: Sequence[str], which: int, cells: int
) -> Whole:
    """One of the five sums of each item; 0 where a version does not ask it."""
    found = np.zeros((cells, len(items)), dtype=np.int64)
    below = 0
    for layout, one in tables:
        for at, item in enumerate(items):
            if item in layout.items:
                place = layout.item(item) - layout.of_the_index + which
                found[below : below + len(one), at] = one[:, place]
        below += len(one)
    return found


def placed(values: Sequence[Any], number: Mapping[Any, int], other: int = -1) -> Whole:
    return np.array([number.get(one, other) for one in values], dtype=np.int64)


def numbered(values: Sequence[str]) -> Whole:
    """Labels as numbers, in the order of their names."""
    return placed(values, {name: at for at, name in enumerate(sorted(set(values)))})


def likes(told: Sequence[str], where: Where) -> dict[str, Any]:
    """Where people were drawn and of what kind they are, as numbers; -1 where not told."""
    different = sorted(set(told))
    each = placed(told, {like: at for at, like in enumerate(different)})
    parts = np.array([like.split(BETWEEN) for like in different], dtype=np.str_)
    stratum, area, psu, *kind = parts.reshape(len(different), 3 + len(MARGINS)).T.tolist()
    ages, sexes, ethnicity, disability = (
        placed(one, {name: n for n, name in enumerate(names)})
        for one, names in zip(kind, CATEGORIES, strict=True)
    )
    areas = placed(area, where.number)[each]
    age_sex = np.where((ages < 0) | (sexes < 0), -1, sexes * len(residents.AGES) + ages)
    return {
        "area": areas,
        "stratum": numbered(stratum)[each],
        "psu": numbered(psu)[each],
        "kinds": {
            "area": areas,
            "age_sex": age_sex[each],
            "ethnicity": ethnicity[each],
            "disability": disability[each],
        },
    }


def events(rows: Sequence[Any], where: Where) -> Events:
    """How many people answered, by borough and span."""
    return Events(
        day=np.array([(row["since"] - where.first).days for row in rows], dtype=np.int64),
        area=placed([row["area"] for row in rows], where.number),
        persons=np.array([row["persons"] for row in rows], dtype=np.int64),
    )
