"""A case is what its events add up to; no event follows where it cannot."""

import datetime
import typing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.working_days import later
from survey import allegations
from survey.complaints import (
    ANSWER,
    CLOSE,
    DAYS_TO_DISPUTE,
    LIVE,
    MOVES,
    REVIEW,
    TOLD_TO_HANDLER,
    TOLD_TO_PERSON,
    Event,
    Happened,
    Move,
    Standing,
    Status,
    check_move,
    decisions,
    is_in_time,
    open_case,
    possible,
    standing,
)
from survey.formats import expressions
from survey.problems import Conflict, Invalid
from survey.ready import ready
from survey.responses import Occasion, Submission

FORM = next(one for one in ready() if one.kind == "complaint")
TODAY = datetime.date(2008, 6, 2)
KINDS = ("use_of_force_taser", "incivility")
GOOD = {
    "narrative": "It was aimed at him.",
    "allegations": list(KINDS),
    "happened_on": "2008-05-31",
    "concerning": "self",
}
STATUSES = typing.get_args(Status)
EVERY = [kind for kind in typing.get_args(Move) if kind != "received"]


def opened(**changed):
    logic = expressions.logic_of(FORM, datetime.datetime.combine(TODAY, datetime.time()))
    occasion = Occasion(TODAY, logic=logic)
    return open_case(FORM, Submission(answers=GOOD | changed), "E09000012", occasion)


def moved(kind, **given):
    extra = {"outcome": {"allegation": KINDS[0], "outcome": "service_acceptable"}}
    extra |= {"merged": {"case": "AAAA-2222"}, "assigned": {"to": "joan"}}
    return Event(kind=kind, **extra.get(kind, {}) | given)


def history(*kinds, day=TODAY):
    return [Happened(moved(kind), day) for kind in ("received", *kinds)]


def stands(*kinds, day=TODAY):
    return standing(history(*kinds, day=day), KINDS, later)


def side_of(kind):
    return MOVES[kind].by[0]


def test_a_complaint_becomes_a_case_with_its_words_apart():
    case = opened()
    assert case.allegations == KINDS
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
        {"happened_on": "2008-06-03"},
        {"happened_on": ["2008-05-31"]},
        {"status": "closed"},
    ],
)
def test_what_breaks_a_rule_opens_no_case(changed):
    with pytest.raises(Invalid) as refused:
        opened(**changed)
    assert {fault.where for fault in refused.value.faults} == set(changed)


STANDING = [
    ((), "new"),
    (("assigned",), "new"),
    (("acknowledged",), "open"),
    (("acknowledged", "asked"), "waiting"),
    (("acknowledged", "asked", "answered"), "open"),
    (("acknowledged", "asked", "evidence"), "open"),
    (("answered", "told", "corrected"), "new"),
    (("outcome",), "decided"),
    (("acknowledged", "outcome", "outcome"), "decided"),
    (("acknowledged", "outcome", "closed"), "closed"),
    (("acknowledged", "outcome", "closed", "appealed"), "disputed"),
    (("acknowledged", "outcome", "closed", "appealed", "closed"), "closed"),
    (("acknowledged", "outcome", "closed", "reopened"), "open"),
    (("withdrawn",), "closed"),
    (("merged",), "merged"),
    (("merged", "answered"), "merged"),
    (("merged", "parted"), "open"),
    (("merged", "withdrawn"), "closed"),
]
LEADS = {status: kinds for kinds, status in reversed(STANDING)}


@pytest.mark.parametrize(("kinds", "status"), STANDING)
def test_a_case_is_what_its_events_add_up_to(kinds, status):
    assert stands(*kinds).status == status


def test_the_table_tells_of_every_move_and_leads_to_every_status():
    assert set(MOVES) == set(EVERY)
    assert set(LEADS) == set(STATUSES)
    assert {to for rule in MOVES.values() for to in rule.to.values()} | {"new"} == set(STATUSES)
    assert set(LIVE) == set(STATUSES) - {"closed", "merged"}
    assert set(MOVES) | {"received"} >= TOLD_TO_PERSON | TOLD_TO_HANDLER


@pytest.mark.parametrize("side", ["reviewer", "person", "calendar"])
@pytest.mark.parametrize("kind", EVERY)
@pytest.mark.parametrize("status", STATUSES)
def test_only_what_the_table_allows_can_follow(status, kind, side):
    now = stands(*LEADS[status])
    rule = MOVES[kind]
    if side in rule.by and status in rule.to and is_in_time(now, kind, TODAY):
        assert check_move("AAAA-2222", now, moved(kind), side, TODAY).kind == kind
        assert kind in possible(now, side, TODAY)
        assert stands(*LEADS[status], kind).status == rule.to[status]
    else:
        with pytest.raises(Conflict) as refused:
            check_move("AAAA-2222", now, moved(kind), side, TODAY)
        assert refused.value.code in ("case.move", "case.too_late", "case.not_overdue")
        assert kind not in possible(now, side, TODAY)


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
        check_move("AAAA-2222", stands(), event, "reviewer", TODAY)
    assert refused.value.code == "case.move"


@given(st.lists(st.sampled_from(EVERY), max_size=12))
@settings(deadline=None, max_examples=60)
def test_whatever_is_tried_a_case_stays_in_a_state_that_its_moves_allow(tried):
    so_far = history()
    for kind in tried:
        now = standing(so_far, KINDS, later)
        try:
            check_move("AAAA-2222", now, moved(kind), side_of(kind), TODAY)
        except Conflict:
            assert kind not in possible(now, side_of(kind), TODAY)
            continue
        assert kind in possible(now, side_of(kind), TODAY)
        so_far.append(Happened(moved(kind), TODAY))
        after = standing(so_far, KINDS, later)
        assert after.status == MOVES[kind].to[now.status]
        assert (after.merged_into is not None) == (after.status == "merged")
        assert (after.disputable_until is not None) == (after.status == "closed")


def test_a_dispute_has_its_time_and_not_a_day_more():
    closed = stands("outcome", "closed")
    last = TODAY + datetime.timedelta(days=DAYS_TO_DISPUTE)
    appeal = moved("appealed")
    assert check_move("AAAA-2222", closed, appeal, "person", last) == appeal
    with pytest.raises(Conflict) as refused:
        check_move("AAAA-2222", closed, appeal, "person", last + datetime.timedelta(days=1))
    assert refused.value.code == "case.too_late"


def test_nobody_is_nudged_before_the_day_has_passed():
    now = stands()
    with pytest.raises(Conflict) as refused:
        check_move("AAAA-2222", now, moved("nudged"), "person", now.due)
    assert refused.value.code == "case.not_overdue"
    tomorrow = now.due + datetime.timedelta(days=1)
    assert check_move("AAAA-2222", now, moved("nudged"), "person", tomorrow)


def test_the_most_urgent_kind_sets_the_days():
    urgent = allegations.given(KINDS)
    assert urgent == allegations.given(("use_of_force_taser",))
    assert allegations.given(("incivility",)).decide > urgent.decide
    assert allegations.given(("of an older form",)) == allegations.given(("other",))


def test_every_step_has_its_day():
    given = allegations.given(KINDS)
    assert stands().due == later(TODAY, given.acknowledge)
    assert stands("acknowledged").due == later(TODAY, given.decide)
    assert stands("acknowledged", "asked").due == later(TODAY, ANSWER)
    assert stands("acknowledged", "outcome").due == later(TODAY, CLOSE)
    assert stands("outcome", "closed").due is None
    assert stands("outcome", "closed", "appealed").due == later(TODAY, REVIEW)
    assert stands("merged").due is None


def test_an_answer_that_comes_late_leaves_time_to_read_it():
    late = later(TODAY, 30)
    events = [*history("acknowledged", "asked"), Happened(moved("answered"), late)]
    assert standing(events, KINDS, later).due == later(late, ANSWER)


def test_whom_a_case_waits_for_is_not_overdue():
    waiting = stands("acknowledged", "asked")
    assert not waiting.is_overdue(waiting.due + datetime.timedelta(days=99))


def test_who_handles_a_case_is_who_was_named_last():
    assert stands("assigned").handler == "joan"
    events = [*history("assigned"), Happened(moved("assigned", to="amina"), TODAY)]
    assert standing(events, KINDS, later).handler == "amina"
    assert Standing().handler is None


def test_the_last_outcome_of_an_allegation_holds():
    first = Event(kind="outcome", allegation="incivility", outcome="not_able_to_determine")
    last = Event(kind="outcome", allegation="incivility", outcome="service_acceptable")
    assert decisions([first, last], KINDS) == {"incivility": "service_acceptable"}


def test_what_was_undecided_when_it_was_taken_back_is_withdrawn():
    decided = Event(kind="outcome", allegation="incivility", outcome="resolved")
    found = decisions([decided, Event(kind="withdrawn")], KINDS)
    assert found == {"incivility": "resolved", "use_of_force_taser": "withdrawn"}


def test_working_days_pass_over_weekends_and_bank_holidays_of_england():
    christmas = datetime.date(2007, 12, 24)
    assert later(christmas, 1) == datetime.date(2007, 12, 27)
    assert later(datetime.date(2008, 5, 23), 1) == datetime.date(2008, 5, 27)
    assert later(datetime.date(2008, 6, 7), 1) == datetime.date(2008, 6, 9)
