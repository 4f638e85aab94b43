"""The engine of expressions answers as JavaRosa does, which is what phones run."""

import datetime
import math
import warnings
from pathlib import Path

import pytest
from lxml import etree
from pyxform.errors import PyXFormError
from pyxform.xls2xform import convert

from survey.formats.expressions import check, defaults_of, logic_of, needs_logic
from survey.formats.expressions.form import Form
from survey.formats.expressions.rewriting import Rewriter, Unreadable
from survey.instruments import (
    Calculate,
    Choice,
    Choices,
    Date,
    Group,
    Instrument,
    Option,
    Repeat,
    Text,
    Whole,
)
from survey.responses import Occasion, Submission, accept, check_answers
from tests.oracles import javarosa
from tests.oracles.hard import hard
from tests.surveyfiles import SAMPLES

NOW = datetime.datetime(2026, 11, 25, 12)  # noqa: DTZ001
TODAY = NOW.date()


def yes_no(name, **more):
    options = (Option("yes", {"en": "Yes"}), Option("no", {"en": "No"}))
    return Choice(name=name, text={"en": name}, options=options, **more)


def whole(name, **more):
    return Whole(name=name, text={"en": name}, **more)


def text(name, **more):
    return Text(name=name, text={"en": name}, **more)


def instrument(*items):
    return Instrument(
        slug="asked", version=1, mode="open", kind="survey", title={"en": "T"}, summary={},
        items=items,
    )  # fmt: skip


STOPPED = instrument(
    yes_no("stopped", required=True),
    Group(
        name="about",
        relevant="${stopped} = 'yes'",
        items=(
            whole("age", required=True),
            text("why", required_when="${age} < 18"),
            Date(name="day", text={"en": "day"}, constraint=". > '2000-01-01' or . <= today()"),
        ),
    ),
    Repeat(
        name="person",
        text={"en": "Person"},
        items=(
            whole("years", constraint=". < 120", constraint_message={"en": "Too old"}),
            text("harm", relevant="${years} > 10"),
        ),
    ),
    Calculate(name="people", calculation="count(${person})"),
    Calculate(name="oldest", calculation="max(${years})"),
)


def checked(instrument, **answers):
    return check_answers(instrument, answers, occasion(instrument))


def occasion(instrument):
    return Occasion(TODAY, logic=logic_of(instrument, NOW))


def test_what_nobody_was_asked_is_neither_missing_nor_kept():
    kept, faults = checked(STOPPED, stopped="no", age=30, why="Because")
    assert not faults
    assert kept == {"stopped": "no", "people": 0}


def test_what_was_asked_is_missing_where_it_is_required():
    _, faults = checked(STOPPED, stopped="yes")
    assert [fault.where for fault in faults] == ["age"]
    _, faults = checked(STOPPED, stopped="yes", age=17)
    assert [(fault.where, fault.sentence) for fault in faults] == [("why", "needs an answer")]


def test_each_round_of_a_repeat_is_asked_by_itself():
    rounds = [{"years": 8, "harm": "none"}, {"years": 30, "harm": "a cut"}]
    kept, faults = checked(STOPPED, stopped="no", person=rounds)
    assert not faults
    assert kept["person"] == [{"years": 8}, {"years": 30, "harm": "a cut"}]
    assert (kept["people"], kept["oldest"]) == (2, 30)


def test_what_is_worked_out_is_a_number_or_words_or_a_truth():
    survey = instrument(
        text("code"),
        Calculate(name="joined", calculation="concat('00', ${code})"),
        Calculate(name="long", calculation="string-length(${code}) div 2"),
        Calculate(name="short", calculation="string-length(${code}) < 3"),
        Calculate(name="none", calculation="number(${code})"),
    )
    kept, _ = checked(survey, code="7a")
    assert kept == {"code": "7a", "joined": "007a", "long": 1, "short": True}
    assert checked(survey, code="7")[0]["joined"] == "007"


ROUNDS = instrument(
    Choices(name="seen", text={"en": "Seen"},
            options=(Option("bow", {"en": "In Bow", "fr": "À Bow"}), Option("ely", {"en": "Ely"}))),
    whole("n"),
    Repeat(
        name="person",
        text={"en": "Person"},
        items=(
            whole("years"),
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
    kept, faults = checked(ROUNDS, seen=["bow"], person=[{"years": 7}, {"years": 9}])
    assert faults == []
    assert [one.get("before") for one in kept["person"]] == [7, 7]  # before the first is the first
    assert (kept["second"], kept["words"], kept["nothing"]) == (9, "In Bow", False)
    assert (kept["either"], kept["least"], kept["first"]) == (5, 3, "bow")
    assert checked(ROUNDS)[0]["nothing"] is True


@pytest.mark.parametrize(
    "expression",
    ["indexed-repeat(${n}, ${person}, 1)", "indexed-repeat(1, 2, 3)", "jr:choice-name(1)"],
)
def test_another_round_of_something_else_is_refused(expression):
    survey = instrument(*ROUNDS.items, Calculate(name="c", calculation=expression))
    assert check(survey) != []


def test_a_broken_condition_says_in_which_round():
    _, faults = checked(STOPPED, stopped="no", person=[{"years": 8}, {"years": 200}])
    assert [(one.where, one.sentence) for one in faults] == [("person.2.years", "Too old")]


def test_words_of_all_rounds_are_one_text_and_leave_the_answers():
    rounds = [{"years": 12, "harm": "a cut"}, {"years": 30, "harm": "a burn"}]
    sent = Submission(answers={"stopped": "no", "person": rounds})
    response = accept(STOPPED, sent, "E09000012", occasion(STOPPED))
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
    _, faults = checked(STOPPED, stopped="no", person=rounds)
    assert [fault.where for fault in faults] == [where]


def test_a_filter_leaves_only_the_options_that_fit():
    towns = instrument(
        Choice(
            name="side",
            text={"en": "side"},
            options=(Option("east", {"en": "East"}), Option("west", {"en": "West"})),
        ),
        Choices(
            name="towns",
            text={"en": "towns"},
            filter="side = ${side}",
            options=(
                Option("bow", {"en": "Bow"}, traits={"side": "east"}),
                Option("ealing", {"en": "Ealing"}, traits={"side": "west"}),
            ),
        ),
    )
    assert logic_of(towns, NOW)({"side": "east"}).offered == {"towns": frozenset({"bow"})}
    assert checked(towns, side="east", towns=["bow"])[1] == []
    assert [one.where for one in checked(towns, side="east", towns=["ealing"])[1]] == ["towns"]


def test_what_was_withheld_is_an_option_or_empty_never_a_number():
    survey = instrument(
        yes_no("told", may_decline=True),
        whole("age", may_decline=True, constraint=". > 3"),
        text("why", relevant="${told} = 'prefer_not_to_say' and ${age} = ''"),
    )
    kept, faults = checked(survey, told="prefer_not_to_say", age="prefer_not_to_say", why="so")
    assert not faults
    assert kept["why"] == "so"


def test_a_survey_begins_with_its_defaults():
    survey = instrument(
        yes_no("told", default="no"), Date(name="day", text={"en": "d"}, default="today()")
    )
    assert defaults_of(survey, NOW) == {"told": "no", "day": "2026-11-25"}
    assert defaults_of(STOPPED, NOW) == {}


def test_a_survey_without_expressions_is_spared_the_engine():
    assert not needs_logic(instrument(yes_no("told")))
    assert needs_logic(STOPPED)


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
    faults = check(instrument(yes_no("stopped"), text("why", relevant=expression)))
    assert [fault.where for fault in faults] == ["why: relevant"]
    assert said in faults[0].sentence


def test_an_expression_about_a_question_that_is_not_there_is_refused():
    survey = instrument(text("a", relevant="${nobody} = 1", hint={"en": "As ${somebody} said"}))
    assert [(one.where, one.sentence) for one in check(survey)] == [
        ("a: relevant", "there is no question called “nobody” in this survey"),
        ("a: hint", "there is no question called “somebody” in this survey"),
    ]


def test_a_pattern_made_to_take_for_ever_does_not():
    survey = instrument(text("code", constraint="regex(., '(a+)+b|(a|a)*b')"))
    _, faults = checked(survey, code="a" * 4_000)
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
    with pytest.raises(Unreadable):
        Rewriter(expression, lambda _: True, "/data/y", "").whole()


def test_an_entity_of_a_form_is_not_resolved():
    entity = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    form = Form(hard().replace(b"?>", b"?>" + entity, 1).replace(b">yes<", b">&e;<"))
    assert b"root:" not in etree.tostring(form.others["yn"])


def agree(ours, theirs):
    """Whether two verdicts are the same; of what is passed over, nothing else is compared."""
    if ours[0] != theirs[0] or not ours[0]:
        return ours[0] == theirs[0]
    return ours[1:3] == theirs[1:3] and same(ours[3], theirs[3])


def same(ours, theirs):
    """Numbers to nine places; a day worked out is written with its midnight by JavaRosa."""
    if ours == theirs.removesuffix("T00:00:00.000Z"):
        return True
    try:
        return math.isclose(float(ours), float(theirs), rel_tol=1e-9)
    except ValueError:
        return False


def forms():
    """The hard form, and every sample form that has no expression of phones only."""
    found = {"hard": hard()}
    for file in SAMPLES.rglob("*.xls*"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                xform = convert(file).xform.encode()
            except PyXFormError:
                continue
        if not Form(xform).faults:
            found[f"{file.parent.name}-{file.name}"] = xform
    return found


@pytest.mark.slow
@pytest.mark.skipif(bool(javarosa.why_not()), reason=javarosa.why_not())
def test_javarosa_finds_what_we_find(tmp_path):
    """At least 400 random answer sets; every verdict and value of every node."""
    asked = forms()
    fills = dict.fromkeys(asked, 9) | {"hard": 60}
    ours, theirs = javarosa.ask(asked, fills, Path(tmp_path))
    assert len({file for file, _ in ours}) >= (400 if len(asked) > 1 else 60)
    assert set(ours) <= set(theirs)
    differ = [key for key in ours if not agree(ours[key], theirs[key])]
    assert [(key, ours[key], theirs[key]) for key in differ] == []
    told = list(ours.values())
    assert sum(not one[0] for one in told) > 100  # the answers are such that conditions matter
    assert sum(one[0] and not one[2] for one in told) > 20
