"""How much work an expression may cause, in steps and characters, whatever an organiser wrote."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.paper.layout import number_questions
from api.paper.words import condition_in_words
from survey.formats.expressions import xpath
from survey.formats.expressions.functions import FUNCTIONS
from survey.formats.expressions.logic import (
    FormEvaluator,
    default_answers,
    evaluator_for,
    faults_of_expressions,
)
from survey.formats.expressions.values import LONGEST, compiled_pattern
from survey.formats.expressions.xpath import MOST_WORK, Meter, TooMuchWork
from survey.problems import Invalid
from survey.surveys.instruments import Calculate, Option, Repeat, SelectOne, Text
from tests.survey.formats.test_expressions import (
    NOW,
    checked_answers,
    instrument,
    integer_item,
    text_item,
)


def calculate_items(**calculations):
    return [Calculate(name=name, calculation=one) for name, one in calculations.items()]


CYCLE = instrument(
    text_item("story"),
    *calculate_items(c1="concat(${c2}, ${c2}, 'x')", c2="concat(${c1}, ${c1}, 'y')"),
)
DOUBLING = instrument(
    text_item("story"),
    *calculate_items(d0="${story}", **{f"d{n}": f"concat(${{d{n - 1}}}, ${{d{n - 1}}})"
                                  for n in range(1, 60)}),
)  # fmt: skip
FAILING = [
    "round(1, 400)", "int(1 div 0)", "date(99999999999)", "'a'/b",
    "concat('a')/b", "pow(10, 400) - pow(10, 400)", "selected-at('a b', 1 div 0)", "count('a')/b",
]  # fmt: skip


def evaluate_metered(survey, answers):
    meter = Meter()
    found = FormEvaluator(survey).evaluate(answers, NOW, meter)
    return meter, found


def test_a_calculation_that_needs_its_own_outcome_is_refused():
    faults = faults_of_expressions(CYCLE)
    assert [one.where for one in faults] == ["c1: calculate", "c2: calculate"]
    assert faults_of_expressions(
        instrument(text_item("a"), *calculate_items(c="concat(${c}, ${a})"))
    )[0].where.startswith("c")
    assert (
        faults_of_expressions(instrument(text_item("a"), *calculate_items(c="${a}", d="${c}")))
        == []
    )


@pytest.mark.parametrize("survey", [CYCLE, DOUBLING])
def test_what_doubles_or_turns_in_a_circle_stays_within_the_count(survey):
    """This also protects surveys that were published before cycles were refused."""
    meter, found = evaluate_metered(survey, {"story": "a" * 5})
    assert meter.work <= MOST_WORK
    assert max(len(str(one)) for one in found.calculated.values()) <= LONGEST


def test_work_without_end_is_a_refusal_in_words(monkeypatch):
    monkeypatch.setattr(xpath, "MOST_WORK", 20_000)
    deep = "count(//*[count(//*[count(/data/*[count(/data/*) > 0]) > 0]) > 0])"
    survey = instrument(
        *[integer_item(f"w{n}") for n in range(150)], *calculate_items(c=deep, d=deep, e=deep)
    )
    many = instrument(*[integer_item(f"w{n}") for n in range(150)],
                      *calculate_items(**{f"c{n}": "count(//*[count(/data/*[. > 0]) > 0])"
                                     for n in range(60)}))  # fmt: skip
    assert "searches the whole form" not in str(faults_of_expressions(many))
    assert [one.where for one in faults_of_expressions(many)] == ["items"]
    meter = Meter()
    with pytest.raises(TooMuchWork):
        FormEvaluator(many).evaluate({}, NOW, meter)
    with pytest.raises(Invalid, match="too long") as refused:
        evaluator_for(many, NOW)({})
    assert refused.value.code == "survey.too_much_work"
    assert faults_of_expressions(survey) != []


@pytest.mark.parametrize("expression", FAILING)
def test_what_cannot_be_worked_out_is_refused_before_it_is_published(expression):
    survey = instrument(text_item("a"), *calculate_items(c=expression))
    if faults := faults_of_expressions(survey):
        assert [one.where for one in faults] == ["c: calculate"]
    answers, wrong = checked_answers(survey, a="x")
    assert (answers.get("c", ""), wrong) == ("", [])


@pytest.mark.parametrize(
    "expression", ["if(1)", "instance('nope')/root", "regex(., 'a', 'b')", "not()", "pi(1)"]
)
def test_what_gives_a_function_too_few_or_names_no_list_is_refused(expression):
    assert faults_of_expressions(instrument(text_item("a"), *calculate_items(c=expression))) != []


@pytest.mark.parametrize("name", ["itext", "choice-name"])
def test_words_looked_up_in_what_is_no_list_are_empty(name):
    survey = instrument(text_item("a"), *calculate_items(c=f"{name}('a', 'some words')"))
    assert checked_answers(survey, a="x") == ({"a": "x"}, [])


def test_what_fails_for_some_answers_only_is_empty_for_these():
    survey = instrument(
        integer_item("a"), *calculate_items(c="int(10 div ${a})", d="date(${a} * 100000)")
    )
    assert faults_of_expressions(survey) == []
    assert checked_answers(survey, a=0)[0] == {"a": 0, "d": "1970-01-01"}
    assert checked_answers(survey, a=1_000_000)[0] == {"a": 1_000_000, "c": 0}


def test_a_filter_that_fails_offers_everything_and_a_failing_count_nothing():
    options = (Option("one", {"en": "1"}), Option("two", {"en": "2"}))
    survey = instrument(
        SelectOne(name="which", text={"en": "?"}, options=options, filter="name = int(1 div 0)"),
        Repeat(name="again", text={"en": "?"}, items=(text_item("b"),), count="1 div 0"),
    )
    answers, faults = checked_answers(survey, which="two")
    assert (answers, faults) == ({"which": "two"}, [])
    assert FormEvaluator(survey).settle({}, NOW).rounds["again"] <= 100


def test_calculations_that_name_each_other_are_written_out_a_few_times_only():
    """Conditions are put into words for the builder and paper: 20 names in each of 9 would be
    20^9.
    """
    chain = {f"d{n}": "concat(" + ", ".join([f"${{d{n + 1}}}"] * 20) + ")" for n in range(9)}
    survey = instrument(text_item("a", relevant="${d0} != ''"), *calculate_items(**chain, d9="'x'"))
    assert len(condition_in_words("${d0} != ''", number_questions(survey, "en"))) < 2_100


def test_a_default_that_fails_is_empty():
    survey = instrument(Text(name="a", text={"en": "a"}, default="int(1 div 0)"))
    assert default_answers(survey, NOW) == {}


def test_a_pattern_that_is_too_long_matches_nothing():
    assert compiled_pattern("a" * 1_001) is None
    assert compiled_pattern("(a{0,1000}){0,1000}") is None


LITERALS = ["''", "'ab c'", "0", "-1", "1.5", "1 div 0", "'2026-02-28'", "${a}", "${n}", "'x' * 2"]


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(sorted(set(FUNCTIONS) - {"which", "bool"})),
    st.lists(st.sampled_from(LITERALS), max_size=4),
    st.sampled_from(["", "some words", "=" * 5_000]),
    st.sampled_from([0, 7, 1_000_000]),
)
def test_no_function_raises_whatever_it_is_given(name, given_to, words, number):
    survey = instrument(
        text_item("a"), integer_item("n"), *calculate_items(c=f"{name}({', '.join(given_to)})")
    )
    asked = FormEvaluator(survey)
    if not asked.form.faults:
        meter = Meter()
        found = asked.evaluate({"a": words, "n": number}, NOW, meter)
        assert len(str(found.calculated.get("c", ""))) <= LONGEST
        assert meter.work <= MOST_WORK


def test_the_count_is_of_characters_too(monkeypatch):
    survey = instrument(text_item("a"), *calculate_items(c="translate(${a}, 'a', 'b')"))
    short, _ = evaluate_metered(survey, {"a": "a"})
    long, _ = evaluate_metered(survey, {"a": "a" * 5_000})
    assert long.work - short.work >= 5_000 // 100
    monkeypatch.setattr(xpath, "MOST_WORK", short.work)
    with pytest.raises(TooMuchWork):
        evaluate_metered(survey, {"a": "a" * 5_000})
