"""The statistician's file: a row for each answer behind an edition's index, with its design."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.editions import perception
from analysis.editions.chapters.sample import CATEGORY_NAMES, category_names, entry_categories
from analysis.editions.inputs import EditionInputs, SampledAnswers, index_windows
from analysis.editions.perception import Respondents, window_respondents
from analysis.editions.workings import in_index_window
from analysis.statistics.sampling.samples import RakingMargin, raking_margins
from analysis.statistics.sampling.variance import Ints, Labels

UNKNOWN = "unknown"  # the category of people who did not say
MARGIN_COLUMNS = {
    "area": "margin_borough",
    "age_sex": "margin_age_sex",
    "ethnicity": "margin_ethnicity",
}
MARGINS_HEAD = ("variable", "category", "total")  # what `soundings estimate` reads
CATEGORIES_HEAD = ("variable", "category", "holds")


@dataclass(frozen=True, eq=False, kw_only=True)
class StatisticianTables:
    """The tables of the file, each with its head first.

    `answers` a row for each person who answered in the index window; `margins` the residents that
    the weights were raked to and `categories` which boroughs or groups each category holds (only
    their heads where design weights were used).
    """

    answers: list[list[object]]
    margins: list[list[object]]
    categories: list[list[object]]

    @property
    def people(self) -> int:
        return len(self.answers) - 1

    @property
    def alone(self) -> int:
        """How many people share place, draw, sex, age, ethnic group and disability with nobody."""
        head, *rows = self.answers
        return sum(row[head.index("alike")] == 1 for row in rows)


def statistician_tables(inputs: EditionInputs) -> StatisticianTables:
    """The answers that the index of an edition rests on, with the weights it was computed with.

    People alike in place, draw and kind are stored as sums (decision 0014). Here each person gets a
    row: all people of such a cell have its mean index, and its answers to the questions are dealt
    out among them. Every weighted sum is then that of the edition, and so is its error, because
    people alike are in one sampling unit. `alike` says how many share a cell; it is 1 for most.
    """
    asked = window_respondents(inputs, in_index_window(inputs))
    if asked.projection is None:
        margins = {}
    else:
        sampled = asked.sampled
        cells, aims, _ = perception.joined_margins(sampled, inputs.targets)
        raked_margins = raking_margins(
            sampled.weight, cells, aims, sampled.persons.astype(np.float64)
        )
        margins = dict(zip(aims, raked_margins, strict=True))
    order = shuffled_people(asked, inputs.salt)
    window = f"{index_windows(inputs.kind, inputs.start, inputs.end)[1]}/{inputs.end}"
    columns = {
        **design_columns(asked, order),
        "window": [window] * len(order.cell),
        **kind_columns(inputs, asked.sampled, order.cell),
        **{
            MARGIN_COLUMNS[name]: labels_at((margin.cell + 1).astype(np.str_), order.cell)
            for name, margin in margins.items()
        },
        **answer_columns(asked.sampled, order),
    }
    return StatisticianTables(
        answers=[[*columns], *(list(row) for row in zip(*columns.values(), strict=True))],
        margins=[[*MARGINS_HEAD], *margin_rows(margins)],
        categories=[[*CATEGORIES_HEAD], *category_rows(inputs, asked, margins)],
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class PeopleOrder:
    """The people of the cells in the order of the file: the `cell` of each, and its `place` among
    the people of that cell. `unit` numbers the sampling unit of each cell at random.
    """

    cell: Ints
    place: Ints
    unit: Ints


def shuffled_people(asked: Respondents, salt: str) -> PeopleOrder:
    """People and sampling units in an order that says nothing about when or where they answered.

    It depends on the edition's salt, which is stored with its inputs and published nowhere: the
    file of an edition is the same each time, and its rows cannot be matched with those of another.
    """
    seed = hashlib.sha256(f"statistician {salt}".encode()).digest()
    random = np.random.default_rng(list(seed))
    persons, clusters = asked.sampled.persons, asked.sample.design.clusters
    cell = np.repeat(np.arange(len(persons)), persons)
    place = np.arange(len(cell)) - (np.cumsum(persons) - persons)[cell]
    order = random.permutation(len(cell))
    unit = random.permutation(len(clusters.stratum))[clusters.psu]
    return PeopleOrder(cell=cell[order], place=place[order], unit=unit)


def design_columns(asked: Respondents, order: PeopleOrder) -> dict[str, Sequence[object]]:
    sampled, cell = asked.sampled, order.cell
    clusters = asked.sample.design.clusters
    return {
        "row": range(1, len(cell) + 1),
        "stratum": (clusters.stratum[clusters.psu][cell] + 1).tolist(),
        "psu": (order.unit[cell] + 1).tolist(),
        "probability": (1 / sampled.weight)[cell].tolist(),
        "base_weight": sampled.weight[cell].tolist(),
        "weight": asked.sample.design.weight[cell].tolist(),
        "alike": sampled.persons[cell].tolist(),
    }


def kind_columns(
    inputs: EditionInputs, sampled: SampledAnswers, cell: Ints
) -> dict[str, Sequence[object]]:
    """Borough, and the groups that editions publish; empty where a person did not say."""
    codes = np.array([*inputs.codes, ""], dtype=object)
    names = np.array([*(area.name for area in inputs.areas), ""], dtype=object)
    return {
        "borough": labels_at(codes[sampled.area], cell),
        "borough_name": labels_at(names[sampled.area], cell),
        **{
            dimension: labels_at(
                np.array([*CATEGORY_NAMES[dimension], ""], dtype=object)[category], cell
            )
            for dimension, category in entry_categories(sampled).items()
        },
    }


def labels_at(labels: Labels, cell: Ints) -> Sequence[object]:
    cell_labels: list[object] = labels[cell].tolist()
    return cell_labels


def margin_rows(margins: dict[str, RakingMargin]) -> Iterator[list[object]]:
    for name, margin in margins.items():
        for category, total in enumerate(margin.target.tolist(), 1):
            yield [MARGIN_COLUMNS[name], str(category), total]


def category_rows(
    inputs: EditionInputs, asked: Respondents, margins: dict[str, RakingMargin]
) -> Iterator[list[object]]:
    for name, margin in margins.items():
        names = np.array([str(category) for category in category_names(inputs, name)], dtype=object)
        became = np.array(asked.became[name])
        for at in range(len(margin.target)):
            # People who did not say are the last category, which no old one became.
            holds = "; ".join(names[became == at]) or UNKNOWN
            yield [MARGIN_COLUMNS[name], str(at + 1), holds]


def answer_columns(sampled: SampledAnswers, order: PeopleOrder) -> dict[str, Sequence[object]]:
    """The index of each person, and in monthly editions whether they agree with each question."""
    cell, place = order.cell, order.place
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = sampled.score / sampled.scored
    index = np.where(place < sampled.scored[cell], mean[cell], np.nan)
    return {
        "index": [None if np.isnan(score) else score for score in index.tolist()],
        **{
            item: answer_words(
                place, sampled.agree[cell, at], sampled.disagree[cell, at],
                sampled.answered[cell, at],
            )
            for at, item in enumerate(sampled.items)
        },
    }  # fmt: skip


def answer_words(place: Ints, agree: Ints, disagree: Ints, answered: Ints) -> Sequence[object]:
    """Whether each person agrees (4, 5), disagrees (1, 2) or neither; empty without an answer."""
    words: list[object] = np.select(
        [place < agree, place < agree + disagree, place < answered],
        ["agree", "disagree", "neither"],
        default="",
    ).tolist()
    return words
