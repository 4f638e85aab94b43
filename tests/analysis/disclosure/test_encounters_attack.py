"""What an attacker can derive from all monthly editions about people whom the police met."""

import datetime
import random
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import linprog

from analysis import disclosure
from analysis.editions import gate
from analysis.editions.chapters import encounters
from survey.surveys.encounters import Tally, WaveSums
from tests.analysis.editions import simulated_year
from tests.analysis.editions.made_up_edition import LONDON, bare_edition
from tests.analysis.editions.made_up_encounters import answers, question

MONTHS = [datetime.date(2008, month, 30) for month in range(4, 12)]
AGES = ("16-24", "25-34", "35-44", "65+")
OPTIONS = ("Yes, fully", "Partly", "No")
WIDTH = 5 - 1e-6


def simulated_months(seed):
    """New people of each month, by age, whether they answered, and what: some months have few."""
    dice = random.Random(seed)
    months = []
    for _ in MONTHS:
        many = dice.choice((6, 25, 120))
        months.append(
            [
                (
                    dice.choices(AGES, (40, 30, 25, 3))[0],
                    dice.choices((*OPTIONS, None), (22, 15, 4, 60))[0],
                )
                for _ in range(many)
            ]
        )
    return months


def edition_of(months, end):
    people = [one for month in months for one in month]
    said = [one for _, one in people if one]
    tallies = {
        age: Tally(
            sum(one == age for one, _ in people), sum(one == age and bool(s) for one, s in people)
        )
        for age in AGES
    }
    found = answers(
        sums=WaveSums(Tally(len(people), len(said)), {"age": tallies}),
        outcomes={},
        questions=(question("respect", "Respect?", len(said), [*map(said.count, OPTIONS)]),),
    )
    full = msgspec.structs.replace(
        bare_edition(),
        kind="monthly",
        start=end.replace(day=1),
        end=end,
        tables=tuple(encounters.survey_tables(found, LONDON, end)),
    )
    return full


def published_editions(months):
    found = []
    for number, end in enumerate(MONTHS, 1):
        known = simulated_year.known_counts(found)
        full = edition_of(months[:number], end)
        found.append(gate.safe_edition(full, known, [one.which for one in known]))
    return found


class EncounterAttack:
    """All published counts as inequalities over unknown numbers of new people of each month."""

    def __init__(self, editions):
        # An unknown for each month, age and what became of somebody.
        self.size = len(MONTHS) * len(AGES) * (len(OPTIONS) + 1)
        self.rows, self.low, self.high = [], [], []
        for number, edition in enumerate(editions, 1):
            for claim in gate.published_counts(edition):
                if (row := self.row_of(claim.series, number)) is not None:
                    known = claim.rule.bounds(claim.shown)
                    self.rows.append(row)
                    self.low.append(known.low)
                    self.high.append(known.high)

    def row_of(self, series, months, first=0):
        cells = np.zeros((len(MONTHS), len(AGES), len(OPTIONS) + 1))
        match series:
            case ("met asked", _):
                cells[first:months] = 1
            case ("met answered", _) | ("met base", _, _):
                cells[first:months, :, :-1] = 1
            case ("met option", _, _, words):
                cells[first:months, :, OPTIONS.index(words)] = 1
            case ("met asked by age", _, age):
                cells[first:months, AGES.index(age)] = 1
            case ("met answered by age", _, age):
                cells[first:months, AGES.index(age), :-1] = 1
            case _:
                return None
        return cells.ravel()

    def bounds(self, row):
        """The least and the largest value of a sum of unknowns."""
        known = sparse.csr_array(np.array(self.rows))
        finite = np.isfinite(self.high)
        matrix = sparse.vstack([known[finite], -known])
        limits = np.concatenate([np.array(self.high)[finite], -np.array(self.low)])
        found = [
            linprog(sign * row, matrix, limits, bounds=(0, None), method="highs")
            for sign in (1, -1)
        ]
        least = found[0].fun
        most = -found[1].fun if found[1].status == 0 else np.inf
        return least, most


SERIES = (
    *(("met option", "s", "q", words) for words in OPTIONS),
    *(("met asked by age", "s", age) for age in AGES),
    *(("met answered by age", "s", age) for age in AGES),
)


def leaks(attack, months):
    """Small counts, of all months so far or of one, that the attacker narrows below five values."""
    true = np.zeros((len(MONTHS), len(AGES), len(OPTIONS) + 1))
    for number, people in enumerate(months):
        for age, said in people:
            true[number, AGES.index(age), OPTIONS.index(said) if said else -1] += 1
    for series in SERIES:
        for last in range(1, len(MONTHS) + 1):
            for first in {0, last - 1}:
                row = attack.row_of(series, last, first)
                if 0 < row @ true.ravel() < disclosure.FEWEST_EVENTS:
                    least, most = attack.bounds(row)
                    if most - least < WIDTH:
                        yield SimpleNamespace(series=series, months=(first, last))


@pytest.mark.parametrize("seed", range(6))
def test_no_small_count_of_people_the_police_met_can_be_worked_out(seed):
    months = simulated_months(seed)
    editions = published_editions(months)
    shown = [one for edition in editions for one in edition.tables_of("met question")]
    assert any(answer.count for one in shown for answer in one.counts if answer.row)
    assert list(leaks(EncounterAttack(editions), months)) == []


def test_without_what_was_published_before_the_attacker_wins():
    """Otherwise the test above could not fail."""
    months = simulated_months(0)
    alone = [
        gate.safe_edition(edition_of(months[:number], end)) for number, end in enumerate(MONTHS, 1)
    ]
    assert next(leaks(EncounterAttack(alone), months), None)
