"""Which outcome of several visits says what a sample point is, and what files of visits hold."""

import datetime

import pytest

from survey.surveys.fieldwork import (
    MEANINGS,
    OUTCOMES,
    SamplePoint,
    Visit,
    read_points,
    read_visits,
)

DAY = datetime.date(2026, 1, 5)
TODAY = datetime.date(2026, 1, 8)


# AAPOR's codes for in-person household surveys as others print them: the table of 2004 in
# "Standardized Procedures for Personal Travel Surveys" (National Academies, 2008, table 9); the
# codes that Chile's survey Casen used in 2015; and, for 4.70, the edition of 2016 about mail
# surveys. The text of the 10th edition was not at hand.
TRAVEL, CASEN, NINTH = "National Academies 2008", "Casen 2015", "AAPOR 2016"
CODES = {
    "1.1": ("Complete", TRAVEL, CASEN),
    "1.2": ("Partial", TRAVEL, CASEN),
    "2.11": ("Refusal", TRAVEL, CASEN),
    "2.12": ("Break-off", TRAVEL, CASEN),
    "2.24": ("No one at residence", CASEN),
    "2.25": ("Respondent away or unavailable", CASEN),
    "2.32": ("Physically or mentally unable", CASEN),
    "2.33": ("Language", CASEN),
    "2.36": ("Miscellaneous", CASEN),
    "3.11": ("Not attempted or worked", TRAVEL, CASEN),
    "3.17": ("Unable to reach, unsafe area", CASEN),
    "3.18": ("Unable to locate address", CASEN),
    "4.50": ("Not a housing unit", CASEN),
    "4.60": ("Vacant housing unit", CASEN),
    "4.70": ("No eligible respondent", NINTH),
}
# The group of a code is that of its first digits.
LETTERS = {
    "1.1": "I", "1.2": "P", "2.1": "R", "2.2": "NC", "2.3": "O", "3.1": "UH", "4": "NE",
}  # fmt: skip


def test_the_codes_are_those_of_aapor_and_each_is_in_its_group():
    found = {code for one in MEANINGS.values() for code in one.code.split(" or ")}
    assert found == CODES.keys()
    for one in MEANINGS.values():
        for code in one.code.split(" or "):
            assert one.letter == next(LETTERS[at] for at in LETTERS if code.startswith(at))


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
