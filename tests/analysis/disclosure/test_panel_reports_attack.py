"""What an attacker can derive from editions and the reports of scrutiny panels together."""

import datetime

import msgspec
import pytest

from analysis.editions import gate as edition_gate
from analysis.scrutiny import gate
from survey.editions.edition import edition_from_report
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
SOME_EDITIONS = 16
MARKED_OF_TEN = (6, 3, 1)
# A panel of the whole city, and those of a borough with few and of one with most uses.
PANELS = ((), (PLACES[2],), (PLACES[-1],))
WEEKS = {(): 2, (PLACES[2],): 9, (PLACES[-1],): 3}


def report_of(year, areas, days, number):
    """The report of a panel that drew ten of all uses of these days."""
    where = areas[0] if areas else LONDON
    size = max(year.true(("uses", where), days), 11)
    found = made_up_meetings.meeting({"all": (size, 10, MARKED_OF_TEN)}, number=number, days=days)
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


def published_documents(year, many, *, together=True):
    """Editions and reports in the order of publication, each gated with all before it (with
    `together=False`, reports on their own).
    """
    found, held, number = [], {}, 0
    for kind, start, end in simulated_year.edition_periods()[:many]:
        for areas, days in meetings_until(end, held):
            number += 1
            session = edition_gate.open_session(LONDON, found if together else ())
            safe = gate.safe_report(report_of(year, areas, days, number), session)
            found.append(edition_from_report(safe, LONDON))
        found.append(edition_gate.safe_edition(year.edition(kind, start, end), found))
    return found


def leaked_uses(year, documents, many):
    attack = DisclosureAttack("uses", documents)
    rows = most_exposed(attack, small_hidden_figures(attack, year), many)
    assert rows
    return list(leaks(attack, rows))


@pytest.mark.slow
def test_editions_and_reports_together_tell_no_small_count():
    year = SimulatedYear(SEED)
    documents = published_documents(year, SOME_EDITIONS)
    totals = [one.scrutiny[0].marks.size for one in documents if one.scrutiny]
    assert sum(one is not None for one in totals) > len(totals) / 4
    assert leaked_uses(year, documents, 6) == []


@pytest.mark.slow
def test_reports_that_know_of_no_edition_let_the_attacker_win():
    """Otherwise the test above could not fail."""
    year = SimulatedYear(SEED)
    assert leaked_uses(year, published_documents(year, SOME_EDITIONS, together=False), 100)
