"""SurveyJS files: every type of question and every condition is imported, and the rest is
reported.
"""

import datetime
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from survey.formats import surveyjs as surveyjs
from survey.formats import xlsform
from survey.formats.expressions.logic import evaluator_for, faults_of_expressions
from survey.formats.foreign import ImportedInstrument, Unconvertible
from survey.formats.surveyjs.containers import TYPES
from survey.formats.surveyjs.expressions import SurveyjsConverter
from survey.formats.surveyjs.terms import SurveyjsEntry
from survey.formats.xlsform import to_sheets, to_workbook
from survey.problems import Invalid
from survey.surveys.instruments import (
    Calculate,
    Consent,
    Date,
    DateTime,
    Decimal,
    File,
    Grid,
    Image,
    Integer,
    Note,
    QuestionGroup,
    QuestionPage,
    Range,
    Rank,
    Repeat,
    Scale,
    SelectMultiple,
    SelectOne,
    Text,
    Time,
    all_parts,
    faults_of_instrument,
)
from tests.files.sample_files import FOLDER, needs_samples

NOON = datetime.datetime(2026, 5, 4, 12)  # noqa: DTZ001 - the wall clock of whoever answers
AGE = {"type": "text", "name": "age", "inputType": "number"}


def import_elements(*elements, **survey):
    """Import a survey with one question to a page, so that each is found by its place."""
    given = {"title": "A", "questionsOnPageMode": "questionPerPage", **survey}
    return check_round_trip(
        surveyjs.read("a.json", json.dumps({**given, "elements": elements}).encode())
    )


def check_round_trip(found):
    """Check that an imported survey is valid and passes through a spreadsheet unchanged."""
    instrument = found.instrument
    assert faults_of_instrument(instrument) == []
    assert faults_of_expressions(instrument) == []
    back = xlsform.read("a.xlsx", to_workbook(to_sheets(instrument)))
    assert back.instrument == instrument
    return found


def import_one(element, **survey):
    """Import one element: its question, and what the report says of it."""
    found = import_elements({"name": "q", "title": "Q", **element}, **survey)
    return found.instrument.items[0], {line.what: line.why for line in found.left}


OPTIONS = {"choices": ["a", "b"]}
ROWS = {"rows": ["r", "s"]}


@pytest.mark.parametrize(
    ("element", "kind"),
    [
        ({"type": "text"}, Text),
        ({"type": "text", "inputType": "number"}, Decimal),
        ({"type": "text", "inputType": "number", "step": 1, "min": 0}, Integer),
        ({"type": "text", "inputType": "date"}, Date),
        ({"type": "text", "inputType": "datetime-local"}, DateTime),
        ({"type": "text", "inputType": "time"}, Time),
        ({"type": "text", "inputType": "tel"}, Text),
        ({"type": "text", "inputType": "range", "max": 10}, Range),
        ({"type": "text", "inputType": "range", "min": 5, "max": 5}, Decimal),
        ({"type": "text", "inputType": "range", "max": 1234567}, Decimal),
        ({"type": "comment"}, Text),
        ({"type": "slider", "max": 20, "step": 5}, Range),
        ({"type": "radiogroup", **OPTIONS}, SelectOne),
        ({"type": "dropdown", "choicesMin": 1, "choicesMax": 4}, SelectOne),
        ({"type": "buttongroup", **OPTIONS}, SelectOne),
        ({"type": "checkbox", **OPTIONS}, SelectMultiple),
        ({"type": "tagbox", **OPTIONS}, SelectMultiple),
        ({"type": "imagepicker", **OPTIONS}, SelectOne),
        ({"type": "imagepicker", "multiSelect": True, **OPTIONS}, SelectMultiple),
        ({"type": "radiogroup", "choices": ["I agree"]}, Consent),
        ({"type": "dropdown", "choicesByUrl": {"url": "https://a"}}, Text),
        ({"type": "boolean"}, SelectOne),
        ({"type": "boolean", "isRequired": True, "labelTrue": "I agree"}, Consent),
        ({"type": "rating"}, Scale),
        ({"type": "rating", "rateValues": [1, {"value": 5, "text": "Five"}]}, SelectOne),
        ({"type": "rating", "rateStep": 2, "rateMax": 9}, SelectOne),
        ({"type": "ranking", **OPTIONS}, Rank),
        ({"type": "matrix", "columns": [*"abcde"], **ROWS}, Grid),
        ({"type": "matrix", "columns": [*"abc"], **ROWS}, QuestionPage),
        ({"type": "matrix", "columns": [*"abcde"], "cellType": "checkbox", **ROWS}, QuestionPage),
        ({"type": "matrixdropdown", "columns": [{"name": "c"}], **OPTIONS, **ROWS}, QuestionGroup),
        ({"type": "matrixdynamic", "columns": [{"name": "c"}], **OPTIONS}, Repeat),
        ({"type": "multipletext", "items": [{"name": "one"}, {"name": "two"}]}, QuestionPage),
        ({"type": "paneldynamic", "templateElements": [AGE]}, Repeat),
        ({"type": "panel", "elements": [AGE]}, QuestionGroup),
        ({"type": "file"}, File),
        ({"type": "file", "acceptedTypes": "image/*,.png"}, Image),
    ],
)
def test_every_type_of_question_has_its_own(element, kind):
    part, _ = import_one(element)
    assert type(part) is kind


def test_what_is_not_asked_is_told_by_its_place():
    found = import_elements(
        AGE, {"type": "signaturepad", "name": "s"}, {"type": "hologram", "name": "h"}
    )
    assert [(line.where, line.what) for line in found.left] == [
        ("$.elements[1] (s)", "the question, of type signaturepad"),
        ("$.elements[2] (h)", "the question, of type hologram"),
    ]


def test_words_are_carried_in_every_language():
    part, notes = import_one(
        {"type": "text", "title": {"default": "Why?", "de": "Warum?"}, "description": "So."},
        locale="fr",
    )
    assert part.text == {"fr": "Why?", "de": "Warum?"}
    assert part.hint == {"fr": "So."}
    assert notes == {}


def test_words_longer_than_a_cell_of_a_spreadsheet_are_cut_and_that_is_told():
    part, notes = import_one({"type": "text", "title": "x" * 40_000})
    assert len(part.text["en"]) == 30_000
    assert [*notes] == ["title: all after 30,000 letters"]


def test_options_get_names_that_answers_can_hold():
    part, notes = import_one(
        {"type": "radiogroup", "choices": ["Very good", 2, {"value": "x", "text": "Ex"}]}
    )
    named = [(option.name, option.text["en"]) for option in part.options]
    assert named == [("Very_good", "Very good"), ("2", "2"), ("x", "Ex")]
    assert "“Very good” is Very_good" in notes["names of options"]


def test_beside_the_options_there_may_be_another_one_or_none():
    element = {"type": "checkbox", "name": "q", "hasOther": True, "hasNone": True, **OPTIONS}
    question, other = import_elements(element).instrument.items
    assert [option.name for option in question.options] == ["a", "b", "none", "other"]
    assert question.constraint == "not(selected(., 'none') and count-selected(.) > 1)"
    assert (other.name, other.relevant) == ("q_other", "selected(${q}, 'other')")
    assert other.required


def test_what_is_withheld_is_no_option_but_an_own_answer_beside_it():
    part, notes = import_one(
        {"type": "dropdown", "showRefuseItem": True, "showDontKnowItem": True, **OPTIONS}
    )
    assert part.may_decline
    assert [option.name for option in part.options] == ["a", "b", "dont_know_2"]
    assert "“dont_know” is dont_know_2" in notes["names of options"]


def test_options_may_have_conditions_of_their_own():
    element = {
        "type": "radiogroup", "name": "q", "choicesVisibleIf": "{item} != 'b' or {age} > 9",
        "choices": ["a", "b", {"value": "c", "visibleIf": "{age} > 17"}],
    }  # fmt: skip
    found = import_elements(AGE, element)
    part = found.instrument.items[1]
    assert part.filter == "(name != 'b' or ${age} > 9) and (name != 'c' or (${age} > 17))"
    settled = evaluator_for(found.instrument, NOON)({"age": 5.0})
    assert settled.offered["q"] == frozenset({"a"})


def test_limits_and_their_words():
    part, notes = import_one(
        {
            "type": "text", "inputType": "number", "min": 1, "max": 9,
            "validators": [
                {"type": "numeric", "minValue": 2, "text": "Too little"},
                {"type": "expression", "expression": "{q} <> 5", "text": "Not five"},
            ],
        }
    )  # fmt: skip
    assert (part.least, part.most) == (1, 9)
    assert part.constraint == "(. >= 2) and (. != 5)"
    assert part.constraint_message == {"en": "Too little Not five"}
    assert notes == {}


@pytest.mark.parametrize(
    ("validator", "constraint"),
    [
        ({"type": "regex", "regex": r"^\d+$"}, r"regex(., '^\d+$')"),
        ({"type": "regex", "regex": "ab"}, r"regex(., '[\s\S]*(?:ab)[\s\S]*')"),
        ({"type": "regex", "regex": "^a$", "caseInsensitive": True}, "regex(., '(?i)^a$')"),
        ({"type": "text", "minLength": 3}, "string-length(.) >= 3"),
        ({"type": "email"}, r"regex(., '[^@\s]+@[^@\s]+\.[^@\s]+')"),
    ],
)
def test_validators_of_texts(validator, constraint):
    part, _ = import_one({"type": "text", "validators": [validator]})
    assert part.constraint == constraint


@pytest.mark.parametrize(
    "validator",
    [
        {"type": "regex", "regex": "(?<year>[0-9]+"},
        {"type": "expression", "expression": "{nobody} > 1"},
        {"type": "numeric", "maxValue": 3, "notificationType": "warning"},
        {"type": "strange"},
    ],
)
def test_a_validator_that_cannot_be_kept_is_told(validator):
    part, notes = import_one({"type": "text", "validators": [validator]})
    assert part.constraint == ""
    assert len(notes) == 1


def test_days_have_ends_that_are_fixed_or_worked_out():
    part, _ = import_one(
        {"type": "text", "inputType": "date", "min": "1900-01-01", "max": "=today()"}
    )
    assert part.constraint == "(. >= date('1900-01-01')) and (. <= today())"


def test_required_when_hidden_and_read_only():
    required, shown, hidden = import_elements(
        AGE | {"requiredIf": "{b} = 'x'"},
        {"type": "text", "name": "b", "enableIf": "{age} > 3", "readOnly": True},
        {"type": "text", "name": "c", "visible": False},
    ).instrument.items
    assert required.required_when == "${b} = 'x'"
    assert (shown.relevant, shown.read_only) == ("${age} > 3", True)
    assert hidden.relevant == "false()"


@pytest.mark.parametrize(
    ("element", "default"),
    [
        ({"type": "text", "defaultValue": "so"}, "so"),
        ({"type": "radiogroup", "choices": ["a a", "b"], "defaultValue": "a a"}, "a_a"),
        ({"type": "checkbox", **OPTIONS, "defaultValue": ["a", "b"]}, "a b"),
        ({"type": "boolean", "defaultValue": True}, "yes"),
        ({"type": "rating", "defaultValue": 3}, "3"),
        ({"type": "text", "inputType": "date", "defaultValueExpression": "today()"}, "today()"),
    ],
)
def test_a_question_may_begin_with_an_answer(element, default):
    given = {"title": "A", "elements": [{"name": "q", **element}]}
    found = surveyjs.read("a.json", json.dumps(given).encode())
    assert found.instrument.items[0].default == default
    assert faults_of_expressions(found.instrument) == []


def test_a_default_that_a_phone_would_work_out_is_left_out_and_told():
    part, notes = import_one({"type": "text", "defaultValue": "2 - 3"})
    assert (part.default, *notes) == ("", "defaultValue: 2 - 3")


def test_pages_and_panels_hold_their_questions():
    pages = [
        {"name": "one", "title": "One", "description": "So", "elements": [AGE]},
        {"name": "two", "visibleIf": "{age} > 3", "elements": [{"type": "text", "name": "b"}]},
        {"name": "three", "elements": [{"type": "text", "name": c} for c in "cd"]},
        {"name": "four", "elements": []},
    ]
    found = check_round_trip(surveyjs.read("a.json", json.dumps({"pages": pages}).encode()))
    one, two, three = found.instrument.items
    assert [type(part) for part in one.items] == [Note, Decimal]
    assert (two.name, two.relevant) == ("b", "${age} > 3")
    assert (type(three), three.name, len(three.items)) == (QuestionPage, "three", 2)
    assert found.left == ()


def test_rows_of_a_table_know_each_other():
    columns = [
        {"name": "c", "choices": ["x", "y"]},
        {"name": "why", "cellType": "comment", "visibleIf": "{row.c} = 'x'", "isRequired": True},
    ]
    table = {"type": "matrixdropdown", "name": "t", "columns": columns, **ROWS}
    last = {"type": "text", "name": "last", "visibleIf": "{t.s.c} = 'y'"}
    group, after = import_elements(table, last).instrument.items
    assert [one.name for one in all_parts([group])][1:] == [
        "t_r", "t_r_c", "t_r_why", "t_s", "t_s_c", "t_s_why",
    ]  # fmt: skip
    assert group.items[1].items[1].relevant == "${t_s_c} = 'x'"
    assert after.relevant == "${t_s_c} = 'y'"


def test_what_is_repeated_knows_its_own_round():
    kids = {
        "type": "paneldynamic", "name": "kids", "templateElements": [
            {"type": "text", "name": "age", "inputType": "number"},
            {"type": "text", "name": "school", "visibleIf": "{panel.age} > 4 and {age} > 18"},
        ],
    }  # fmt: skip
    total = {
        "type": "expression",
        "name": "total",
        "expression": "sumInArray({kids}, 'age') + {kids.length}",
    }
    _, repeat, worked_out = import_elements(AGE, kids, total).instrument.items
    assert [part.name for part in repeat.items] == ["age_2", "school"]
    assert repeat.items[1].relevant == "${age_2} > 4 and ${age} > 18"
    assert worked_out.calculation == "sum(${age_2}) + count(${kids})"


def test_how_often_is_asked_where_that_is_fixed():
    fixed = {"type": "paneldynamic", "templateElements": [AGE], "panelCount": 3}
    part, notes = import_one({**fixed, "allowAddPanel": False, "allowRemovePanel": False})
    assert (part.count, notes) == ("3", {})
    part, notes = import_one(fixed)
    assert (part.count, *notes) == ("", "panelCount: 3")


def test_rounds_within_rounds_are_asked_once():
    inner = {"type": "matrixdynamic", "name": "in", "columns": [{"name": "c", "cellType": "text"}]}
    part, notes = import_one({"type": "paneldynamic", "templateElements": [inner]})
    assert type(part.items[0]) is QuestionGroup
    assert "being asked several times" in notes


def test_words_of_html_are_carried_without_its_looks():
    markup = "<p>Hello <b>you</b></p><script>x()</script><a href='https://a'>here</a>"
    found = import_elements({"type": "html", "name": "h", "html": markup}, AGE)
    assert found.instrument.items[0].text == {"en": "Hello you\nhere"}
    assert [line.what for line in found.left] == ["a script", "a link https://a"]


def test_what_happens_around_the_questions_is_told_once_each():
    found = import_elements(
        AGE | {"correctAnswer": 3},
        triggers=[{"type": "complete", "expression": "{age} > 3"}],
        calculatedValues=[{"name": "double", "expression": "{age} * 2"}, {"name": "none"}],
        completedHtml="<b>Thanks</b>",
        navigateToUrl="https://a",
        maxTimeToFinish=9,
        width="50%",
    )
    worked_out = found.instrument.items[-1]
    assert (type(worked_out), worked_out.calculation) == (Calculate, "${age} * 2")
    assert [line.what for line in found.left] == [
        "correctAnswer: 3", "calculatedValues: none", "trigger complete, when {age} > 3",
        "completedHtml: <b>Thanks</b>", "navigateToUrl: https://a", "maxTimeToFinish: 9",
    ]  # fmt: skip


def test_a_condition_that_cannot_be_asked_is_told_and_everybody_is_asked():
    part, notes = import_one({"type": "text", "visibleIf": "moonPhase() = 1"})
    assert part.relevant == ""
    assert notes == {
        "visibleIf: moonPhase() = 1": "there is no function moonPhase() here; everyone is asked"
    }


def test_names_are_made_plain_and_single_and_conditions_follow():
    found = import_elements(
        {"type": "text", "name": "how old?"},
        {"type": "text", "name": "how old?"},
        {"type": "text", "name": "data", "visibleIf": "{how old?} = 3 and {סיבה} empty"},
        {"type": "text", "name": "סיבה"},
    )
    names = [part.name for part in found.instrument.items]
    assert names == ["how_old", "how_old_2", "data_2", "question"]
    assert found.instrument.items[2].relevant == "${how_old} = 3 and ${question} = ''"
    assert len(found.left) == 4


ENTRIES = {
    "a": SurveyjsEntry("a"),
    "b": SurveyjsEntry("b"),
    "one": SurveyjsEntry("one", "choice", {"x": "x", "Very good": "very_good", "1": "1"}),
    "many": SurveyjsEntry("many", "choices", {"x": "x", "y y": "y_y"}),
    "yes": SurveyjsEntry("yes", "choice", {"true": "yes", "false": "no"}),
    "ok": SurveyjsEntry("ok", "consent", {"true": "OK", "false": ""}),
    "day": SurveyjsEntry("day", "day"),
    "kids": SurveyjsEntry("kids", "repeat", {}, ("kids",)),
    "grid": SurveyjsEntry("grid", "many", {}, ("grid_r", "grid_s")),
    "a-b c": SurveyjsEntry("a-b_c"),
}
ENTRIES_WITHIN = {("kids", "age"): SurveyjsEntry("kid_age")}


def convert_condition(expression):
    return SurveyjsConverter(
        ENTRIES.get, lambda repeat, name: ENTRIES_WITHIN.get((repeat, name))
    ).condition(expression)


@pytest.mark.parametrize(
    ("given", "ours"),
    [
        ("{a} = 'x'", "${a} = 'x'"),
        ('{a} == "it\'s"', '${a} = "it\'s"'),
        ("{a} <> 3", "${a} != 3"),
        ("{a} notequal 3.5", "${a} != 3.5"),
        ("{a} > 18 and {b} < -2", "${a} > 18 and ${b} < -2"),
        ("{a} >= 1 or {b} lessorequal 2 && {a} != 3", "${a} >= 1 or ${b} <= 2 and ${a} != 3"),
        ("({a} = 1 or {b} = 2) and {a} notempty", "(${a} = 1 or ${b} = 2) and ${a} != ''"),
        ("{a} empty", "${a} = ''"),
        ("!({a} = 1)", "not(${a} = 1)"),
        ("not ({a} empty)", "not(${a} = '')"),
        ("{a} = yes", "${a} = 'yes'"),
        ("{a-b c} = 1", "${a-b_c} = 1"),
        ("{one} = 'Very good'", "${one} = 'very_good'"),
        ("'Very good' = {one}", "'very_good' = ${one}"),
        ("{one} = 1", "${one} = '1'"),
        (
            "{one} anyof ['x', 'Very good']",
            "selected(${one}, 'x') or selected(${one}, 'very_good')",
        ),
        ("{many} contains 'y y'", "selected(${many}, 'y_y')"),
        ("{many} notcontains 'x'", "not(selected(${many}, 'x'))"),
        ("{many} allof ['x','y y']", "selected(${many}, 'x') and selected(${many}, 'y_y')"),
        (
            "{many} noneof ['x','y y'] and {a} = 1",
            "not(selected(${many}, 'x') or selected(${many}, 'y_y')) and ${a} = 1",
        ),
        (
            "{many} anyof ['x','y y'] and {a} = 1",
            "(selected(${many}, 'x') or selected(${many}, 'y_y')) and ${a} = 1",
        ),
        ("{many} = ['x']", "count-selected(${many}) = 1 and selected(${many}, 'x')"),
        ("{many.length} > 1", "count-selected(${many}) > 1"),
        ("{a} contains 'x'", "contains(${a}, 'x')"),
        ("{one} contains 'x'", "${one} = 'x'"),
        ("{one} contains 'Very' and {a} = 1", "${one} = 'very_good' and ${a} = 1"),
        ("{one} notcontains 'er'", "not(${one} = 'very_good')"),
        ("{one} contains 'nothing'", "false()"),
        ("{yes} = true and {yes} != 'false'", "${yes} = 'yes' and ${yes} != 'no'"),
        ("{yes}", "${yes} = 'yes'"),
        ("{ok} = false or {ok}", "${ok} = '' or ${ok} = 'OK'"),
        ("{a}", "${a} != ''"),
        ("{day} > '2020-01-31'", "${day} > date('2020-01-31')"),
        ("{day} < today()", "${day} < today()"),
        ("{day} < today(-7)", "${day} < date(today() + -7)"),
        ("{grid} empty", "coalesce(${grid_r}, ${grid_s}, '') = ''"),
        ("{kids} notempty", "count(${kids}) != 0"),
        ("{kids.length} = 2", "count(${kids}) = 2"),
        ("sumInArray({kids}, 'age') > 3", "sum(${kid_age}) > 3"),
        ("{a} + {b} * 2 - 1 > 3", "${a} + ${b} * 2 - 1 > 3"),
        ("({a} + {b}) / 2 % 3 = 1", "(${a} + ${b}) div 2 mod 3 = 1"),
        ("{a} ^ 2 > 4", "pow(${a}, 2) > 4"),
        ("iif({a} > 1, 'x', 'y') = 'x'", "if(${a} > 1, 'x', 'y') = 'x'"),
        ("'x' + {a} = 'xy'", "concat('x', ${a}) = 'xy'"),
        ("round({a}, 1) = 1", "round(${a}, 1) = 1"),
        ("currentYear() - year({day}) > 9", None),
        ("age({day}) >= 18", None),
        ("avg({a}, {b}) > 2", None),
    ],
)
def test_conditions_are_written_as_ours(given, ours):
    written = convert_condition(given)
    if ours is not None:
        assert written == ours


@pytest.mark.parametrize(
    "given",
    [
        "{nobody} = 1", "{a} =", "= 1", "({a} = 1", "{a} ~ 1", "{a} 1", "f({a}) = 1", "{grid} = 1",
        "age() > 1", "{a} = ['x'", "dateDiff({day}, today(), 'hours') > 1", "{a} = 'x\"\\'y'",
        "(" * 500 + "1" + ")" * 500, "!" * 500 + "{a}", "sumInArray({kids}, 'nobody') > 1",
        "{a} anyof []",
    ],
)  # fmt: skip
def test_a_condition_that_has_no_counterpart_says_why(given):
    with pytest.raises(Unconvertible) as wrong:
        convert_condition(given)
    assert str(wrong.value)


BORN = {"type": "text", "name": "born", "inputType": "date"}
ADULT = {"type": "text", "name": "vote", "visibleIf": "age({born}) >= 18"}


@pytest.mark.parametrize(("born", "asked"), [("2008-05-04", True), ("2008-05-05", False)])
def test_ages_are_exact_to_the_day(born, asked):
    instrument = import_elements(BORN, ADULT).instrument
    assert ("vote" not in evaluator_for(instrument, NOON)({"born": born}).passed_over) == asked


def test_sums_and_means_pass_over_what_is_empty():
    elements = [
        {"type": "text", "name": name, "inputType": "number"} for name in ("a", "b", "c")
    ] + [
        {"type": "expression", "name": "total", "expression": "sum({a}, {b}, {c})"},
        {"type": "expression", "name": "mean", "expression": "avg({a}, {b}, {c})"},
    ]
    settled = evaluator_for(import_elements(*elements).instrument, NOON)({"a": 2.0, "b": 4.0})
    assert settled.calculated == {"total": 6, "mean": 3}


@pytest.mark.parametrize(
    ("survey", "sentence"),
    [
        ([], "at $, an object { } was expected"),
        ({}, "there is no question"),
        ({"pages": []}, "there is no question"),
        ({"elements": [{"type": "html", "name": "h", "html": "Words"}]}, "there is no question"),
        ({"pages": {}}, "at $.pages a list [ ] was expected"),
        ({"pages": [3]}, "at $.pages[0] an object { } was expected"),
        ({"elements": [{"type": "text", "name": []}]}, "at $.elements[0].name a text"),
        ({"elements": [{"type": "text", "isRequired": 3}]}, "$.elements[0].isRequired true or"),
        ({"elements": [{"type": "comment", "maxLength": "x"}]}, "$.elements[0].maxLength a number"),
        ({"elements": [{"type": "checkbox", "choices": [[]]}]}, "$.elements[0].choices[0] a text"),
        ({"elements": [{"type": "text", "title": {"de": []}}]}, "$.elements[0].title.de a text"),
        ({"elements": [{"type": "matrix", "rows": [None]}]}, "$.elements[0].rows[0] a text"),
    ],
)
def test_a_broken_file_is_refused_by_its_place_and_cause(survey, sentence):
    with pytest.raises(Invalid) as refused:
        surveyjs.read("a.json", json.dumps(survey).encode())
    assert refused.value.code == "instrument.file"
    assert sentence in refused.value.sentence


@pytest.mark.parametrize("depth", [30, 200, 900])
def test_panels_within_panels_without_end_are_refused(depth):
    nested = {"type": "text", "name": "q"}
    for _ in range(depth):
        nested = {"type": "panel", "elements": [nested]}
    with pytest.raises(Invalid, match="nested too deeply"):
        surveyjs.read("a.json", json.dumps({"elements": [nested]}).encode())


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
ANY = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)
PROPERTIES = st.sampled_from(
    ["name", "title", "choices", "visibleIf", "validators", "rows", "columns", "items", "elements",
     "templateElements", "defaultValue", "min", "max", "step", "rateMax", "html", "expression"]
)  # fmt: skip
ELEMENT = st.dictionaries(PROPERTIES, ANY, max_size=5).flatmap(
    lambda one: st.sampled_from(sorted(TYPES)).map(lambda kind: {**one, "type": kind})
)


def import_or_none(content):
    try:
        return surveyjs.read("a.json", content)
    except Invalid:
        return None


@pytest.mark.slow
@given(ANY | st.fixed_dictionaries({"elements": st.lists(ELEMENT | ANY)}))
def test_whatever_the_file_holds_it_is_imported_or_refused(survey):
    found = import_or_none(json.dumps(survey).encode())
    assert found is None or isinstance(found, ImportedInstrument)


@given(st.binary())
def test_whatever_the_bytes_they_are_imported_or_refused(content):
    import_or_none(content)


WORDS = st.text(max_size=12) | st.sampled_from(["a", "b c", "{q0} > 1", "other", "-", "${q0}"])
NAMES = st.sampled_from(["q0", "q1", "q 2", "data", "type", "other", "none", "q0_other", "é"])
NUMBERS = st.integers(-5, 50) | st.floats(-5, 50).map(lambda number: round(number, 2))
CONDITIONS = st.sampled_from(
    ["{q0} > 1", "{q1} = 'a' or {q 2} notempty", "{q0} contains 'a'", "{q1} anyof ['a', 1]",
     "{panel.q0} = 'a'", "{row.q1} > 2", "{q0.a} = 'b c'", "age({q1}) > 3", "{other} empty"]
)  # fmt: skip
LISTS = st.lists(WORDS | st.integers(0, 9), min_size=2, max_size=6)
SENSIBLE = st.fixed_dictionaries(
    {"type": st.sampled_from(sorted(TYPES.keys() - {"panel", "flowpanel"})), "name": NAMES},
    optional={
        "title": WORDS | st.dictionaries(st.sampled_from(["default", "de"]), WORDS),
        "description": WORDS, "visibleIf": CONDITIONS, "requiredIf": CONDITIONS,
        "isRequired": st.booleans(), "choices": LISTS, "columns": LISTS, "rows": LISTS,
        "items": st.lists(st.fixed_dictionaries({"name": NAMES}), min_size=1),
        "hasOther": st.booleans(), "hasComment": st.booleans(), "hasNone": st.booleans(),
        "showRefuseItem": st.booleans(), "showDontKnowItem": st.booleans(),
        "min": NUMBERS, "max": NUMBERS, "step": NUMBERS, "rateMin": NUMBERS, "rateMax": NUMBERS,
        "maxSelectedChoices": st.integers(0, 4), "defaultValue": WORDS | NUMBERS | LISTS,
        "inputType": st.sampled_from(["number", "date", "range", "email", "datetime-local"]),
        "expression": CONDITIONS, "html": WORDS, "readOnly": st.booleans(),
        "choicesVisibleIf": CONDITIONS, "cellType": st.sampled_from(["checkbox", "text"]),
    },
)  # fmt: skip


def with_columns_as_objects(element):
    if element["type"] in ("matrixdropdown", "matrixdynamic"):
        return {**element, "columns": [{"name": str(one)} for one in element.get("columns", [])]}
    return element


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=30)
@given(st.lists(SENSIBLE.map(with_columns_as_objects), min_size=1, max_size=4), st.booleans())
def test_whatever_is_imported_can_be_asked_and_goes_through_a_spreadsheet(elements, repeated):
    if repeated:
        elements = [{"type": "paneldynamic", "name": "q0", "templateElements": elements}]
    found = import_or_none(json.dumps({"title": "A", "elements": elements}).encode())
    if found is not None:
        check_round_trip(found)


@needs_samples
@pytest.mark.parametrize(
    ("file", "questions", "left"), [("quiz_example.json", 7, 21), ("survey_example.json", 8, 4)]
)
def test_the_samples_are_imported_whole(file, questions, left):
    content = (FOLDER / "surveyjs" / file).read_bytes()
    found = check_round_trip(surveyjs.read(file, content))
    assert len(found.instrument.answer_names()) == questions
    assert len(found.left) == left


@needs_samples
def test_every_survey_of_the_authoring_guide_is_imported():
    """Every survey and every question that the guide of SurveyJS gives as an example."""
    guide = (FOLDER / "surveyjs/survey-json-authoring.md").read_text()
    blocks = [json.loads(part.split("```")[0]) for part in guide.split("```json\n")[1:]]
    surveys = [one if "pages" in one else {"elements": [one, AGE]} for one in blocks]
    for survey in surveys:
        check_round_trip(surveyjs.read("a.json", json.dumps(survey).encode()))
    assert len(surveys) > 30
