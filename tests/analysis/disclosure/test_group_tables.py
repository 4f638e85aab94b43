"""Counts of groups from a first day on, month after month: one group to which little was added does
not withhold the table, and nothing small can be worked out.
"""

import datetime

import numpy as np
import pytest

from analysis.disclosure import EVENTS, FEWEST_FOR_RATE, PublishedCount, rounded_count
from analysis.disclosure.session import DisclosureSession
from survey.deployments import month_end
from tests import attacks
from tests.analysis.editions.made_up_edition import LONDON

# Uses a month by age; the last is of people whose age was not recorded.
AGES = {"0-10": 1, "11-17": 15, "18-34": 100, "35-49": 53, "50-64": 22, "65+": 4, "": 5}
SERIES = ("group", "age", "officer-defined")
SINCE = datetime.date(2026, 3, 2)
MONTHS = 9
WIDE = 5 - 1e-6


def last_day(month):
    return month_end(datetime.date(2026, 3 + month, 1))


def uses_by_month(seed, scale):
    """Months x ages."""
    dice = np.random.default_rng(seed)
    return dice.poisson([[many * scale for many in AGES.values()]] * MONTHS)


def published_tables(added):
    """The shown counts of each month, all since the first day, each gated with those before it."""
    found, known = [], []
    for month in range(MONTHS):
        counts = dict(zip(AGES, added[: month + 1].sum(axis=0).tolist(), strict=True))
        session = DisclosureSession(LONDON)
        for claims in known:
            session.remember(claims)
        days = SINCE, last_day(month)
        whole = PublishedCount((*SERIES, "all"), days, rounded_count(sum(counts.values())))
        shown = session.table(whole, counts, (SERIES, days))
        known.append([PublishedCount((*SERIES, age), days, one) for age, one in shown.items()])
        found.append((counts, shown))
    return found


@pytest.mark.parametrize("scale", [0.4, 1, 2])
def test_a_group_that_little_was_added_to_takes_no_table_with_it(scale):
    """Of 160 months 46 to 61 lost the whole table, most of them for one old person more or less."""
    blank = large = 0
    for seed in range(6):
        for counts, shown in published_tables(uses_by_month(seed, scale))[1:]:
            assert shown["35-49"], "without the reference there is no ratio at all"
            blank += sum(shown[age] is None for age, n in counts.items() if n >= FEWEST_FOR_RATE)
            large += sum(n >= FEWEST_FOR_RATE for n in counts.values())
    assert blank < 0.12 * large


def test_one_child_more_changes_no_other_group():
    added = uses_by_month(3, 1)
    ages = [*AGES]
    changed = added.copy()
    changed[-1, ages.index("11-17")] += 1
    changed[-1, ages.index("18-34")] -= 1
    (_, before), (_, after) = published_tables(added)[-1], published_tables(changed)[-1]
    assert {age for age in AGES if before[age] != after[age]} <= {"11-17", "18-34"}


class GroupAttack:
    """Every shown count, and the total as somebody may know it, over unknown counts of each age and
    month.
    """

    def __init__(self, tables):
        rows, low, high = [], [], []
        for month, (counts, shown) in enumerate(tables):
            totals = (("all", rounded_count(sum(counts.values()))),)
            for age, one in (*shown.items(), *totals):
                cells = np.zeros((MONTHS, len(AGES)))
                cells[: month + 1, slice(None) if age == "all" else [*AGES].index(age)] = 1
                known = EVENTS.bounds(one)
                rows.append(cells.ravel())
                low.append(known.low)
                high.append(known.high)
        self.rows, self.low, self.high = np.array(rows), np.array(low), np.array(high)

    def width(self, months, age):
        """How many values an attacker leaves for the uses on an age in some months."""
        cells = np.zeros((MONTHS, len(AGES)))
        cells[months, [*AGES].index(age)] = 1
        size = cells.size
        whole = np.block([[self.rows, np.zeros((len(self.rows), 1))], [cells.ravel(), -1.0]])
        low, high = np.append(self.low, 0.0), np.append(self.high, 0.0)
        most = attacks.cell_bound(whole, low, high, size)
        return most - attacks.cell_bound(whole, low, high, size, least=True)


def small_hidden(tables):
    """Each blank that is small, and what was added since the month before where that is small."""
    for month, (counts, shown) in enumerate(tables):
        for age, n in counts.items():
            before = tables[month - 1][0][age] if month else 0
            if shown[age] is None and n < EVENTS.fewest:
                yield slice(0, month + 1), age
            if shown[age] is None and month and n - before < EVENTS.fewest:
                yield slice(month, month + 1), age


@pytest.mark.parametrize(("seed", "scale"), [(1, 0.4), (2, 1)])
def test_no_small_number_of_a_group_can_be_worked_out(seed, scale):
    tables = published_tables(uses_by_month(seed, scale))
    attack, hidden = GroupAttack(tables), [*small_hidden(tables)]
    assert len(hidden) > 5
    assert [one for one in hidden if attack.width(*one) < WIDE] == []


def test_rounding_alone_would_give_small_numbers_away(monkeypatch):
    """Otherwise the test above could not fail."""
    monkeypatch.setattr(DisclosureSession, "wide", lambda *_: True)
    monkeypatch.setattr(DisclosureSession, "next_to_hide", lambda *_: None)
    tables = published_tables(uses_by_month(1, 0.4))
    attack = GroupAttack(tables)
    added = [
        (slice(month, month + 1), age)
        for month in range(1, MONTHS)
        for age in AGES
        if tables[month][0][age] - tables[month - 1][0][age] < EVENTS.fewest
    ]
    assert [one for one in added if attack.width(*one) < WIDE]
