"""A case is what its events add up to; no event follows where it cannot."""

import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from survey import complaints
from survey.complaints import MOVES, Event, check_move, open_case, status
from survey.problems import Conflict, Invalid
from survey.ready import ready
from survey.responses import Occasion, Submission

FORM = next(one for one in ready() if one.kind == "complaint")
TODAY = datetime.date(2008, 6, 1)
GOOD = {
    "narrative": "It was aimed at him.",
    "allegations": ["use_of_force_taser", "incivility"],
    "happened_on": "2008-05-31",
    "concerning": "other",
}


def opened(**changed):
    return open_case(FORM, Submission(answers=GOOD | changed), "E09000012", Occasion(TODAY))


def events(*kinds):
    return [Event(kind="received"), *map(moved, kinds)]


def moved(kind):
    return Event(kind=kind, outcome="service_acceptable" if kind == "outcome" else None)


def test_a_complaint_becomes_a_case_with_its_words_apart():
    case = opened()
    assert case.allegations == ("use_of_force_taser", "incivility")
    assert case.happened_on == datetime.date(2008, 5, 31)
    assert case.texts == {"narrative": GOOD["narrative"]}
    assert "narrative" not in case.answers
    assert case.first == Event(kind="received")


@pytest.mark.parametrize(
    "changed",
    [
        {"narrative": ""},
        {"narrative": " "},
        {"allegations": []},
        {"allegations": ["weather"]},
        {"allegations": "incivility"},
        {"happened_on": "2008-06-02"},
        {"happened_on": ["2008-05-31"]},
        {"status": "closed"},
    ],
)
def test_what_breaks_a_rule_opens_no_case(changed):
    with pytest.raises(Invalid) as refused:
        opened(**changed)
    assert [fault.where for fault in refused.value.faults] == list(changed)


STANDING = [
    ((), "new"),
    (("acknowledged",), "open"),
    (("outcome",), "decided"),
    (("acknowledged", "outcome", "outcome"), "decided"),
    (("acknowledged", "outcome", "closed"), "closed"),
    (("acknowledged", "outcome", "closed", "reopened"), "open"),
]


@pytest.mark.parametrize(("kinds", "standing"), STANDING)
def test_a_case_is_what_its_events_add_up_to(kinds, standing):
    assert status(events(*kinds)) == standing


@pytest.mark.parametrize(("kinds", "standing"), STANDING)
def test_only_the_possible_moves_can_follow(kinds, standing):
    before = events(*kinds)
    for kind, (allowed, _) in MOVES.items():
        if standing in allowed:
            assert check_move("AAAA-2222", before, moved(kind)).kind == kind
            assert kind in complaints.possible(before)
        else:
            with pytest.raises(Conflict, match=f"is {standing}: '{kind}' cannot follow"):
                check_move("AAAA-2222", before, moved(kind))


@pytest.mark.parametrize(
    "event",
    [
        Event(kind="outcome"),
        Event(kind="acknowledged", outcome="withdrawn"),
        Event(kind="received"),
    ],
)
def test_an_outcome_goes_with_the_move_of_that_name_and_no_other(event):
    with pytest.raises(Conflict) as refused:
        check_move("AAAA-2222", events(), event)
    assert refused.value.code == "case.move"


@given(st.lists(st.sampled_from(sorted(MOVES)), max_size=12))
@settings(deadline=None)
def test_whatever_is_tried_a_case_stays_in_a_state_that_its_moves_allow(tried):
    standing = events()
    for kind in tried:
        possible = complaints.possible(standing)
        try:
            standing.append(check_move("AAAA-2222", standing, moved(kind)))
        except Conflict:
            assert kind not in possible
        else:
            assert kind in possible
            assert status(standing) == MOVES[kind][1]


def test_the_last_outcome_of_an_allegation_holds():
    first = Event(kind="outcome", allegation="incivility", outcome="not_able_to_determine")
    last = Event(kind="outcome", allegation="incivility", outcome="service_acceptable")
    assert complaints.decisions([*events(), first, last]) == {"incivility": "service_acceptable"}
