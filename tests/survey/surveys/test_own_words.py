"""What a calculation copies of a person's words is masked and withheld as those words are."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from survey.formats.expressions.functions import FUNCTIONS
from survey.formats.expressions.logic import FormEvaluator, evaluator_for
from survey.surveys.instruments import Calculate, Repeat
from survey.surveys.instruments.references import may_contain_answers
from survey.surveys.responses import AnswerContext, Submission, accept_submission
from tests.survey.formats.test_expressions import (
    NOW,
    instrument,
    integer_item,
    text_item,
    yes_no_item,
)

MAY_HOLD_WORDS = [
    "${ story }", "(" * 9_000 + "${story}" + ")" * 9_000,
    "${story}", "concat(${story}, 'x')", "if(${age} > 3, ${story}, '')", "/data/story",
    "../story", "coalesce('', ${story})", "substr(${story}, 0, 99)", "number(${story})",
    "translate('abc', 'a', ${story})", "/data/*", "//*", "concat(*)", "string(${story})",
    "if(contains(${story}, 'x'), 'no', ${story})", "once(${ story })".replace(" ", ""),
    "selected-at(${story}, 0)", "join(',', /data/*)", "(${story})", "if(1 = 1, ${story}, 2 = 3)",
    "instance('x')/root/item[name = 'a']/label | ${story}",
    "${story} | (${age})", "${age} + (${story})", "max(${story})", "${story} + 1",
]  # fmt: skip
HOLDS_NO_WORDS = [
    "string-length(${story})", "${story} = 'x'", "${story} != '' and ${age} > 1",
    "if(${story} = 'x', 'a', 'b')", "if(contains(${story}, 'police'), 1, 0)", "'story'",
    "concat(regex(${story}, 'a+'), 'x')", "count-selected(${story})", "${age} * 2", "${age}",
    "instance('x')/root/item[name = ${story}]/label", "not(${story} > 'a')", "2 * ${age}",
]  # fmt: skip


@pytest.mark.parametrize("expression", MAY_HOLD_WORDS)
def test_what_may_hold_words_is_known(expression):
    assert may_contain_answers(expression, {"story"})


@pytest.mark.parametrize("expression", HOLDS_NO_WORDS)
def test_what_can_only_be_yes_or_no_or_a_length_is_no_word(expression):
    assert not may_contain_answers(expression, {"story"})


SURVEY = instrument(
    text_item("story"),
    integer_item("age"),
    yes_no_item("safe"),
    Repeat(name="person", text={"en": "?"}, items=(
        text_item("harm"), Calculate(name="harm_again", calculation="${harm}"))),
    Calculate(name="again", calculation="${copy}"),
    Calculate(name="copy", calculation="concat('He wrote: ', ${story})"),
    Calculate(name="length", calculation="string-length(${copy})"),
    Calculate(name="older", calculation="${age} + 1"),
)  # fmt: skip
SECRET = "John Smith, 07700 900123"


def test_words_are_kept_as_words_by_whatever_way_they_are_copied():
    sent = Submission(
        answers={"story": SECRET, "age": 30, "safe": "yes", "person": [{"harm": SECRET}]}
    )
    response = accept_submission(
        SURVEY, sent, "E09000012", AnswerContext(NOW.date(), logic=evaluator_for(SURVEY, NOW))
    )
    assert SECRET not in str(response.answers)
    assert response.answers["older"] == 31
    assert response.answers["length"] == len(SECRET) + 10
    assert set(response.texts) == {"story", "harm", "harm_again", "again", "copy"}
    assert SURVEY.texts() == ["story", "harm", "harm_again", "again", "copy"]


LEAVES = st.sampled_from(
    ["${story}", "/data/story", "../story", "${copy}", "/data/*", "'x'", "1", "${age}", "''", "-1"]
)


def larger_expressions(inner):
    calls = st.tuples(st.sampled_from(sorted(FUNCTIONS)), st.lists(inner, min_size=1, max_size=4))
    signs = st.sampled_from(["=", "<", "+", "-", "*", "div", "mod", "and", "or", "!=", "|"])
    return st.one_of(
        calls.map(lambda call: f"{call[0]}({', '.join(call[1])})"),
        st.tuples(inner, signs, inner).map(lambda three: f"{three[0]} {three[1]} {three[2]}"),
        inner.map(lambda one: f"({one})"),
        st.tuples(inner, inner).map(lambda two: f"/data/*[{two[0]} = {two[1]}]"),
    )


@settings(max_examples=200, deadline=None)
@given(
    st.recursive(LEAVES, larger_expressions, max_leaves=6),
    st.sampled_from(["Zquyxw", "07700900123"]),
)
def test_no_calculation_that_counts_as_no_words_holds_any(expression, secret):
    survey = instrument(
        text_item("story"),
        integer_item("age"),
        Calculate(name="copy", calculation="${story}"),
        Calculate(name="found", calculation=expression),
    )
    if "found" not in survey.texts():
        settled = FormEvaluator(survey).settle({"story": secret, "age": 3}, NOW)
        assert secret.lstrip("0")[:4] not in str(settled.calculated.get("found", ""))


def test_a_text_of_the_surveys_own_is_nobodys_words_and_takes_none():
    fixed = text_item("ward", read_only=True, default="North")
    moving = text_item("late", read_only=True, default="concat('a', 'b')")
    one = instrument(fixed, moving)
    assert one.texts() == ["late"]
    sent = Submission(area="Hackney", answers={"ward": "North", "late": "ab"})
    response = accept_submission(
        one, sent, "E09000012", AnswerContext(today=NOW.date(), logic=evaluator_for(one, NOW))
    )
    assert (response.answers, response.texts) == ({"ward": "North"}, {"late": "ab"})
    sent = Submission(area="Hackney", answers={"ward": "Call me at home"})
    response = accept_submission(
        one, sent, "E09000012", AnswerContext(today=NOW.date(), logic=evaluator_for(one, NOW))
    )
    assert response.answers == {}


def test_nobody_owes_an_answer_to_what_cannot_be_changed():
    one = instrument(integer_item("shown", read_only=True, required=True), integer_item("age"))
    sent = Submission(area="Hackney", answers={"age": 3})
    response = accept_submission(one, sent, "E09000012", AnswerContext(today=NOW.date()))
    assert response.answers == {"age": 3}
