"""What anybody may read of a meeting, and what they can work out from it."""

import msgspec
import numpy as np
import pytest
import scipy

from analysis.disclosure import EVENTS
from analysis.disclosure.session import DisclosureSession
from analysis.scrutiny import gate
from analysis.scrutiny.mark_tables import MARKED, is_light, is_whole, public_rows
from analysis.statistics import suppression
from survey.editions.scrutiny import MARK_FIELDS, SafeMeetingReport, StratumMarks
from survey.scrutiny import AnswerState
from tests.analysis.scrutiny.made_up_meetings import DAY, USUAL, meeting


def safe(found):
    return gate.safe_report(found, DisclosureSession("London"))


def test_the_full_report_counts_every_mark():
    found = meeting(USUAL)
    assert (found.marks.green, found.marks.amber, found.marks.red) == (27, 11, 5)
    assert [one.marked for one in found.strata] == [3, 6, 7]
    assert found.agreement.alpha == 1.0
    assert found.estimate.records == 366


def test_small_counts_are_withheld_and_others_rounded():
    found = safe(meeting(USUAL))
    assert isinstance(found, SafeMeetingReport)
    assert (found.marks.green, found.marks.amber, found.marks.unsure) == (25, 10, None)
    assert {one.name for one in found.strata} == {"others", "under 18, fired"}
    assert all(
        one.drawn is None or one.drawn % 5 == 0 or one.name == "others" for one in found.strata
    )


def test_a_meeting_of_nine_records_shows_no_mark():
    found = safe(meeting({"all": (100, 9, (5, 2, 2))}))
    assert found.strata == ()
    assert found.marks == StratumMarks(name="", size=100)
    assert found.estimate.least is None


def test_answers_are_withheld_with_the_marks_they_are_about():
    states = [AnswerState(due=DAY, answered_on=DAY) for _ in range(2)]
    assert safe(meeting({"all": (100, 9, (7, 2))}, answers=states)).answers.asked is None


def published_constraints(found, full):
    """Each published count as a row of cells with the least and the most that it can be."""
    strata = full.strata
    cells = [(one.name, mark) for one in strata for mark in MARK_FIELDS]
    rows = public_rows(strata)

    def figure(names, marks):
        return np.array([name in names and mark in marks for name, mark in cells], dtype=float)

    for one in (found.marks, *found.strata):
        names = [of.name for of in rows[one.name]] if one.name else [of.name for of in strata]
        whole = any(is_whole(of) for of in strata if of.name in names)
        for mark in ("drawn", "marked", *MARK_FIELDS):
            shown = getattr(one, mark)
            if shown is not None:
                parts = {"drawn": MARK_FIELDS, "marked": MARKED}.get(mark, (mark,))
                exact = mark == "drawn" and not whole
                limits = (shown, shown) if exact else EVENTS.bounds(shown)
                yield figure(names, parts), *limits
    for one in strata:
        if not is_whole(one):
            yield figure([one.name], MARK_FIELDS), one.drawn, one.drawn


def share_constraints(found, full):
    """The published shares in the same form; nothing where they are withheld."""
    shown, total = found.estimate, sum(one.size for one in full.strata)
    cells = [(one.name, mark) for one in full.strata for mark in MARK_FIELDS]
    weight = {one.name: one.size / one.drawn / total for one in full.strata}
    for share, marks in ((shown.least, MARKED), (shown.most, (*MARKED, "unsure"))):
        if share is not None:
            row = np.array([weight[name] * (mark in marks) for name, mark in cells])
            half = shown.step / 2 + 1e-9
            yield row, share - half, share + half


def whole_number_range(rows, aim):
    """The least and the most of a sum of whole numbers that agree with every row."""
    sums, low, high = (np.array(one, dtype=float) for one in zip(*rows, strict=True))
    limits = scipy.optimize.LinearConstraint(sums, low, high)
    ends = []
    for sign in (1, -1):
        found = scipy.optimize.milp(
            sign * aim,
            constraints=limits,
            integrality=np.ones(len(aim)),
            bounds=scipy.optimize.Bounds(0, 200),
        )
        assert found.success
        ends.append(round(sign * found.fun))
    return ends


def random_meeting(dice):
    strata = {}
    for i in range(dice.integers(1, 5)):
        size = int(dice.integers(3, 200))
        drawn = size if size < 8 else int(min(size, dice.integers(4, 30)))
        shares = dice.dirichlet((6, 2, 1, 0.4))
        strata[f"s{i}"] = (size, drawn, tuple(map(int, dice.multinomial(drawn, shares))))
    return meeting(strata)


def small_unshown_counts(found, full):
    """The counts of 0 to 4 of a public row and a mark."""
    cells = [(one.name, mark) for one in full.strata for mark in MARK_FIELDS]
    true = np.array([getattr(one, mark) for one in full.strata for mark in MARK_FIELDS])
    for row in public_rows(full.strata).values():
        names = [one.name for one in row]
        for mark in MARK_FIELDS:
            aim = np.array([name in names and mark == of for name, of in cells], dtype=float)
            if aim @ true < 5:
                yield names, mark, aim


LARGE = {
    "fired at a child": (7, 7, (4, 2, 1)),
    "under 18": (62, 10, (6, 3)),
    "fired": (55, 10, (6, 2, 1, 1)),
    "others": (424, 10, (6, 2, 2)),
}


def test_of_a_large_file_the_share_is_published_though_counts_are_small():
    full = meeting(LARGE)
    found = safe(full)
    assert found.estimate.step == 0.05
    assert abs(found.estimate.least - full.estimate.least) <= 0.025
    # As wide as the panel's own, to the step.
    assert found.estimate.low <= full.estimate.low + 0.05
    assert found.estimate.high >= full.estimate.high - 0.05
    assert {one.marked for one in found.strata} == {None}


def gives_small_counts_away(seed):
    full = random_meeting(np.random.default_rng(seed))
    found = safe(full)
    counts = list(published_constraints(found, full))
    ranges = (whole_number_range(counts, aim) for *_, aim in small_unshown_counts(found, full))
    return any(most - least < 4 for least, most in ranges)


def test_without_hiding_more_the_attacker_wins(monkeypatch):
    """Otherwise the next test could not fail: rounding alone gives small counts away."""
    monkeypatch.setattr(suppression, "figures_to_hide", lambda found, cells, withheld: withheld)
    assert any(map(gives_small_counts_away, range(12)))


@pytest.mark.parametrize("seed", range(12))
def test_nobody_can_work_out_a_small_count(seed):
    """Whole numbers that agree with all that is published: five or more for each small count.

    Where a drawn record is hidden among five, the share itself may say how many were marked.
    """
    full = random_meeting(np.random.default_rng(seed))
    found = safe(full)
    counts, share = list(published_constraints(found, full)), list(share_constraints(found, full))
    light = {one.name for one in full.strata if is_light(one)}
    for names, mark, aim in small_unshown_counts(found, full):
        known = [*counts, *share] if light & set(names) else counts
        least, most = whole_number_range(known, aim)
        assert most - least >= 4, (names, mark, least, most)


def of_public_file(full):
    return msgspec.structs.replace(full, file_is_public=True)


@pytest.mark.parametrize("seed", range(6))
def test_of_a_public_file_the_share_narrows_no_small_count(seed):
    """Whoever has the file repeats the draw, and knows which records the panel read."""
    full = of_public_file(random_meeting(np.random.default_rng(seed)))
    found = safe(full)
    known = [*published_constraints(found, full), *share_constraints(found, full)]
    for *_, aim in small_unshown_counts(found, full):
        least, most = whole_number_range(known, aim)
        assert most - least >= 4
    assert safe(of_public_file(meeting(LARGE))).estimate.least is None
