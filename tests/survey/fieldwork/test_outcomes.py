"""Which outcome of several visits says what a sample point is, and what files of visits hold."""

import datetime

import pytest

from survey.fieldwork.files import read_points, read_visits
from survey.fieldwork.outcomes import MEANINGS, OUTCOMES, SamplePoint, Visit

DAY = datetime.date(2026, 1, 5)
TODAY = datetime.date(2026, 1, 8)


def point(*outcomes, **more):
    parts = ("morning", "afternoon", "evening")
    visits = tuple(
        Visit(DAY + datetime.timedelta(days=place // 3), parts[place % 3], outcome)
        for place, outcome in enumerate(outcomes)
    )
    return SamplePoint(id="1", reference="A1", stratum="E1", psu="E01", visits=visits, **more)


@pytest.mark.parametrize(
    ("visits", "state", "outcome"),
    [
        ([], {}, "not_visited"),
        (["no_access"], {}, "no_access"),
        (["nobody_home", "no_access"], {}, "nobody_home"),
        (["nobody_home", "away"], {}, "away"),
        (["refused", "nobody_home"], {}, "refused"),
        (["refused", "broke_off"], {}, "broke_off"),
        (["refused", "interview"], {"has_answer": True}, "interview"),
        (["partial"], {"has_answer": True}, "partial"),
        (["refused"], {"has_answer": True}, "interview"),
        (["interview", "nobody_home"], {}, "awaited"),
        (["interview"], {"sent_back": "mistake"}, "sent_back"),
    ],
)
def test_the_last_visit_of_the_highest_rank_counts(visits, state, outcome):
    assert point(*visits, **state).outcome == outcome


def test_visits_count_by_when_they_were_and_not_by_when_they_were_recorded():
    found = point("unable", "refused")
    assert (
        SamplePoint(
            id="1", reference="A1", stratum="E1", psu="E01", visits=tuple(reversed(found.visits))
        ).outcome
        == "refused"
    )


def test_a_file_of_points_takes_references_and_never_names():
    head = ["name", "code", "Reference", "Interviewer"]
    rows, faults = read_points([head, ["Ann", "AB", "A-1/2", "team a"]], {"Team A": 1})
    assert [(one.reference, one.code, one.interviewer) for one in rows] == [
        ("A-1/2", "AB", "Team A")
    ]
    assert not faults.all
    table = [
        head,
        ["", "AB", "Ann Other", ""],
        ["", "", "A2", "Team B"],
        ["", "AB", "A2", ""],
    ]
    _, faults = read_points(table, {"Team A": 1})
    assert [(one.where, one.sentence.partition(":")[0][:40]) for one in faults.all] == [
        ("Row 2", "The reference needs 1 to 20 letters, dig"),
        ("Row 3", "The code is missing"),
        ("Row 3", "There is no interviewer “Team B”"),
        ("Row 4", "The reference is the same as in row 3"),
        ("Row 4", "The code is the same as in row 2"),
    ]


def test_a_file_of_visits_says_what_is_wrong_in_which_row():
    head = ["reference", "day", "part of day", "outcome"]
    good = [["A1", "05/01/2026", "Evening", MEANINGS[name].words] for name in OUTCOMES]
    rows, faults = read_visits([head, *good], {"A1"}, TODAY)
    assert [row.visit.outcome for row in rows] == list(OUTCOMES)
    assert not faults.all
    bad = [
        ["B9", "2026-01-05", "evening", "refused"],
        ["A1", "yesterday", "evening", "refused"],
        ["A1", "2026-02-01", "evening", "refused"],
        ["A1", "2026-01-05", "night", "rude"],
    ]
    rows, faults = read_visits([head, *bad], {"A1"}, TODAY)
    assert rows == []
    assert [one.where for one in faults.all] == ["Row 2", "Row 3", "Row 4", "Row 5", "Row 5"]
    assert read_visits([], {"A1"}, TODAY)[1].all[0].sentence == "The file is empty"
    assert len(read_visits([["day"], ["x"]], {"A1"}, TODAY)[1].all) == 3
