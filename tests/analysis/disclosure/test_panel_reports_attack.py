"""What an attacker can derive from editions and the reports of scrutiny panels together."""

import datetime

import msgspec
import pytest

from analysis.editions import gate as edition_gate
from analysis.scrutiny import gate
from survey.editions import edition_from_report
from tests.analysis.disclosure.test_disclosure_attack import (
    DisclosureAttack,
    leaks,
    most_exposed,
    small_hidden_figures,
)
from tests.analysis.editions import simulated_year
from tests.analysis.editions.made_up_edition import LONDON
from tests.analysis.editions.simulated_year import ONE_DAY, PLACES, SimulatedYear
from tests.analysis.scrutiny import made_up_meetings

SEED = 2008
SOME_EDITIONS = 12
MARKED_OF_TEN = (6, 3, 1)
# A panel of the whole city, and those of a borough with few and of one with most uses.
PANELS = ((), (PLACES[2],), (PLACES[-1],))
WEEKS = {(): 2, (PLACES[2],): 9, (PLACES[-1],): 3}


def report_of(year, areas, days, number):
    """The report of a panel that drew ten of all uses of these days, or all where they are fewer;
    None where there were none.
    """
    size = year.true(("uses", areas[0] if areas else LONDON), days)
    if not size:
        return None
    marks = MARKED_OF_TEN if size >= 10 else (size,)
    strata = {"all": (size, min(size, 10), marks)}
    found = made_up_meetings.meeting(strata, number=number, days=days)
    return msgspec.structs.replace(found, areas=areas)


def meetings_until(end, held):
    """The spans of records that panels have looked at by a day and not before, by panel."""
    for areas in PANELS:
        length = datetime.timedelta(weeks=WEEKS[areas], days=3)
        first = held.get(areas, simulated_year.FIRST)
        while first + length <= end:
            yield areas, (first, first + length - ONE_DAY)
            # Meetings look at overlapping stretches, which no edition has.
            first += length - 5 * ONE_DAY
            held[areas] = first


def published_documents(year, many):
    """Editions and reports in the order of publication, each gated with all before it."""
    found, held, number = [], {}, 0
    for kind, start, end in simulated_year.edition_periods()[:many]:
        for areas, days in meetings_until(end, held):
            number += 1
            full = report_of(year, areas, days, number)
            if full is not None:
                session = edition_gate.open_session(LONDON, found)
                found.append(edition_from_report(gate.safe_report(full, session), LONDON))
        known = simulated_year.known_counts(found)
        found.append(edition_gate.safe_edition(year.edition(kind, start, end), known))
    return found


@pytest.fixture(scope="module")
def year():
    return SimulatedYear(SEED)


@pytest.fixture(scope="module")
def documents(year):
    return published_documents(year, SOME_EDITIONS)


def leaked_uses(year, documents, many, change=lambda attack: None):
    """Small counts of uses that an attacker narrows below five values (of the most exposed)."""
    attack = DisclosureAttack("uses", documents)
    change(attack)
    rows = most_exposed(attack, small_hidden_figures(attack, year), many)
    assert rows
    return leaks(attack, rows)


@pytest.mark.slow
def test_editions_and_reports_together_tell_no_small_count(year, documents):
    totals = [one.scrutiny[0].marks.size for one in documents if one.scrutiny]
    assert sum(one is not None for one in totals) > len(totals) / 4
    assert list(leaked_uses(year, documents, 4)) == []


@pytest.mark.slow
def test_with_exact_totals_of_records_the_attacker_wins(year, documents):
    """Otherwise the test above could not fail."""
    days = {(one.start, one.end) for one in documents if one.scrutiny}

    def reveal_totals(attack):
        for i, one in enumerate(attack.told):
            if one.series[0] == "uses" and one.days in days:
                attack.low[i] = attack.high[i] = year.true(one.series, one.days)

    assert next(leaked_uses(year, documents, 4, reveal_totals), None)
