"""Random complaints as arrays, and the intervals that can be derived from their published
figures.
"""

import datetime

import numpy as np
from scipy import optimize

from analysis import caseload
from survey.editions.caseload import CHANNELS, MEASURES, OUTCOMES, STEPS

WAIT_FIELDS = ("reached", "waiting", "without")
DAY = datetime.date(2026, 9, 1)


def caseload_period(areas, kinds, erased=0):
    return caseload.CaseloadPeriod(
        start=DAY,
        end=DAY + datetime.timedelta(days=29),
        as_of=DAY + datetime.timedelta(days=40),
        city="city",
        codes=tuple(f"area {i}" for i in range(areas)),
        residents=np.full(areas, 200_000.0),
        rated=np.ones(areas, dtype=bool),
        kinds=tuple(f"kind {i}" for i in range(kinds)),
        erased=erased,
    )


def random_complaints(seed, many, *, areas=6, kinds=5, merged=0.2):
    """Random complaints of a period and their cases; some complaints are merged into other cases of
    the period, some into cases of another period.
    """
    dice = np.random.default_rng(seed)
    gone = dice.random(many) < merged
    roots = np.flatnonzero(~gone)
    case = np.arange(many)
    case[gone] = dice.choice([*roots, many + 1, many + 2], gone.sum())
    lodged = caseload.PeriodComplaints(
        area=dice.integers(0, areas, many),
        channel=dice.choice(len(CHANNELS), many, p=[0.7, 0.15, 0.1, 0.05]),
        case=case,
        same=gone & (dice.random(many) < 0.5),
    )
    chosen = [dice.choice(kinds, dice.integers(1, 4), replace=False) for _ in roots]
    of = np.repeat(np.arange(len(roots)), [len(one) for one in chosen])
    reached = dice.random((len(roots), len(STEPS))) < [0.9, 0.6, 0.5]
    opened = caseload.PeriodCases(
        area=lodged.area[roots],
        days=dice.exponential(20, (len(roots), len(STEPS))),
        reached=reached,
        ended=~reached & (dice.random(reached.shape) < 0.1),
        of=of,
        kind=np.concatenate([*chosen, np.empty(0, dtype=np.int64)]).astype(np.int64),
        outcome=dice.choice(len(OUTCOMES), len(of), p=[0.3, 0.15, 0.05, 0.1, 0.05, 0.05, 0.3]),
    )
    return lodged, opened


def figures_with_cells(found):
    """Yield each published figure: its name, its value, and the cells that add up to it."""
    city, *areas = found.measures
    for name in MEASURES:
        yield (name, "all"), getattr(city, name).events, [(name, one.domain) for one in areas]
        for one in areas:
            yield (name, one.domain), getattr(one, name).events, [(name, one.domain)]
    for j, outcome in enumerate(OUTCOMES):
        yield ("all", outcome), found.outcomes[j], [(row.kind, outcome) for row in found.kinds]
    for row in found.kinds:
        cells = [(row.kind, outcome) for outcome in OUTCOMES]
        yield (row.kind, "all"), row.total, cells
        yield from ((key, one, [key]) for key, one in zip(cells, row.outcomes, strict=True))
    for channel, one in zip(CHANNELS, found.channels, strict=True):
        yield ("channel", channel), one, [("channel", channel)]
    for one in found.waits:
        for part in WAIT_FIELDS:
            yield (one.step, part), getattr(one, part), [(one.step, part)]


def inequality_rows(found, number):
    """Rows of inequalities that always hold between the cells: each row's sum is 0 or more."""
    areas = [one.domain for one in found.measures[1:]]
    kinds = [[(row.kind, outcome) for outcome in OUTCOMES] for row in found.kinds]
    lists = {
        "allegations": [[key for row in kinds for key in row]],
        "complaints": [[("channel", one) for one in CHANNELS]],
        "cases": [[(step, part) for part in WAIT_FIELDS] for step in STEPS],
    }
    pairs = [([("persons", a)], [("cases", a)]) for a in areas]
    pairs += [([("complaints", a)], [("persons", a)]) for a in areas]
    pairs += [([("allegations", a)], [("cases", a)]) for a in areas]
    pairs += [([("cases", a) for a in areas], row) for row in kinds]
    for name, all_lists in lists.items():
        for one in all_lists:
            whole = [(name, a) for a in areas]
            pairs += [(whole, one), (one, whole)]
    rows = np.zeros((len(pairs), len(number)))
    for row, (more, less) in zip(rows, pairs, strict=True):
        row[[number[key] for key in more]] = 1
        row[[number[key] for key in less]] = -1
    return rows


def derived_widths(found, safe_caseload):
    """Yield the name of each withheld figure below five, and the width of the interval that can be
    derived for it.
    """
    true = {name: (value, cells) for name, value, cells in figures_with_cells(found)}
    number = {name: i for i, name in enumerate(key for key, one in true.items() if one[1] == [key])}
    rows, limits = [], []
    for _, value, cells in figures_with_cells(safe_caseload):
        row = np.zeros(len(number))
        row[[number[key] for key in cells]] = 1
        if value is not None:
            rows += [row, -row]
            limits += [value + 2, -max(5, value - 2)]
    links = inequality_rows(found, number)
    rows, limits = np.array([*rows, *-links]), np.array([*limits, *[0] * len(links)])
    for name, value, _ in figures_with_cells(safe_caseload):
        count, cells = true[name]
        if value is None and (count or 0) < 5:
            aim = np.zeros(len(number))
            aim[[number[key] for key in cells]] = 1
            most, least = (
                optimize.linprog(sign * aim, A_ub=rows, b_ub=limits, bounds=(0, 10_000))
                for sign in (-1, 1)
            )
            yield name, -most.fun - least.fun
