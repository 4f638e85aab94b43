"""What stops a survey is explained in its questions' words, without names of ours or pyxform's."""

import datetime
import re

import msgspec
import pytest

from api.pages.organiser.builder.sentences import check_known_names, fault_line, survey_faults
from survey.formats.expressions import logic as expressions
from survey.problems import Conflict, Fault, Problem
from survey.surveys.instruments import (
    Instrument,
    Integer,
    Option,
    QuestionGroup,
    Range,
    Repeat,
    SelectOne,
    Text,
    check_instrument,
)
from survey.surveys.instruments.drafts import InstrumentDraft, draft_warnings, remove_part
from survey.surveys.item_types.answers import DayAndCity

INTERNAL = re.compile(r"q_\w+|/data/|items|\[row|sheet|pyxform|XForm|\bNone\b|\bslug\b")
AGE = Integer(name="q_age", text={"en": "How old are you?"})
PART = Range(name="q_part", text={"en": "How much?"}, high=10)
WHY = Text(name="q_why", text={"en": "Why?"}, relevant="${q_age} > 17")
EMPTY = QuestionGroup(name="q_night", text={"en": "Night"}, items=())
CALLS = Repeat(name="q_calls", text={"en": "Calls"}, items=(WHY,))
REPEATED = Repeat(name="q_visits", text={"en": "Visits"}, items=(AGE, CALLS))


def survey(*items):
    return Instrument(
        slug="club", version=1, mode="open", kind="survey", title={"en": "Club"}, summary={},
        items=items,
    )  # fmt: skip


def faults_of(instrument):
    try:
        return expressions.faults_of_expressions(check_instrument(instrument))
    except Problem as refused:
        return list(refused.faults)


def changed(part, **fields):
    return msgspec.structs.replace(part, **fields)


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ((), "The survey has no questions yet. Add one, then publish"),
        ((AGE, AGE), "“How old are you?” has the same name as another question"),
        (
            (SelectOne(name="q_one", text={"en": "Which?"}, options=(Option("q_a",
            {"en": "A"}),)),),
            "“Which?” needs two different answers or more",
        ),
        ((changed(PART, step=0),), "“How much?” needs steps of more than 0"),
        ((AGE, EMPTY), "“Night” has no questions in it: add one, or remove it"),
        ((REPEATED,), "“Calls” is repeated inside “Visits”, which is repeated itself"),
        ((AGE, changed(WHY, relevant="${q_age} >")), "“Why?”: Only ask this if: “${q_age} >”"),
        ((AGE, changed(WHY, constraint="foo(.)")), "“Why?”: Validation rule: “foo(.)” cannot"),
        ((AGE, changed(WHY, relevant="${gone} = 1")), "there is no question called “gone”"),
        ((AGE, changed(WHY, relevant="${q_age")), "a condition or calculation that cannot be"),
    ],
)  # fmt: skip
def test_what_stops_a_survey_is_said_in_its_own_words(items, said):
    one = survey(*items)
    lines = [fault_line(fault) for fault in survey_faults(one, faults_of(one))]
    assert [line for line in lines if said in line], lines
    for line in lines:
        assert not INTERNAL.search(re.sub(r"“[^”]*”", "", line)), line


def test_steps_of_nothing_are_no_reason_to_fail():
    one = changed(PART, step=0)
    assert one.stored_answer(7.5, DayAndCity(datetime.date(2026, 11, 28))) == 7.5
    assert one.points() == []


def test_a_warning_names_both_questions_by_their_words():
    draft = InstrumentDraft(instrument=survey(WHY, AGE), languages=("en", "arz"))
    lines = [fault_line(one) for one in survey_faults(draft.instrument, draft_warnings(draft))]
    assert "“Why?” depends on “How old are you?”, which is asked later" in lines
    assert "“Why?” is not translated into Egyptian Arabic" in lines


def test_a_rule_that_names_no_question_is_refused_with_the_name_that_was_typed():
    part = changed(WHY, relevant="${gone} = 1 and ${q_age = 2")
    with pytest.raises(Problem) as refused:
        check_known_names(InstrumentDraft(instrument=survey(AGE, part)), part)
    lines = [fault_line(one) for one in survey_faults(survey(AGE, part), refused.value.faults)]
    assert "“Why?”: Only ask this if: there is no question called “gone” in this survey" in lines
    assert "“Why?”: Only ask this if: write the name of a question as ${name}" in lines


def test_a_question_that_others_need_is_kept_in_words():
    also = changed(WHY, name="q_also", text={"en": "What else?"})
    with pytest.raises(Conflict) as refused:
        remove_part(InstrumentDraft(instrument=survey(AGE, WHY, also)), "q_age")
    assert refused.value.sentence == "“Why?” and “What else?” depend on this question."
    assert (
        survey_faults(survey(AGE), [Fault("items", "Error of another program: q_age")])[0].name
        == ""
    )
