"""What somebody works out who puts the editions, their logs and the files on cases together."""

import math

import pytest

from analysis import disclosure
from analysis.disclosure import caseload as files
from survey.caseload import (
    CHANNELS,
    MEASURES,
    OF_TASER,
    OUTCOMES,
    STEPS,
    UNDECIDED,
    Caseload,
    Decided,
    Measured,
    Wait,
)
from survey.editions import counts_of_cases
from tests.unit import simulated_year
from tests.unit.editions import LONDON, rate
from tests.unit.simulated_year import ONE, PLACES, Year
from tests.unit.test_disclosure_attack import Attack, hidden_and_small, leaks, most_exposed

SEED = 2008
SOME = 24  # editions: the files of two quarters are taken among them
EVERY, EVERY_ONE = 65, 10_000
SETTLED = 28 * ONE
PEOPLE = 200_000


def cases(year, end):
    """The complaints of a quarter as cases: each is one, of one kind, that waits."""
    days = simulated_year.quarter_of(end), end
    counts = {name: year.true(("complaints", name), days) for name in (LONDON, *PLACES)}
    of_taser = year.true(("about", LONDON), days)
    many = counts[LONDON]

    def decided(kind, count):
        outcomes = tuple(count if one == UNDECIDED else 0 for one in OUTCOMES)
        return Decided(kind=kind, outcomes=outcomes, total=count)

    times = dict.fromkeys(("tenth", "median", "ninetieth", "waited"), 3.0)
    return Caseload(
        start=days[0],
        end=end,
        as_of=end + SETTLED,
        measures=tuple(
            Measured(domain=name, **{one: rate(name, count, PEOPLE) for one in MEASURES})
            for name, count in counts.items()
        ),
        scatter=dict.fromkeys(MEASURES, 1.0),
        channels=(many, *(0 for _ in CHANNELS[1:])),
        waits=tuple(Wait(step=one, reached=0, waiting=many, without=0, **times) for one in STEPS),
        kinds=(decided(OF_TASER, of_taser), decided("neglect", many - of_taser)),
        outcomes=tuple(many if one == UNDECIDED else 0 for one in OUTCOMES),
        erased=0,
    )


def published(year, many, *, together=True):
    """Editions and files in the order in which they appear, each gated with all before it."""
    found, quarters = [], [*simulated_year.quarters()]
    for kind, start, end in simulated_year.periods()[:many]:
        while quarters and quarters[0] + SETTLED <= end:
            quarter = cases(year, quarters.pop(0))
            made = files.as_file(quarter, found) if together else files.caseload(quarter)
            found.append(counts_of_cases(made, LONDON))
        found.append(disclosure.edition(year.edition(kind, start, end), found))
    return found


@pytest.fixture(scope="module")
def year():
    return Year(SEED)


@pytest.fixture(scope="module")
def told(year):
    return published(year, SOME)


def fallen(year, told, many, change=lambda attack, year: None):
    """The small complaints that an attacker narrows below five values, among those most exposed."""
    attack = Attack("complaints", told)
    change(attack, year)
    rows = most_exposed(attack, hidden_and_small(attack, year), many)
    assert rows
    return list(leaks(attack, rows))


def test_editions_and_files_together_tell_no_small_count(year, told):
    assert sum(one.method_version == "" for one in told) == 2  # files are among them
    assert fallen(year, told, 4) == []


def blanks(attack):
    return [i for i, one in enumerate(attack.told) if one.shown is None]


def cap(attack, year):
    """The log of the gate said how many blanks stand beside others: where none, all are small."""
    for i in blanks(attack):
        one = attack.told[i]
        if year.true(one.series, one.days) < one.rule.fewest:
            attack.high[i] = one.rule.fewest - 1


def name_the_silent(attack, year):
    """The log of quality named the boroughs with none."""
    for i in blanks(attack):
        one = attack.told[i]
        some = year.true(one.series, one.days) > 0
        attack.low[i], attack.high[i] = (1, math.inf) if some else (0, 0)


def tell_cells(attack, year):
    """The API gave a row of each borough and week of one to four, and none of others."""
    name_the_silent(attack, year)
    cap(attack, year)


@pytest.mark.parametrize("change", [cap, name_the_silent, tell_cells])
def test_with_what_was_told_before_the_attacker_wins(year, told, change):
    """Otherwise the test above could not fail."""
    assert fallen(year, told, 2, change)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [SEED, 1])
def test_a_year_of_editions_and_files_tells_no_small_count(seed):
    year = Year(seed)
    assert fallen(year, published(year, EVERY), EVERY_ONE) == []


@pytest.mark.slow
def test_a_file_by_borough_lets_the_attacker_win():
    """Why a file is of the city alone."""
    year = Year(1)
    attack = Attack("complaints", published(year, EVERY, together=False))
    assert next(leaks(attack, hidden_and_small(attack, year)), None)
