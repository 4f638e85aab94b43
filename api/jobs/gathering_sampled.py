"""Turns the sampled cells of the perception survey into the arrays that estimates take."""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from analysis import residents
from analysis.material import Sampled
from analysis.statistics.variance import Whole
from api.intake import PERCEPTION
from api.jobs.where import Where
from survey.instruments import KINDS, Agreement, Grid, Harmony, Index, Instrument, Leaf, said
from survey.store import sums
from survey.store.database import Connection
from survey.sums import MARGINS, OF_INDEX, AnswerDraw, AnswerKind, Layout

NO_INDEX = Index(version="none", items=(), fewest=1)
CATEGORIES = tuple(KINDS[margin] for margin in MARGINS)
# Where the five sums of an item hold these three.
ANSWERED, AGREED, DISAGREED = 0, 3, 4
OF_CELL = 4  # numbers before the sums: block, draw, kind, persons
# As PostgreSQL copies rows: a header and an end, and a length before each number.
HEADER, END = 19, 2
NUMBER = np.dtype([("length", ">i4"), ("value", ">i8")])


class Survey:
    """The perception survey: the index of its newest version, and the versions that share it.

    Another index is another series; the same one under names since changed is not.
    """

    def __init__(self, versions: Mapping[tuple[str, int], Instrument]) -> None:
        newest = max(versions.values(), key=lambda one: one.version, default=None)
        self.index = newest.index if newest and newest.index else NO_INDEX
        self.items = tuple(newest.likert()) if newest else ()
        harmony = Harmony(list(versions.values())) if newest else None
        self.then = {
            version: {harmony.named(version, name): name for name in one.likert()}
            for (_, version), one in versions.items()
            if harmony
        }
        self.layouts = {
            version: Layout(one)
            for (_, version), one in versions.items()
            if self.today(one.index, version) == self.index
        }
        self.unit = next((float(one.unit) for one in self.layouts.values()), 1.0)
        self.wording = dict(worded(newest.leaves())) if newest else {}
        self.breaks = tuple(
            f"Version {one.version} of the survey: “{self.wording[one.name]}”: {one.why}."
            for one in (harmony.breaks() if harmony else [])
            if one.name in self.wording
        )

    def today(self, index: Index | None, version: int) -> Index | None:
        """The index of a version by the names that its questions have today."""
        if index is None:
            return None
        now = {name: today for today, name in self.then[version].items()}
        return msgspec.structs.replace(index, items=tuple(now.get(i, i) for i in index.items))


def worded(items: Sequence[Leaf]) -> Iterable[tuple[str, str]]:
    """How each question of agreement is put."""
    for item in items:
        if isinstance(item, Agreement):
            yield item.name, said(item.text)
        elif isinstance(item, Grid):
            yield from ((row.name, said(row.text)) for row in item.rows)


@dataclass(frozen=True, eq=False)
class Shared:
    """What the numbers of cells stand for: the `first` day of each block, and `draws` and `kinds`
    as the store has them."""

    first: Whole
    draws: Sequence[AnswerDraw]
    kinds: Sequence[AnswerKind]


async def sampled(
    connection: Connection,
    blocks: Sequence[datetime.date],
    end: datetime.date,
    where: Where,
    survey: Survey,
    items: tuple[str, ...] = (),
) -> Sampled:
    """The answers to the versions that share the survey's index, added up over each block of days;
    `blocks` their first days."""
    tables = []
    for version, layout in survey.layouts.items():
        places = places_of(layout, [survey.then[version].get(item, item) for item in items])
        copied = await sums.sampled(connection, PERCEPTION, version, blocks, end, places)
        tables.append(table(copied, OF_CELL + len(places)))
    shared = Shared(
        first=np.array([(block - where.first).days for block in blocks], dtype=np.int64),
        draws=await sums.draws(connection),
        kinds=await sums.kinds(connection),
    )
    return of_tables(tables, shared, where, survey, items)


def places_of(layout: Layout, items: Sequence[str]) -> list[int]:
    """Where the sums of the index stand, then three of each item; 0 for one that is not asked."""
    found = [*range(1, OF_INDEX + 1)]
    for item in items:
        first = layout.item(item) + 1 if item in layout.items else None
        found += [0 if first is None else first + at for at in (ANSWERED, AGREED, DISAGREED)]
    return found


def table(copied: bytes, width: int) -> Whole:
    """Cells x `width` numbers."""
    row = np.dtype([("fields", ">i2"), ("numbers", NUMBER, (width,))])
    rows = np.frombuffer(copied[HEADER : len(copied) - END], dtype=row)
    return rows["numbers"]["value"].astype(np.int64)


def of_tables(
    tables: Sequence[Whole], shared: Shared, where: Where, survey: Survey, items: tuple[str, ...]
) -> Sampled:
    """The cells of one or more versions as arrays: block, draw, kind, persons and sums of each."""
    width = OF_CELL + OF_INDEX
    cells = np.concatenate([np.zeros((0, width + 3 * len(items)), dtype=np.int64), *tables])
    block, draw, kind, persons, scored, score, squares = cells[:, :width].T.copy()
    answered, agree, disagree = cells[:, width:].reshape(len(cells), len(items), 3).T.copy()
    found = Sampled(
        modes=np.full(len(persons), "sampled"),
        day=shared.first[block - 1],
        persons=persons,
        **likes(shared, where, draw, kind),
        scored=scored,
        score=score / survey.unit,
        squares=squares / survey.unit**2,
        items=items,
        answered=answered.T,
        agree=agree.T,
        disagree=disagree.T,
        index=survey.index.items,
        wording=survey.wording,
        breaks=survey.breaks,
    )
    return found.only(in_order(found))


def in_order(found: Sampled) -> Whole:
    """The entries by what their people share, the same from every copy of the database."""
    keys = (found.weight, *found.kinds.values(), found.psu, found.stratum, found.area, found.day)
    return np.lexsort(keys)


def likes(shared: Shared, where: Where, draw: Whole, kind: Whole) -> dict[str, Any]:
    """Where people were drawn and of what kind they are, as numbers; -1 where not told."""
    draws, kinds = shared.draws, shared.kinds
    place, like = positions(draws, draw), positions(kinds, kind)
    told = list(zip(*(one.kind for one in kinds), strict=True)) or [()] * len(CATEGORIES)
    ages, sexes, ethnicity, disability = (
        placed(one, {name: n for n, name in enumerate(names)})
        for one, names in zip(told, CATEGORIES, strict=True)
    )
    age_sex = np.where((ages < 0) | (sexes < 0), -1, sexes * len(residents.AGES) + ages)
    area = placed([one.area for one in draws], where.number)[place]
    chance = np.array([one.probability for one in draws], dtype=np.float64)
    return {
        "area": area,
        "weight": 1 / chance[place],
        "stratum": numbered([one.stratum for one in draws], place),
        "psu": numbered([one.psu for one in draws], place),
        "kinds": {
            "area": area,
            "age_sex": age_sex[like],
            "ethnicity": ethnicity[like],
            "disability": disability[like],
        },
    }


def positions(found: Sequence[AnswerDraw | AnswerKind], numbers: Whole) -> Whole:
    """At which place of those found each number is."""
    return np.searchsorted(np.array([one.id for one in found], dtype=np.int64), numbers)


def placed(values: Sequence[Any], number: Mapping[Any, int], other: int = -1) -> Whole:
    return np.array([number.get(one, other) for one in values], dtype=np.int64)


def numbered(labels: Sequence[str], place: Whole) -> Whole:
    """The labels at some places as numbers, in the order of the names that occur there."""
    occurring = sorted({labels[at] for at in np.unique(place)})
    return placed(labels, {name: at for at, name in enumerate(occurring)})[place]
