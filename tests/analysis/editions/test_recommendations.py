"""Whether a figure moved since a recommendation: said only where chance would seldom do it."""

import datetime
import itertools
from dataclasses import replace

import msgspec
import numpy as np
import pytest

from analysis.editions import edition_workings, gate
from analysis.editions.chapter import Derivation
from analysis.editions.chapters import recommendations
from analysis.statistics.power import detectable_effect
from api.editions.chapters.recommendations import ledger_answer, ledger_section, movement_words
from survey.editions.figures import Estimate, Rate
from survey.editions.recommendations import (
    Decision,
    ForceAnswer,
    LedgerRow,
    ready_recommendations,
)
from tests.analysis.editions import small_inputs

DAY = datetime.timedelta(days=1)
RESIDENTS = 8_000_000
NOW = datetime.date(2024, 3, 1), datetime.date(2024, 3, 31)
BEFORE = datetime.date(2024, 2, 1), datetime.date(2024, 2, 29)
SINCE = datetime.date(2024, 3, 1)
STATUSES = ("open", "accepted", "partly", "rejected", "done", "unseen", "withdrawn")


@pytest.fixture(scope="module")
def inputs():
    return small_inputs.inputs_of_week(kind="monthly")


def row(number=1, measures=("index",), since=SINCE, status="done"):
    asked = ready_recommendations()[0].as_recommendation()
    return LedgerRow(
        id=number,
        recommendation=msgspec.structs.replace(asked, measures=measures, since=since),
        decision=Decision(status=status, reason="They said so", decided_by="Chair"),
        decided_on=SINCE,
        answers=(ForceAnswer(said_on=SINCE, said_by="The force", words="Yes.", address=""),),
    )


def index_of(value, error):
    return Estimate(
        domain=small_inputs.CITY,
        stream="sampled",
        n=500,
        effective_n=400.0,
        value=value,
        standard_error=error,
        low=value - 1.96 * error,
        high=value + 1.96 * error,
        method="TSL",
    )


def rate_of(events):
    return Rate(
        domain=small_inputs.CITY,
        events=events,
        population=RESIDENTS,
        per_10_000=10_000 * events / RESIDENTS,
        low=None,
        high=None,
        method="",
    )


def edition(inputs, days, index=None, complaints=None, **changes):
    """A published month with these figures of the city."""
    bare = gate.safe_edition(recommendations_of(inputs, ()))
    return msgspec.structs.replace(
        bare,
        kind="monthly",
        start=days[0],
        end=days[1],
        rates_from=days[0],
        index_from=days[0],
        index=(index,) if index else (),
        complaints=(rate_of(complaints),) if complaints else (),
        deployments=(),
        **changes,
    )


def recommendations_of(inputs, rows):
    workings = edition_workings(replace(inputs, ledger=rows))
    computed = recommendations.compute(workings)
    return msgspec.structs.replace(small_inputs.bare_edition(inputs), **computed)


def derived(inputs, rows, now, before):
    """The rows of an edition with their figures compared, as its gate lets them pass."""
    made = replace(inputs, ledger=rows, ledger_from=before)
    workings = edition_workings(made)
    now = msgspec.structs.replace(now, **recommendations.compute(workings))
    given = Derivation(workings, now, now, None)
    session = gate.open_session(now.city)
    full = msgspec.structs.replace(now, **recommendations.derive(given))
    step = recommendations.GateStep(session, full, now)
    return msgspec.structs.replace(now, recommendations=recommendations.gated_recommendations(step))


@pytest.mark.parametrize("change", [-8.0, -1.0, 0.0, 1.0, 8.0])
def test_a_figure_moved_only_where_its_interval_excludes_no_change(inputs, change):
    now, before = (
        edition(inputs, NOW, index_of(50 + change, 1.0)),
        edition(inputs, BEFORE, index_of(50.0, 1.0)),
    )
    (movement,) = derived(inputs, (row(),), now, (before,)).recommendations[0].movements
    wanted = "unclear" if abs(change) < 1.96 * 2**0.5 else "rose" if change > 0 else "fell"
    assert movement.verdict == wanted
    assert (movement.was, movement.now, movement.change) == (50.0, 50 + change, change)
    assert movement.least == round(detectable_effect(2**0.5), 1)
    assert (movement.low > 0 or movement.high < 0) is (wanted != "unclear")
    words = movement_words(movement)
    assert ("would have shown four times in five" in words) is (wanted == "unclear")
    assert "50.0" in words


def test_all_comparisons_of_the_ledger_share_one_chance_of_a_false_one(inputs):
    """Of ledgers of ten figures that did not move, at most one in twenty says that one did."""
    dice, wrong, ledgers = np.random.default_rng(5), 0, 300
    for _ in range(ledgers):
        pairs = [
            recommendations.FigurePair(50.0, 50.0 + dice.normal(0, 1.0), 1.0) for _ in range(10)
        ]
        moved = [
            recommendations.to_movement("index", None, pair, 1 - 0.05 / 10).verdict
            for pair in pairs
        ]
        wrong += any(verdict != "unclear" for verdict in moved)
    assert wrong / ledgers <= 0.08
    rows = tuple(row(n) for n in range(10))
    now, before = (
        edition(inputs, NOW, index_of(52.5, 1.0)),
        edition(inputs, BEFORE, index_of(49.0, 1.0)),
    )
    alone = derived(inputs, rows[:1], now, (before,)).recommendations[0].movements[0]
    among = derived(inputs, rows, now, (before,)).recommendations[0].movements[0]
    assert (alone.verdict, alone.level) == ("rose", 0.95)
    assert (among.verdict, among.level) == ("unclear", 0.995)


def test_a_month_of_more_days_is_not_a_rise(inputs):
    """As many complaints a day in February and March are the same rate a year."""
    now, before = edition(inputs, NOW, complaints=3100), edition(inputs, BEFORE, complaints=2900)
    rows = (row(measures=("complaints",)),)
    (movement,) = derived(inputs, rows, now, (before,)).recommendations[0].movements
    assert movement.verdict == "unclear"
    assert movement.was == movement.now == round(10_000 * 100 * 365.25 / RESIDENTS, 2)
    more = edition(inputs, NOW, complaints=4000)
    (movement,) = derived(inputs, rows, more, (before,)).recommendations[0].movements
    assert movement.verdict == "rose"


@pytest.mark.parametrize(
    ("status", "measures"),
    [*itertools.product(STATUSES, [(), ("index",), ("index", "complaints")])],
)
def test_every_status_with_every_measure_prints_what_may_be_said(inputs, status, measures):
    now, before = (
        edition(inputs, NOW, index_of(60.0, 1.0)),
        edition(inputs, BEFORE, index_of(50.0, 1.0)),
    )
    shown = derived(inputs, (row(measures=measures, status=status),), now, (before,))
    if status == "withdrawn":
        assert shown.recommendations == ()
        assert list(ledger_section(shown)) == []
        return
    (printed,) = shown.recommendations
    verdicts = {movement.measure: movement.verdict for movement in printed.movements}
    assert verdicts == dict(zip(measures, ("rose", "missing"), strict=False))
    (section,) = ledger_section(shown)
    cells = section.folded[0].rows[0]
    assert ("None of our figures" in cells[2].text) is (measures == ())
    assert "wording not checked" in cells[0].under
    assert ("1 of 1 figures moved" in ledger_answer(shown, ())) is bool(measures)


def test_what_cannot_be_compared_says_why(inputs):
    now = edition(inputs, NOW, index_of(60.0, 1.0))
    before = edition(inputs, BEFORE, index_of(50.0, 1.0))
    other = msgspec.structs.replace(before, method_version="another")
    found = {
        why: derived(inputs, (row(since=since),), now, reports).recommendations[0].movements[0]
        for why, since, reports in (
            ("early", NOW[1] + DAY, (before,)),
            ("none_before", SINCE, ()),
            # A report that ended on the day itself is none from before it.
            ("none_before", BEFORE[1], (before,)),
            ("missing", SINCE, (edition(inputs, BEFORE),)),
            ("method", SINCE, (other,)),
        )
    }
    for why, movement in found.items():
        assert movement.verdict == why
        assert (movement.now, movement.change) == (None, None)
        assert movement_words(movement).startswith("Perception index: ")


def test_the_last_report_before_is_the_one_that_counts(inputs):
    older = edition(inputs, (BEFORE[0] - 31 * DAY, BEFORE[0] - DAY), index_of(10.0, 1.0))
    before = edition(inputs, BEFORE, index_of(50.0, 1.0))
    now = edition(inputs, NOW, index_of(50.0, 1.0))
    for reports in ((older, before), (before, older)):
        (movement,) = derived(inputs, (row(),), now, reports).recommendations[0].movements
        assert (movement.before, movement.was) == (BEFORE[1], 50.0)


def test_the_gate_shows_no_figure_that_the_edition_itself_withholds(inputs):
    now = edition(inputs, NOW, index_of(60.0, 1.0))
    shown = derived(inputs, (row(),), now, (edition(inputs, BEFORE, index_of(50.0, 1.0)),))
    assert shown.recommendations[0].movements[0].now == 60.0
    hidden = msgspec.structs.replace(now, index=())
    step = recommendations.GateStep(gate.open_session(now.city), shown, hidden)
    (printed,) = recommendations.gated_recommendations(step)
    assert printed.movements[0].verdict == "missing"
    assert (printed.movements[0].was, printed.movements[0].now) == (None, None)


def test_a_weekly_edition_has_no_ledger():
    weekly = replace(small_inputs.inputs_of_week(kind="weekly"), ledger=(row(),))
    assert recommendations.compute(edition_workings(weekly)) == {}
