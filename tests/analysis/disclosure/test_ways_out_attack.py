"""What an attacker can derive from the editions, their logs and the case files together."""

import math

import pytest

from analysis import caseload as files
from analysis.editions import gate
from survey.editions import edition_from_caseload
from survey.editions.caseload import (
    CHANNELS,
    MEASURES,
    OF_TASER,
    OUTCOMES,
    STEPS,
    UNDECIDED,
    Caseload,
    CaseloadMeasures,
    CaseloadWait,
    OutcomeCounts,
)
from tests.analysis.disclosure.test_disclosure_attack import (
    DisclosureAttack,
    leaks,
    most_exposed,
    small_hidden_figures,
)
from tests.analysis.editions import simulated_year
from tests.analysis.editions.made_up_edition import LONDON, rate
from tests.analysis.editions.simulated_year import ONE_DAY, PLACES, SimulatedYear

SEED = 2008
SOME_EDITIONS = 24  # editions; the case files of two quarters come among them
ALL_EDITIONS, ALL_FIGURES = 65, 10_000
SETTLING_TIME = 28 * ONE_DAY
PEOPLE = 200_000


def quarter_caseload(year, end):
    """The complaints of a quarter as a caseload: each is one case of one kind that still waits."""
    days = simulated_year.quarter_start(end), end
    counts = {name: year.true(("complaints", name), days) for name in (LONDON, *PLACES)}
    of_taser = year.true(("about", LONDON), days)
    many = counts[LONDON]

    def decided(kind, count):
        outcomes = tuple(count if one == UNDECIDED else 0 for one in OUTCOMES)
        return OutcomeCounts(kind=kind, outcomes=outcomes, total=count)

    times = dict.fromkeys(("tenth", "median", "ninetieth", "waited"), 3.0)
    return Caseload(
        start=days[0],
        end=end,
        as_of=end + SETTLING_TIME,
        measures=tuple(
            CaseloadMeasures(domain=name, **{one: rate(name, count, PEOPLE) for one in MEASURES})
            for name, count in counts.items()
        ),
        scatter=dict.fromkeys(MEASURES, 1.0),
        channels=(many, *(0 for _ in CHANNELS[1:])),
        waits=tuple(
            CaseloadWait(step=one, reached=0, waiting=many, without=0, **times) for one in STEPS
        ),
        kinds=(decided(OF_TASER, of_taser), decided("neglect", many - of_taser)),
        outcomes=tuple(many if one == UNDECIDED else 0 for one in OUTCOMES),
        erased=0,
    )


def published_documents(year, many, *, together=True):
    """Editions and case files in the order of publication, each put through the gate with all
    before it (with `together=False`, the files on their own).
    """
    found, quarters = [], [*simulated_year.quarter_ends()]
    for kind, start, end in simulated_year.edition_periods()[:many]:
        while quarters and quarters[0] + SETTLING_TIME <= end:
            quarter = quarter_caseload(year, quarters.pop(0))
            made = (
                files.caseload_file(quarter, simulated_year.known_counts(found))
                if together
                else files.gated_caseload(quarter)
            )
            found.append(edition_from_caseload(made, LONDON))
        known = simulated_year.known_counts(found)
        found.append(gate.safe_edition(year.edition(kind, start, end), known))
    return found


@pytest.fixture(scope="module")
def year():
    return SimulatedYear(SEED)


@pytest.fixture(scope="module")
def documents(year):
    return published_documents(year, SOME_EDITIONS)


def leaked_complaints(year, documents, many, change=lambda attack, year: None):
    """Small counts of complaints that an attacker narrows below five values (of the most
    exposed).
    """
    attack = DisclosureAttack("complaints", documents)
    change(attack, year)
    rows = most_exposed(attack, small_hidden_figures(attack, year), many)
    assert rows
    return list(leaks(attack, rows))


@pytest.mark.slow
def test_editions_and_files_together_tell_no_small_count(year, documents):
    assert sum(one.method_version == "" for one in documents) == 2  # files are among them
    assert leaked_complaints(year, documents, 4) == []


def withheld_positions(attack):
    return [i for i, one in enumerate(attack.told) if one.shown is None]


def reveal_small_blanks(attack, year):
    """Add what the gate's log once revealed: which blanks are below their threshold."""
    for i in withheld_positions(attack):
        one = attack.told[i]
        if year.true(one.series, one.days) < one.rule.fewest:
            attack.high[i] = one.rule.fewest - 1


def reveal_empty_areas(attack, year):
    """Add what the quality log once revealed: which boroughs had none."""
    for i in withheld_positions(attack):
        one = attack.told[i]
        some = year.true(one.series, one.days) > 0
        attack.low[i], attack.high[i] = (1, math.inf) if some else (0, 0)


def reveal_small_and_empty(attack, year):
    """Add what the API once revealed: rows for boroughs and weeks of 1 to 4, none for others."""
    reveal_empty_areas(attack, year)
    reveal_small_blanks(attack, year)


@pytest.mark.parametrize(
    "change", [reveal_small_blanks, reveal_empty_areas, reveal_small_and_empty]
)
def test_with_what_was_told_before_the_attacker_wins(year, documents, change):
    """Otherwise the test above could not fail."""
    assert leaked_complaints(year, documents, 2, change)


@pytest.mark.long
@pytest.mark.parametrize("seed", [SEED, 1])
def test_a_year_of_editions_and_files_tells_no_small_count(seed):
    year = SimulatedYear(seed)
    assert leaked_complaints(year, published_documents(year, ALL_EDITIONS), ALL_FIGURES) == []


@pytest.mark.slow
def test_a_file_by_borough_lets_the_attacker_win():
    """Why a file is of the city alone."""
    year = SimulatedYear(3)
    attack = DisclosureAttack("complaints", published_documents(year, ALL_EDITIONS, together=False))
    assert next(leaks(attack, most_exposed(attack, small_hidden_figures(attack, year), 15)), None)
