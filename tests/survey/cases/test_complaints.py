"""The state of a case follows from its events; an event that is not allowed then is refused."""

import datetime
import typing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.operations.cases import working_day_after
from survey import cases
from survey.cases import (
    ACTIVE_STATUSES,
    DAYS_TO_ANSWER,
    DAYS_TO_CLOSE,
    DAYS_TO_DISPUTE,
    DAYS_TO_REVIEW,
    MAILED_TO_PERSON,
    TOLD_TO_CASEWORKER,
    TRANSITIONS,
    CaseEvent,
    CaseState,
    CaseStatus,
    CaseTransition,
    DatedCaseEvent,
    allegation_outcomes,
    allowed_transitions,
    case_from_submission,
    case_state,
    check_transition,
    is_in_time,
)
from survey.formats.expressions import logic as expressions
from survey.problems import Conflict, Invalid
from survey.surveys.ready import load_ready_instruments
from survey.surveys.responses import AnswerContext, Submission

FORM = next(one for one in load_ready_instruments() if one.kind == "complaint")
TODAY = datetime.date(2008, 6, 2)
KINDS = ("use_of_force_taser", "incivility")
GOOD = {
    "narrative": "It was aimed at him.",
    "allegations": list(KINDS),
    "happened_on": "2008-05-31",
    "concerning": "self",
}
STATUSES = typing.get_args(CaseStatus)
EVERY_TRANSITION = [kind for kind in typing.get_args(CaseTransition) if kind != "received"]


def open_test_case(**changed):
    logic = expressions.evaluator_for(FORM, datetime.datetime.combine(TODAY, datetime.time()))
    occasion = AnswerContext(TODAY, logic=logic)
    return case_from_submission(FORM, Submission(answers=GOOD | changed), "E09000012", occasion)


def case_event(kind, **given):
    extra = {"outcome": {"allegation": KINDS[0], "outcome": "service_acceptable"}}
    extra |= {"merged": {"case": "AAAA-2222"}, "assigned": {"to": "joan"}}
    return CaseEvent(kind=kind, **extra.get(kind, {}) | given)


def history(*kinds, day=TODAY):
    return [DatedCaseEvent(case_event(kind), day) for kind in ("received", *kinds)]


def state_after(*kinds, day=TODAY):
    return case_state(history(*kinds, day=day), KINDS, working_day_after)


def first_party_of(kind):
    return TRANSITIONS[kind].by[0]


def test_a_complaint_becomes_a_case_with_its_words_apart():
    case = open_test_case()
    assert case.allegations == KINDS
    assert case.happened_on == datetime.date(2008, 5, 31)
    assert case.texts == {"narrative": GOOD["narrative"]}
    assert "narrative" not in case.answers
    assert case.first == CaseEvent(kind="received")


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
        open_test_case(**changed)
    assert {fault.where for fault in refused.value.faults} == set(changed)


STATUS_AFTER_EVENTS = [
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
EVENTS_TO_STATUS = {status: kinds for kinds, status in reversed(STATUS_AFTER_EVENTS)}


@pytest.mark.parametrize(("kinds", "status"), STATUS_AFTER_EVENTS)
def test_a_case_is_what_its_events_add_up_to(kinds, status):
    assert state_after(*kinds).status == status


def test_the_table_tells_of_every_move_and_leads_to_every_status():
    assert set(TRANSITIONS) == set(EVERY_TRANSITION)
    assert set(EVENTS_TO_STATUS) == set(STATUSES)
    assert {to for rule in TRANSITIONS.values() for to in rule.to.values()} | {"new"} == set(
        STATUSES
    )
    assert set(ACTIVE_STATUSES) == set(STATUSES) - {"closed", "merged"}
    assert set(TRANSITIONS) | {"received"} >= MAILED_TO_PERSON | TOLD_TO_CASEWORKER


@pytest.mark.parametrize("side", ["reviewer", "person", "calendar"])
@pytest.mark.parametrize("kind", EVERY_TRANSITION)
@pytest.mark.parametrize("status", STATUSES)
def test_only_what_the_table_allows_can_follow(status, kind, side):
    now = state_after(*EVENTS_TO_STATUS[status])
    rule = TRANSITIONS[kind]
    if side in rule.by and status in rule.to and is_in_time(now, kind, TODAY):
        assert check_transition("AAAA-2222", now, case_event(kind), side, TODAY).kind == kind
        assert kind in allowed_transitions(now, side, TODAY)
        assert state_after(*EVENTS_TO_STATUS[status], kind).status == rule.to[status]
    else:
        with pytest.raises(Conflict) as refused:
            check_transition("AAAA-2222", now, case_event(kind), side, TODAY)
        assert refused.value.code in ("case.move", "case.too_late", "case.not_overdue")
        assert kind not in allowed_transitions(now, side, TODAY)


@pytest.mark.parametrize(
    "event",
    [
        CaseEvent(kind="outcome"),
        CaseEvent(kind="acknowledged", outcome="withdrawn"),
        CaseEvent(kind="received"),
    ],
)
def test_an_outcome_goes_with_the_move_of_that_name_and_no_other(event):
    with pytest.raises(Conflict) as refused:
        check_transition("AAAA-2222", state_after(), event, "reviewer", TODAY)
    assert refused.value.code == "case.move"


@given(st.lists(st.sampled_from(EVERY_TRANSITION), max_size=12))
@settings(deadline=None, max_examples=60)
def test_whatever_is_tried_a_case_stays_in_a_state_that_its_moves_allow(tried):
    so_far = history()
    for kind in tried:
        now = case_state(so_far, KINDS, working_day_after)
        try:
            check_transition("AAAA-2222", now, case_event(kind), first_party_of(kind), TODAY)
        except Conflict:
            assert kind not in allowed_transitions(now, first_party_of(kind), TODAY)
            continue
        assert kind in allowed_transitions(now, first_party_of(kind), TODAY)
        so_far.append(DatedCaseEvent(case_event(kind), TODAY))
        after = case_state(so_far, KINDS, working_day_after)
        assert after.status == TRANSITIONS[kind].to[now.status]
        assert (after.merged_into is not None) == (after.status == "merged")
        assert (after.disputable_until is not None) == (after.status == "closed")


def test_a_dispute_has_its_time_and_not_a_day_more():
    closed = state_after("outcome", "closed")
    last = TODAY + datetime.timedelta(days=DAYS_TO_DISPUTE)
    appeal = case_event("appealed")
    assert check_transition("AAAA-2222", closed, appeal, "person", last) == appeal
    with pytest.raises(Conflict) as refused:
        check_transition("AAAA-2222", closed, appeal, "person", last + datetime.timedelta(days=1))
    assert refused.value.code == "case.too_late"


def test_nobody_is_nudged_before_the_day_has_passed():
    now = state_after()
    with pytest.raises(Conflict) as refused:
        check_transition("AAAA-2222", now, case_event("nudged"), "person", now.due)
    assert refused.value.code == "case.not_overdue"
    tomorrow = now.due + datetime.timedelta(days=1)
    assert check_transition("AAAA-2222", now, case_event("nudged"), "person", tomorrow)


def test_the_most_urgent_kind_sets_the_days():
    urgent = cases.working_days_allowed(KINDS)
    assert urgent == cases.working_days_allowed(("use_of_force_taser",))
    assert cases.working_days_allowed(("incivility",)).decide > urgent.decide
    assert cases.working_days_allowed(("of an older form",)) == cases.working_days_allowed(
        ("other",)
    )


def test_every_step_has_its_day():
    given = cases.working_days_allowed(KINDS)
    assert state_after().due == working_day_after(TODAY, given.acknowledge)
    assert state_after("acknowledged").due == working_day_after(TODAY, given.decide)
    assert state_after("acknowledged", "asked").due == working_day_after(TODAY, DAYS_TO_ANSWER)
    assert state_after("acknowledged", "outcome").due == working_day_after(TODAY, DAYS_TO_CLOSE)
    assert state_after("outcome", "closed").due is None
    assert state_after("outcome", "closed", "appealed").due == working_day_after(
        TODAY, DAYS_TO_REVIEW
    )
    assert state_after("merged").due is None


def test_an_answer_that_comes_late_leaves_time_to_read_it():
    late = working_day_after(TODAY, 30)
    events = [*history("acknowledged", "asked"), DatedCaseEvent(case_event("answered"), late)]
    assert case_state(events, KINDS, working_day_after).due == working_day_after(
        late, DAYS_TO_ANSWER
    )


def test_whom_a_case_waits_for_is_not_overdue():
    waiting = state_after("acknowledged", "asked")
    assert not waiting.is_overdue(waiting.due + datetime.timedelta(days=99))


def test_who_handles_a_case_is_who_was_named_last():
    assert state_after("assigned").handler == "joan"
    events = [*history("assigned"), DatedCaseEvent(case_event("assigned", to="amina"), TODAY)]
    assert case_state(events, KINDS, working_day_after).handler == "amina"
    assert CaseState().handler is None


def test_the_last_outcome_of_an_allegation_holds():
    first = CaseEvent(kind="outcome", allegation="incivility", outcome="not_able_to_determine")
    last = CaseEvent(kind="outcome", allegation="incivility", outcome="service_acceptable")
    assert allegation_outcomes([first, last], KINDS) == {"incivility": "service_acceptable"}


def test_what_was_undecided_when_it_was_taken_back_is_withdrawn():
    decided = CaseEvent(kind="outcome", allegation="incivility", outcome="resolved")
    found = allegation_outcomes([decided, CaseEvent(kind="withdrawn")], KINDS)
    assert found == {"incivility": "resolved", "use_of_force_taser": "withdrawn"}


def test_working_days_pass_over_weekends_and_bank_holidays_of_england():
    christmas = datetime.date(2007, 12, 24)
    assert working_day_after(christmas, 1) == datetime.date(2007, 12, 27)
    assert working_day_after(datetime.date(2008, 5, 23), 1) == datetime.date(2008, 5, 27)
    assert working_day_after(datetime.date(2008, 6, 7), 1) == datetime.date(2008, 6, 9)
