"""What all editions together give away of people whose case was closed in a quarter."""

import datetime
import random

import msgspec
import numpy as np
import pytest
from scipy.optimize import linprog

from analysis import disclosure
from analysis.editions import gate
from analysis.editions.chapters import handling
from survey.editions.caseload import HANDLING_GROUPS
from tests.analysis.editions import made_up_handling, simulated_year
from tests.analysis.editions.made_up_edition import LONDON, bare_edition

WIDTH = 5 - 1e-6
# What became of a person: one group or not said for each statement, no answer, never came back.
PARTS = (*HANDLING_GROUPS, "declined")
AWAY = len(handling.NAMES) * len(PARTS)
SIZE = AWAY + 2


def editions_of(quarters):
    """Three monthly editions after each quarter, which all show it."""
    found = []
    for quarter in quarters:
        for month in range(3):
            known = simulated_year.known_counts(found)
            end = quarter.last + datetime.timedelta(days=31 * (month + 1))
            full = msgspec.structs.replace(
                bare_edition(),
                kind="monthly",
                start=end.replace(day=1),
                end=end,
                tables=(handling.quarter_table(quarter, LONDON),),
            )
            found.append(gate.safe_edition(full, known, [one.which for one in known]))
    return found


def simulated_quarters(seed):
    dice = random.Random(seed)
    return [
        msgspec.structs.replace(made_up_handling.random_quarter(dice), quarter=quarter)
        for quarter in (datetime.date(2008, 1, 1), datetime.date(2008, 4, 1))
    ]


def row_of(series):
    """Which unknowns a published count adds up."""
    row = np.zeros(SIZE)
    match series:
        case ("handling closed", _):
            row[: len(PARTS)] = row[AWAY:] = 1
        case ("handling returned", _):
            row[: len(PARTS)] = row[AWAY] = 1
        case ("handling answered", _):
            row[: len(PARTS)] = 1
        case (name, _):
            start = handling.NAMES.index(name.split()[-1]) * len(PARTS)
            row[start : start + len(HANDLING_GROUPS)] = 1
        case (name, _, group):
            start = handling.NAMES.index(name.split()[-1]) * len(PARTS)
            row[start + PARTS.index(group)] = 1
    return row


def leaks(editions, quarter):
    """Small groups of answers that the attacker narrows below five values."""
    rows, limits = [], []
    for edition in editions:
        for claim in gate.published_counts(edition):
            if claim.series[0].startswith("handling ") and claim.days[0] == quarter.quarter:
                known = claim.rule.bounds(claim.shown)
                row = row_of(claim.series)
                rows.append(-row)
                limits.append(-known.low)
                if np.isfinite(known.high):
                    rows.append(row)
                    limits.append(known.high)
    # Whoever answered said something, or declined, to each of the statements.
    same = np.zeros((len(handling.NAMES) - 1, SIZE))
    for at in range(1, len(handling.NAMES)):
        same[at - 1, : len(PARTS)] = 1
        same[at - 1, at * len(PARTS) : (at + 1) * len(PARTS)] = -1
    for name in handling.NAMES:
        for group, count in quarter.groups(name).items():
            if 0 < count < disclosure.FEWEST_EVENTS:
                wanted = row_of((f"handling answer {name}", "", group))
                found = [
                    linprog(sign * wanted, np.array(rows), limits, same, np.zeros(len(same)))
                    for sign in (1, -1)
                ]
                most = -found[1].fun if found[1].status == 0 else np.inf
                if most - found[0].fun < WIDTH:
                    yield name, group, count


@pytest.mark.parametrize("seed", range(12))
def test_no_small_group_of_answers_can_be_worked_out(seed):
    quarters = simulated_quarters(seed)
    editions = editions_of(quarters)
    for quarter in quarters:
        assert list(leaks(editions, quarter)) == []


def test_a_quarter_is_shown_alike_in_each_edition():
    """Otherwise a figure that one withholds would be read in the other."""
    editions = editions_of(simulated_quarters(3))
    tables = [edition.tables_of("handling") for edition in editions]
    assert tables[0]
    assert tables[0] == tables[1] == tables[2]
    assert tables[3] == tables[4] == tables[5]


def rounded_alone(quarter):
    """An edition whose counts are rounded one by one, without a look at the others."""
    table = handling.quarter_table(quarter, LONDON)
    rules = handling.QUARTER.counts
    counts = tuple(
        msgspec.structs.replace(one, count=rules[one.name].rounding.cell(one.count))
        for one in table.counts
    )
    table = msgspec.structs.replace(table, counts=counts)
    return msgspec.structs.replace(bare_edition(), tables=(table,))


def test_with_counts_that_are_rounded_one_by_one_the_attacker_wins():
    """Otherwise the test above could not fail."""
    quarters = [quarter for seed in range(4) for quarter in simulated_quarters(seed)]
    assert [leak for quarter in quarters for leak in leaks([rounded_alone(quarter)], quarter)]
