"""The engine of expressions answers as JavaRosa does, which is what phones run."""

import datetime
import math
import warnings
from pathlib import Path

import pytest
from lxml import etree
from pyxform.errors import PyXFormError
from pyxform.xls2xform import convert

from survey.formats.expressions import CompiledForm
from survey.formats.expressions.logic import (
    default_answers,
    evaluator_for,
    faults_of_expressions,
    needs_evaluation,
)
from survey.formats.expressions.xpath import Rewriter
from survey.surveys.expressions import UnreadableExpression
from survey.surveys.instruments import (
    Calculate,
    Date,
    Instrument,
    Integer,
    Option,
    QuestionGroup,
    Repeat,
    SelectMultiple,
    SelectOne,
    Text,
)
from survey.surveys.responses import AnswerContext, Submission, accept_submission, validate_answers
from tests.files.sample_files import SAMPLES
from tests.oracles import javarosa
from tests.oracles.hard import hard_form

NOW = datetime.datetime(2026, 11, 25, 12)  # noqa: DTZ001
TODAY = NOW.date()


def yes_no_item(name, **more):
    options = (Option("yes", {"en": "Yes"}), Option("no", {"en": "No"}))
    return SelectOne(name=name, text={"en": name}, options=options, **more)


def integer_item(name, **more):
    return Integer(name=name, text={"en": name}, **more)


def text_item(name, **more):
    return Text(name=name, text={"en": name}, **more)


def instrument(*items):
    return Instrument(
        slug="asked", version=1, mode="open", kind="survey", title={"en": "T"}, summary={},
        items=items,
    )  # fmt: skip


STOPPED = instrument(
    yes_no_item("stopped", required=True),
    QuestionGroup(
        name="about",
        relevant="${stopped} = 'yes'",
        items=(
            integer_item("age", required=True),
            text_item("why", required_when="${age} < 18"),
            Date(name="day", text={"en": "day"}, constraint=". > '2000-01-01' or . <= today()"),
        ),
    ),
    Repeat(
        name="person",
        text={"en": "Person"},
        items=(
            integer_item("years", constraint=". < 120", constraint_message={"en": "Too old"}),
            text_item("harm", relevant="${years} > 10"),
        ),
    ),
    Calculate(name="people", calculation="count(${person})"),
    Calculate(name="oldest", calculation="max(${years})"),
)


def checked_answers(instrument, **answers):
    return validate_answers(instrument, answers, context_of(instrument))


def context_of(instrument):
    return AnswerContext(TODAY, logic=evaluator_for(instrument, NOW))


def test_what_nobody_was_asked_is_neither_missing_nor_kept():
    answers, faults = checked_answers(STOPPED, stopped="no", age=30, why="Because")
    assert not faults
    assert answers == {"stopped": "no", "people": 0}


def test_what_was_asked_is_missing_where_it_is_required():
    _, faults = checked_answers(STOPPED, stopped="yes")
    assert [fault.where for fault in faults] == ["age"]
    _, faults = checked_answers(STOPPED, stopped="yes", age=17)
    assert [(fault.where, fault.sentence) for fault in faults] == [("why", "needs an answer")]


def test_each_round_of_a_repeat_is_asked_by_itself():
    rounds = [{"years": 8, "harm": "none"}, {"years": 30, "harm": "a cut"}]
    answers, faults = checked_answers(STOPPED, stopped="no", person=rounds)
    assert not faults
    assert answers["person"] == [{"years": 8}, {"years": 30, "harm": "a cut"}]
    assert (answers["people"], answers["oldest"]) == (2, 30)


def test_what_is_worked_out_is_a_number_or_words_or_a_truth():
    survey = instrument(
        text_item("code"),
        Calculate(name="joined", calculation="concat('00', ${code})"),
        Calculate(name="long", calculation="string-length(${code}) div 2"),
        Calculate(name="short", calculation="string-length(${code}) < 3"),
        Calculate(name="none", calculation="number(${code})"),
    )
    answers, _ = checked_answers(survey, code="7a")
    assert answers == {"code": "7a", "joined": "007a", "long": 1, "short": True}
    assert checked_answers(survey, code="7")[0]["joined"] == "007"


ROUNDS = instrument(
    SelectMultiple(name="seen", text={"en": "Seen"},
            options=(Option("bow", {"en": "In Bow", "fr": "À Bow"}), Option("ely", {"en": "Ely"}))),
    integer_item("n"),
    Repeat(
        name="person",
        text={"en": "Person"},
        items=(
            integer_item("years"),
            Calculate(name="before",
                      calculation="indexed-repeat(${years}, ${person}, position(..) - 1)"),
        ),
    ),
    Calculate(name="second", calculation="indexed-repeat(${years}, ${person}, 2)"),
    Calculate(name="words", calculation="jr:choice-name(selected-at(${seen}, 0), '${seen}')"),
    Calculate(name="nothing", calculation="selected(${seen}, '')"),
    Calculate(name="either", calculation="coalesce(${n} + 1, 5)"),
    Calculate(name="least", calculation="min(${n} + 1, 3)"),
    Calculate(name="first", calculation="selected-at(${seen}, ${n})"),
)  # fmt: skip


def test_another_round_and_the_words_of_an_option_are_found():
    answers, faults = checked_answers(ROUNDS, seen=["bow"], person=[{"years": 7}, {"years": 9}])
    assert faults == []
    assert [one.get("before") for one in answers["person"]] == [
        7,
        7,
    ]  # the round before the first is the first
    assert (answers["second"], answers["words"], answers["nothing"]) == (9, "In Bow", False)
    assert (answers["either"], answers["least"], answers["first"]) == (5, 3, "bow")
    assert checked_answers(ROUNDS)[0]["nothing"] is True


@pytest.mark.parametrize(
    "expression",
    ["indexed-repeat(${n}, ${person}, 1)", "indexed-repeat(1, 2, 3)", "jr:choice-name(1)"],
)
def test_another_round_of_something_else_is_refused(expression):
    survey = instrument(*ROUNDS.items, Calculate(name="c", calculation=expression))
    assert faults_of_expressions(survey) != []


def test_a_broken_condition_says_in_which_round():
    _, faults = checked_answers(STOPPED, stopped="no", person=[{"years": 8}, {"years": 200}])
    assert [(one.where, one.sentence) for one in faults] == [("person.2.years", "Too old")]


def test_words_of_all_rounds_are_one_text_and_leave_the_answers():
    rounds = [{"years": 12, "harm": "a cut"}, {"years": 30, "harm": "a burn"}]
    sent = Submission(answers={"stopped": "no", "person": rounds})
    response = accept_submission(STOPPED, sent, "E09000012", context_of(STOPPED))
    assert response.texts == {"harm": "a cut\n\na burn"}
    assert response.answers["person"] == [{"years": 12}, {"years": 30}]


@pytest.mark.parametrize(
    ("rounds", "where"),
    [
        ("three", "person"),
        (["a"], "person"),
        ([{}] * 101, "person"),
        ([{"shoe": 1}], "person.1.shoe"),
        ([{"years": "old"}], "person.1.years"),
    ],
)
def test_rounds_that_are_none_are_refused(rounds, where):
    _, faults = checked_answers(STOPPED, stopped="no", person=rounds)
    assert [fault.where for fault in faults] == [where]


def test_a_filter_leaves_only_the_options_that_fit():
    towns = instrument(
        SelectOne(
            name="side",
            text={"en": "side"},
            options=(Option("east", {"en": "East"}), Option("west", {"en": "West"})),
        ),
        SelectMultiple(
            name="towns",
            text={"en": "towns"},
            filter="side = ${side}",
            options=(
                Option("bow", {"en": "Bow"}, traits={"side": "east"}),
                Option("ealing", {"en": "Ealing"}, traits={"side": "west"}),
            ),
        ),
    )
    assert evaluator_for(towns, NOW)({"side": "east"}).offered == {"towns": frozenset({"bow"})}
    assert checked_answers(towns, side="east", towns=["bow"])[1] == []
    assert [one.where for one in checked_answers(towns, side="east", towns=["ealing"])[1]] == [
        "towns"
    ]


def test_what_was_withheld_is_an_option_or_empty_never_a_number():
    survey = instrument(
        yes_no_item("told", may_decline=True),
        integer_item("age", may_decline=True, constraint=". > 3"),
        text_item("why", relevant="${told} = 'prefer_not_to_say' and ${age} = ''"),
    )
    answers, faults = checked_answers(
        survey, told="prefer_not_to_say", age="prefer_not_to_say", why="so"
    )
    assert not faults
    assert answers["why"] == "so"


def test_a_survey_begins_with_its_defaults():
    survey = instrument(
        yes_no_item("told", default="no"), Date(name="day", text={"en": "d"}, default="today()")
    )
    assert default_answers(survey, NOW) == {"told": "no", "day": "2026-11-25"}
    assert default_answers(STOPPED, NOW) == {}


def test_a_survey_without_expressions_is_spared_the_engine():
    assert not needs_evaluation(instrument(yes_no_item("told")))
    assert needs_evaluation(STOPPED)


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("${stopped} = ", "it ends where a name should be"),
        ("nonsense(${stopped})", "nonsense(), which is not known"),
        ("${stopped} = 'yes", "cannot be read"),
        ("count(", "it ends where a name should be"),
        ("/data/a::b != ''", "it is not written as a rule can be"),
        ("1 2", "where it should end"),
        ("regex(${stopped}, '(?=a)b')", "a pattern that cannot be matched"),
        ("(" * 900 + "1" + ")" * 900, "brackets within brackets"),
        ("1" + " + 1" * 2100, "is too long"),
    ],
)
def test_an_expression_that_cannot_be_used_is_named(expression, said):
    faults = faults_of_expressions(
        instrument(yes_no_item("stopped"), text_item("why", relevant=expression))
    )
    assert [fault.where for fault in faults] == ["why: relevant"]
    assert said in faults[0].sentence


def test_an_expression_about_a_question_that_is_not_there_is_refused():
    survey = instrument(
        text_item("a", relevant="${nobody} = 1", hint={"en": "As ${somebody} said"})
    )
    assert [(one.where, one.sentence) for one in faults_of_expressions(survey)] == [
        ("a: relevant", "there is no question called “nobody” in this survey"),
        ("a: hint", "there is no question called “somebody” in this survey"),
    ]


def test_a_pattern_made_to_take_for_ever_does_not():
    survey = instrument(text_item("code", constraint="regex(., '(a+)+b|(a|a)*b')"))
    _, faults = checked_answers(survey, code="a" * 4_000)
    assert [fault.where for fault in faults] == ["code"]


@pytest.mark.parametrize(
    ("expression", "rewritten"),
    [
        ("a or b and c", "(odk:bool(a) or odk:bool((odk:bool(b) and odk:bool(c))))"),
        ("1 - -2", "odk:sub(1, odk:sub(0, 2))"),
        ("/data/r/x", "../x"),
        ("/data/r", "$root/r"),
        ("count(/data/q/x)", "odk:count($root/q/x)"),
        ("//x", "$root//x"),
        ("sum(/data/r/x)", "odk:sum(../x)"),
        ("instance('a b')/root[n = 2]/x", "$instance_a_20_b/root[odk:which(odk:eq(n, 2))]/x"),
        ("div div div", "odk:div(div, div)"),
        ("a-b", "a-b"),
        ("../../x | ./y", "../../x | ./y"),
        ("current()/../x", "$current/../x"),
    ],
)  # fmt: skip
def test_what_libxml2_is_asked(expression, rewritten):
    assert Rewriter(expression, lambda _: True, "/data/r/y", "/data/r").whole() == rewritten


@pytest.mark.parametrize("expression", ["", "a b", "/", "a[", "(a", "f(a", "@", "$", "a::", "!a"])
def test_what_is_no_expression_is_refused(expression):
    with pytest.raises(UnreadableExpression):
        Rewriter(expression, lambda _: True, "/data/y", "").whole()


def test_an_entity_of_a_form_is_not_resolved():
    entity = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    form = CompiledForm(hard_form().replace(b"?>", b"?>" + entity, 1).replace(b">yes<", b">&e;<"))
    assert b"root:" not in etree.tostring(form.others["yn"])


def verdicts_agree(ours, theirs):
    """Whether two verdicts are the same; of a question that is passed over, no value is
    compared.
    """
    if ours[0] != theirs[0] or not ours[0]:
        return ours[0] == theirs[0]
    return ours[1:3] == theirs[1:3] and values_agree(ours[3], theirs[3])


def values_agree(ours, theirs):
    """Equal values: numbers to nine places; JavaRosa writes calculated days with their midnight."""
    if ours == theirs.removesuffix("T00:00:00.000Z"):
        return True
    try:
        return math.isclose(float(ours), float(theirs), rel_tol=1e-9)
    except ValueError:
        return False


def forms_to_compare():
    """The hard form, and every sample form whose expressions all work outside a phone."""
    found = {"hard": hard_form()}
    for file in SAMPLES.rglob("*.xls*"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                xform = convert(file).xform.encode()
            except PyXFormError:
                continue
        if not CompiledForm(xform).faults:
            found[f"{file.parent.name}-{file.name}"] = xform
    return found


@pytest.mark.slow
@pytest.mark.skipif(bool(javarosa.why_not()), reason=javarosa.why_not())
def test_javarosa_finds_what_we_find(tmp_path):
    """At least 400 random answer sets; every verdict and value of every node."""
    asked = forms_to_compare()
    fills = dict.fromkeys(asked, 9) | {"hard": 60}
    ours, theirs = javarosa.ask_both(asked, fills, Path(tmp_path))
    assert len({file for file, _ in ours}) >= (400 if len(asked) > 1 else 60)
    assert set(ours) <= set(theirs)
    differ = [key for key in ours if not verdicts_agree(ours[key], theirs[key])]
    assert [(key, ours[key], theirs[key]) for key in differ] == []
    verdicts = list(ours.values())
    assert sum(not one[0] for one in verdicts) > 100  # the answers are such that conditions matter
    assert sum(one[0] and not one[2] for one in verdicts) > 20


def test_a_random_id_has_as_many_letters_as_it_says_and_before_nothing_is_nothing():
    sizes = {
        f"is_{n}": Calculate(name=f"is_{n}", calculation=f"string-length(uuid({n}))")
        for n in (0, 6, 99)
    }
    before = Calculate(name="before", calculation="concat('x', substring-before('a', ''))")
    form = Instrument(
        slug="ids", version=1, mode="open", kind="survey", title={"en": "Ids"}, summary={},
        items=(integer_item("age"), *sizes.values(), before),
    )  # fmt: skip
    assert faults_of_expressions(form) == []
    worked = evaluator_for(form, NOW)({"age": 3}).calculated
    assert worked == {"is_0": 0, "is_6": 6, "is_99": 99, "before": "x"}
