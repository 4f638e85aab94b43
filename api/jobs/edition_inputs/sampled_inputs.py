"""Turns the cells of sampled answers to the perception survey into arrays for estimates."""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict, TypeVar

import msgspec
import numpy as np

from analysis import residents
from analysis.editions.inputs import EventCounts, SampledAnswers
from analysis.statistics.sampling.variance import Floats, Ints
from api import clock
from api.operations.answers.submissions import PERCEPTION_SURVEY
from survey.places import City
from survey.store.answers import sums
from survey.store.database import Connection
from survey.surveys import instruments
from survey.surveys.instruments.versions import HarmonisedVersions
from survey.surveys.sums import (
    INDEX_SUMS,
    MARGINS,
    AnswerDraw,
    AnswerKind,
    SpanCount,
    SpanSums,
    SumLayout,
)

NO_INDEX = instruments.Index(version="none", items=(), fewest=1)
CATEGORIES = tuple(instruments.KINDS[margin] for margin in MARGINS)
# The positions of these three among the five sums of an item.
ANSWERED, AGREED, DISAGREED = 0, 3, 4
OF_CELL = 4  # numbers before the sums: block, draw, kind, persons
# PostgreSQL's binary COPY: a header, a trailer, and a length before each number.
HEADER, END = 19, 2
NUMBER = np.dtype([("length", ">i4"), ("value", ">i8")])

Name = TypeVar("Name")


class AreaDays:
    """The boroughs in their order, and the day that is number 0."""

    def __init__(self, city: City, first: datetime.date) -> None:
        areas = city.local_areas()
        self.city = city.name
        self.codes = [area.code for area in areas]
        self.number = {code: i for i, code in enumerate(self.codes)}
        self.first = first

    def areas(self, codes: Sequence[str]) -> Ints:
        return np.array([self.number[code] for code in codes], dtype=np.int64)

    def days(self, moments: Sequence[datetime.datetime]) -> Ints:
        # The driver gives UTC: in summer, the hour after midnight would fall on the day before.
        dates = [clock.local_day(moment) for moment in moments]
        return np.array([(day - self.first).days for day in dates], dtype=np.int64)

    def events(self, spans: Sequence[SpanCount | SpanSums]) -> EventCounts:
        """How many people answered, by borough and span."""
        return EventCounts(
            day=np.array([(span.since - self.first).days for span in spans], dtype=np.int64),
            area=mapped_numbers([span.area for span in spans], self.number),
            persons=np.array([span.persons for span in spans], dtype=np.int64),
        )


class PerceptionSurvey:
    """The perception survey: the index of its newest version, and all versions with the same index.

    A different index starts another series; the same index under renamed questions does not.
    """

    def __init__(self, versions: Mapping[tuple[str, int], instruments.Instrument]) -> None:
        newest = max(versions.values(), key=lambda version: version.version, default=None)
        self.index = newest.index if newest and newest.index else NO_INDEX
        self.items = tuple(newest.likert()) if newest else ()
        harmony = HarmonisedVersions(list(versions.values())) if newest else None
        self.then = {
            version: {harmony.name_today(version, name): name for name in instrument.likert()}
            for (_, version), instrument in versions.items()
            if harmony
        }
        self.layouts = {
            version: SumLayout(instrument)
            for (_, version), instrument in versions.items()
            if self.today(instrument.index, version) == self.index
        }
        # One unit for all layouts: it depends on the number of index items alone, which they share.
        self.unit = next((float(layout.unit) for layout in self.layouts.values()), 1.0)
        self.wording = dict(item_wordings(newest.all_questions())) if newest else {}
        self.breaks = tuple(
            f"Version {gap.version} of the survey: “{self.wording[gap.name]}”: {gap.why}."
            for gap in (harmony.breaks() if harmony else [])
            if gap.name in self.wording
        )

    def today(self, index: instruments.Index | None, version: int) -> instruments.Index | None:
        """The index of a version, with its items under today's names."""
        if index is None:
            return None
        now = {name: today for today, name in self.then[version].items()}
        return msgspec.structs.replace(index, items=tuple(now.get(i, i) for i in index.items))


def item_wordings(items: Sequence[instruments.AnyQuestion]) -> Iterable[tuple[str, str]]:
    """The wording of each agreement question, by its name."""
    for item in items:
        for name in item.likert_rows() if isinstance(item, instruments.Item) else ():
            yield name, instruments.wording_text(item.row_texts().get(name, item.text))


@dataclass(frozen=True, eq=False)
class CellKeys:
    """What the numbers in cells stand for: the `first` day of each block, and the `draws` and
    `kinds` that the store numbers.
    """

    first: Ints
    draws: Sequence[AnswerDraw]
    kinds: Sequence[AnswerKind]


async def load_sampled(
    connection: Connection,
    blocks: Sequence[datetime.date],
    end: datetime.date,
    where: AreaDays,
    survey: PerceptionSurvey,
    items: tuple[str, ...] = (),
) -> SampledAnswers:
    """The answers to all versions with the survey's index, summed over each block of days.

    `blocks` are the first days of the blocks.
    """
    tables = []
    for version, layout in survey.layouts.items():
        places = sum_positions(layout, [survey.then[version].get(item, item) for item in items])
        copied = await sums.copy_sampled_out(
            connection, PERCEPTION_SURVEY, version, blocks, end, places
        )
        row = np.dtype([("fields", ">i2"), ("numbers", NUMBER, (OF_CELL + len(places),))])
        rows = np.frombuffer(copied[HEADER : len(copied) - END], dtype=row)
        tables.append(rows["numbers"]["value"].astype(np.int64))
    # Loaded after the cells, so that every number in them has its draw and kind.
    shared = CellKeys(
        first=np.array([(block - where.first).days for block in blocks], dtype=np.int64),
        draws=await sums.load_draws(connection),
        kinds=await sums.load_kinds(connection),
    )
    return sampled_from_cells(tables, shared, where, survey, items)


def sum_positions(layout: SumLayout, items: Sequence[str]) -> list[int]:
    """The positions in the stored sums: those of the index, then three for each item; 0 for an item
    that is not asked.
    """
    positions = [*range(1, INDEX_SUMS + 1)]
    for item in items:
        first = layout.item(item) + 1 if item in layout.items else None
        positions += [0 if first is None else first + at for at in (ANSWERED, AGREED, DISAGREED)]
    return positions


def sampled_from_cells(
    tables: Sequence[Ints],
    shared: CellKeys,
    where: AreaDays,
    survey: PerceptionSurvey,
    items: tuple[str, ...],
) -> SampledAnswers:
    """The cells of all versions as arrays; columns: block, draw, kind, persons, then the sums."""
    width = OF_CELL + INDEX_SUMS
    cells = np.concatenate([np.zeros((0, width + 3 * len(items)), dtype=np.int64), *tables])
    block, draw, kind, persons, scored, score, squares = cells[:, :width].T.copy()
    answered, agree, disagree = cells[:, width:].reshape(len(cells), len(items), 3).T.copy()
    answers = SampledAnswers(
        modes=np.full(len(persons), "sampled"),
        day=shared.first[block - 1],
        persons=persons,
        **cell_attributes(shared, where, draw, kind),
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
    return answers.only(stable_order(answers))


def stable_order(answers: SampledAnswers) -> Ints:
    """An order of the entries that is the same from every copy of the database."""
    # Floating-point sums depend on their order, and PostgreSQL copies the cells in none.
    keys = (
        answers.weight,
        *answers.kinds.values(),
        answers.psu,
        answers.stratum,
        answers.area,
        answers.day,
    )
    return np.lexsort(keys)


class CellAttributes(TypedDict):
    """The fields of `SampledAnswers` that say where and of what kind people are."""

    area: Ints
    weight: Floats
    stratum: Ints
    psu: Ints
    kinds: dict[str, Ints]


def cell_attributes(shared: CellKeys, where: AreaDays, draw: Ints, kind: Ints) -> CellAttributes:
    """For each cell, where its people were drawn and of what kind they are; -1 if unknown."""
    draws, kinds = shared.draws, shared.kinds
    place, like = id_positions(draws, draw), id_positions(kinds, kind)
    columns = list(zip(*(kind.kind for kind in kinds), strict=True)) or [()] * len(CATEGORIES)
    ages, sexes, ethnicity, disability = (
        mapped_numbers(column, {name: n for n, name in enumerate(names)})
        for column, names in zip(columns, CATEGORIES, strict=True)
    )
    # One margin of both, as the census has it: known only for people who gave both.
    age_sex = np.where((ages < 0) | (sexes < 0), -1, sexes * len(residents.AGES) + ages)
    area = mapped_numbers([draw.area for draw in draws], where.number)[place]
    chance = np.array([draw.probability for draw in draws], dtype=np.float64)
    return {
        "area": area,
        "weight": 1 / chance[place],
        "stratum": label_numbers([draw.stratum for draw in draws], place),
        "psu": label_numbers([draw.psu for draw in draws], place),
        "kinds": {
            "area": area,
            "age_sex": age_sex[like],
            "ethnicity": ethnicity[like],
            "disability": disability[like],
        },
    }


def id_positions(rows: Sequence[AnswerDraw | AnswerKind], numbers: Ints) -> Ints:
    """The position in the rows of each id in `numbers`."""
    # A binary search: the store gives draws and kinds in the order of their ids.
    return np.searchsorted(np.array([row.id for row in rows], dtype=np.int64), numbers)


def mapped_numbers(values: Sequence[Name], number: Mapping[Name, int], other: int = -1) -> Ints:
    return np.array([number.get(value, other) for value in values], dtype=np.int64)


def label_numbers(labels: Sequence[str], place: Ints) -> Ints:
    """For each position the number of its label: labels that occur are numbered in alphabetical
    order.
    """
    occurring = sorted({labels[at] for at in np.unique(place)})
    return mapped_numbers(labels, {name: at for at, name in enumerate(occurring)})[place]
