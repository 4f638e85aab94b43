"""What an attacker can derive from editions and the reports of scrutiny panels together."""

import datetime

import msgspec
import numpy as np
import pytest

from analysis.disclosure import EVENTS
from analysis.disclosure.session import DisclosureSession
from analysis.editions import gate as edition_gate
from analysis.scrutiny import gate
from analysis.statistics import suppression
from survey.editions import edition_from_report
from survey.editions.scrutiny import MARK_FIELDS
from survey.scrutiny import schemes
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
from tests.analysis.scrutiny.test_gate import (
    published_constraints,
    small_unshown_counts,
    whole_number_range,
)

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


VERDICTS = ("met", "not_met", "unsure")
VIDEO_ANSWERS = (schemes.VIDEO, schemes.VIDEO_UNKNOWN, *schemes.NO_VIDEO)


def random_details(seed):
    """A meeting scored by PLANTER, often with strata of which every record was drawn."""
    dice = np.random.default_rng(seed)
    strata = {}
    for i in range(dice.integers(1, 4)):
        size = int(dice.integers(3, 200))
        drawn = size if size < 20 else int(dice.integers(6, 30))
        shares = dice.dirichlet((6, 2, 1, 0.4))
        strata[f"s{i}"] = (size, drawn, tuple(map(int, dice.multinomial(drawn, shares))))
    planter = schemes.READY_SCHEMES["planter"]
    odds = [dice.dirichlet((8, 2, 1)) for _ in planter.steps]
    of_video = dice.dirichlet((6, 1, 2, 1, 1, 0.5, 0.5))
    said = [
        {
            "steps": {
                step.key: str(dice.choice(VERDICTS, p=odds[at]))
                for at, step in enumerate(planter.steps)
            },
            "video": str(dice.choice(VIDEO_ANSWERS, p=of_video)),
        }
        for _ in range(sum(drawn for _, drawn, _ in strata.values()))
    ]
    return made_up_meetings.with_details(strata, planter, said)


def detail_tables(found):
    """The counts of each table of a report, with the sums that it shows too."""
    for step in found.details.steps:
        yield {name: getattr(step, name) for name in VERDICTS}, {}
    video = found.details.video
    reasons = {one.reason: one.number for one in video.reasons}
    yield (
        {schemes.VIDEO: video.there, schemes.VIDEO_UNKNOWN: video.unknown, **reasons},
        {"none": (video.none, tuple(reasons))},
    )


def detail_leaks(seed):
    """The hidden counts of 0 to 4 that an attacker who knows all rules bounds within four values,
    in the details and in the marks together: whole numbers, so exactly what can be derived.
    """
    full = random_details(seed)
    found = gate.safe_report(full, DisclosureSession(LONDON))
    marks = len(full.strata) * len(MARK_FIELDS)
    tables, true = list(detail_tables(found)), list(detail_tables(full))
    cells = [(at, name) for at, (counts, _) in enumerate(true) for name in counts]
    rows = [
        (np.pad(row, (0, len(cells))), low, high)
        for row, low, high in published_constraints(found, full)
    ]
    for at, (counts, sums) in enumerate(tables):
        figures = {name: (count, (name,)) for name, count in counts.items()} | sums
        for shown, parts in figures.values():
            if shown is not None:
                row = [0] * marks + [of == at and name in parts for of, name in cells]
                rows.append((np.array(row, dtype=float), *EVENTS.bounds(shown)))
        whole = [1] * marks + [-(of == at) for of, _ in cells]
        rows.append((np.array(whole, dtype=float), 0, 0))
    small = [
        (at, name) for at, name in cells if true[at][0][name] < 5 and tables[at][0][name] is None
    ]
    for hidden in small:
        aim = np.array([0] * marks + [one == hidden for one in cells], dtype=float)
        least, most = whole_number_range(rows, aim)
        if most - least < 4:
            yield hidden, least, most
    for *_, aim in small_unshown_counts(found, full):
        least, most = whole_number_range(rows, np.pad(aim, (0, len(cells))))
        if most - least < 4:
            yield "marks", least, most


@pytest.mark.parametrize("seed", range(8))
def test_steps_and_video_tell_no_small_count(seed):
    assert list(detail_leaks(seed)) == []


def test_without_hiding_more_of_the_details_the_attacker_wins(monkeypatch):
    """Otherwise the test above could not fail: small counts would follow from sums."""
    monkeypatch.setattr(suppression, "figures_to_hide", lambda found, cells, withheld: withheld)
    assert any(next(detail_leaks(seed), None) for seed in range(8))


def test_the_details_change_nothing_that_is_published_of_the_marks():
    full = random_details(3)
    plain = msgspec.structs.replace(full, details=msgspec.UNSET)
    session = DisclosureSession(LONDON)
    with_steps, without = gate.safe_report(full, session), gate.safe_report(plain, session)
    assert msgspec.structs.replace(with_steps, details=msgspec.UNSET) == without
    # A report that was stored before there were details keeps its bytes, and so its fingerprint.
    assert b"details" not in msgspec.json.encode(without)
