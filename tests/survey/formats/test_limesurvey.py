"""LimeSurvey's files: every type, condition and setting is imported, or reported with its
question.
"""

import datetime
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from survey.formats import limesurvey as limesurvey
from survey.formats import xlsform
from survey.formats.expressions.logic import evaluator_for, faults_of_expressions
from survey.formats.foreign import ImportedInstrument, Unconvertible
from survey.formats.limesurvey.expressions import LimesurveyVariable, to_xpath, whole_pattern
from survey.formats.xlsform import to_sheets, to_workbook
from survey.problems import Invalid, TooLarge
from survey.surveys.instruments import (
    Calculate,
    Consent,
    Date,
    DateTime,
    Decimal,
    File,
    Grid,
    Image,
    Note,
    QuestionGroup,
    QuestionPage,
    Range,
    Rank,
    Scale,
    SelectMultiple,
    SelectOne,
    Text,
    Time,
    Unsupported,
    all_parts,
    faults_of_instrument,
    languages_used,
)
from tests.files.limesurvey_files import lime_question, lss
from tests.files.sample_files import FOLDER, needs_samples

FIVE_CODES = ["A1", "A2", "A3", "A4", "A5"]
MIDNIGHT = datetime.datetime(2026, 1, 1)  # noqa: DTZ001 - the wall clock of whoever answers
EVERY_TYPE = [
    lime_question("list", "L", answers=["a", "b"], other="Y"),
    lime_question("drop", "!", answers=["a", "b"]),
    lime_question("noted", "O", answers=["a", "b"]),
    lime_question("many", "M", subs=["s1", "s2"], other="Y"),
    lime_question("manynoted", "P", subs=["s1", "s2"]),
    lime_question("likert", "F", subs=["r1", "r2"], answers=FIVE_CODES),
    lime_question("table", "F", subs=["r1", "r2"], answers=["x", "y", "z"]),
    lime_question("points", "A", subs=["r1"]),
    lime_question("ten", "B", subs=["r1"]),
    lime_question("sure", "C", subs=["r1"]),
    lime_question("more", "E", subs=["r1"]),
    lime_question("column", "H", subs=["r1"], answers=FIVE_CODES),
    lime_question("five", "5"),
    lime_question("number", "N"),
    lime_question("short", "S"),
    lime_question("long", "T"),
    lime_question("huge", "U"),
    lime_question("day", "D", told={"date_format": "dd.mm.yyyy"}),
    lime_question("moment", "D", told={"date_format": "dd.mm.yyyy HH:MM"}),
    lime_question("clock", "D", told={"date_format": "HH:MM"}),
    lime_question("yes", "Y"),
    lime_question("gender", "G"),
    lime_question("ranked", "R", answers=["a", "b", "c"]),
    lime_question("words", "X"),
    lime_question("sum", "*", told={"equation": "{number.NAOK + 1}"}),
    lime_question("paper", "|"),
    lime_question("picture", "|", told={"allowed_filetypes": "png, jpg"}),
    lime_question("numbers", "K", subs=["a", "b"]),
    lime_question("slider", "K", subs=["a"], told={"slider_layout": "1", "slider_max": "50"}),
    lime_question("texts", "Q", subs=["a", "b"]),
    lime_question("cells", ";", subs=["a"], columns=["x", "y"]),
    lime_question("figures", ":", subs=["a"], columns=["x", "y"]),
    lime_question(
        "boxes", ":", subs=["a"], columns=["x", "y"], told={"multiflexible_checkbox": "1"}
    ),
    lime_question("dual", "1", subs=["a", "b"], answers=["1", "2"], seconds=["3", "4"]),
]
TYPES = {
    "list": SelectOne, "drop": SelectOne, "noted": SelectOne, "many": SelectMultiple,
    "manynoted": SelectMultiple,
    "likert": Grid, "table": QuestionPage, "points": Grid, "ten": QuestionPage,
    "sure": QuestionPage, "more": QuestionPage,
    "column": Grid, "five": Scale, "number": Decimal, "short": Text, "long": Text, "huge": Text,
    "day": Date, "moment": DateTime, "clock": Time, "yes": SelectOne, "gender": SelectOne,
    "ranked": Rank,
    "words": Note, "sum": Calculate, "paper": File, "picture": Image, "numbers": QuestionPage,
    "slider": QuestionPage, "texts": QuestionPage, "cells": QuestionPage, "figures": QuestionPage,
    "boxes": QuestionPage, "dual": QuestionGroup,
    "list_other": Text, "many_other": Text, "noted_comment": Text, "table_r1": SelectOne,
    "numbers_a": Decimal, "slider_a": Range, "texts_a": Text, "cells_a_x": Text,
    "figures_a_x": Decimal, "boxes_a": SelectMultiple, "dual_0": QuestionPage,
    "dual_b_1": SelectOne,
}  # fmt: skip


def read_lss(*rows, **more):
    return limesurvey.read("a.lss", lss(*rows, **more))


def checked_parts(found):
    """The parts of an imported survey by name, after checking that the survey is valid."""
    assert faults_of_instrument(found.instrument) == []
    assert faults_of_expressions(found.instrument) == []
    return {part.name: part for part in all_parts(found.instrument.items)}


def left_out_reasons(found):
    return {(one.where, one.what): one.why for one in found.left}


def back_from_a_spreadsheet(instrument):
    return xlsform.read("a.xlsx", to_workbook(to_sheets(instrument))).instrument


@pytest.mark.parametrize("version", [177, 260, 400, 641])
def test_every_type_has_a_type_of_ours_in_every_version(version):
    made = checked_parts(read_lss(*EVERY_TYPE, version=version))
    assert {name: type(made[name]) for name in TYPES} == TYPES


def test_both_ways_of_keeping_languages_say_the_same():
    words = {"question": {"de-informal": "Warum?", "ar": "لماذا؟"}}
    languages = ("de-informal", "ar")
    old, new = (
        read_lss(lime_question("a", "T") | words, version=version, languages=languages)
        for version in (260, 641)
    )
    assert old == new
    assert checked_parts(new)["a"].text == words["question"]
    assert languages_used(new.instrument) == ["ar", "de-informal"]
    assert new.instrument.title == {"de-informal": "Title de-informal", "ar": "Title ar"}
    assert back_from_a_spreadsheet(new.instrument) == new.instrument


def test_what_is_no_table_goes_through_a_spreadsheet_unchanged():
    tables = {name for name, kind in TYPES.items() if kind in (QuestionPage, QuestionGroup)} - {
        "numbers",
        "texts",
    }
    instrument = read_lss(*[row for row in EVERY_TYPE if row["title"] not in tables]).instrument
    assert back_from_a_spreadsheet(instrument) == instrument


def test_options_rows_and_fields_are_named_by_their_codes():
    made = checked_parts(read_lss(*EVERY_TYPE))
    assert [one.name for one in made["list"].options] == ["a", "b", "other"]
    assert [one.name for one in made["yes"].options] == ["Y", "N"]
    assert [one.name for one in made["ten"].items[0].options] == [str(n) for n in range(1, 11)]
    assert [one.name for one in made["likert"].rows] == ["likert_r1", "likert_r2"]
    assert [one["en"] for one in made["likert"].labels] == [f"Answer {code}" for code in FIVE_CODES]
    assert [one.name for one in made["table"].items] == ["table_r1", "table_r2"]
    assert made["table"].table
    assert [one.text["en"] for one in made["cells"].items] == ["Row a – Row x", "Row a – Row y"]
    assert (made["five"].low, made["five"].high) == (1, 5)
    assert made["drop"].appearance == "minimal"
    assert (made["short"].long, made["long"].long) == (False, True)
    assert made["list_other"].relevant == "${list} = 'other'"
    assert made["many_other"].relevant == "selected(${many}, 'other')"


def test_five_answers_whose_codes_do_not_run_up_are_no_scale():
    rows = [lime_question("by", "F", subs=["r1"], answers=["bus", "car", "foot", "bike", "train"])]
    assert isinstance(checked_parts(read_lss(*rows))["by"], QuestionPage)


def test_what_five_points_are_taken_for_is_told():
    left = left_out_reasons(read_lss(lime_question("likert", "F", subs=["r1"], answers=FIVE_CODES)))
    what = ("question likert in group First", "the codes A1, A2, A3, A4, A5")
    assert left == {what: "they are read as points from 1 (lowest) to 5 (highest)"}


def test_one_box_is_a_box_to_tick():
    found = read_lss(
        lime_question("agree", "M", subs=["s1"], mandatory="Y"),
        lime_question("why", "S", relevance='agree_s1 == "Y"'),
    )
    made = checked_parts(found)
    assert isinstance(made["agree"], Consent)
    assert made["agree"].required
    assert made["agree"].text == {"en": "Words of agree\nRow s1"}
    assert made["why"].relevant == "${agree} = 'OK'"


@pytest.mark.parametrize(
    ("kind", "attributes", "fields"),
    [
        ("N", {"num_value_int_only": "1"}, {"least": None, "most": None}),
        (
            "N",
            {"num_value_int_only": "1", "min_num_value_n": "15.5", "max_num_value_n": "99"},
            {"least": 16, "most": 99},
        ),
        ("N", {"min_num_value_n": "-2.5"}, {"least": -2.5, "most": None}),
        ("N", {"max_num_value_n": "{before.NAOK}"}, {"constraint": ". <= (${before})"}),
        ("S", {"maximum_chars": "30"}, {"most": 30}),
        ("S", {"numbers_only": "1"}, {"least": None, "most": None}),
        ("S", {"em_validation_q": "strlen(this) > 2"}, {"constraint": "string-length(.) > 2"}),
        ("D", {"date_min": "1990"}, {"constraint": ". >= date('1990-01-01')"}),
        ("D", {"date_max": "2020-02-01"}, {"constraint": ". <= date('2020-02-01')"}),
        ("|", {"min_num_of_files": "1"}, {"required": True}),
        ("M", {"max_answers": "1"}, {"most": 1}),
        ("M", {"min_answers": "2"}, {"constraint": "count-selected(.) >= 2"}),
        (
            "M",
            {"exclude_all_others": "s2"},
            {"constraint": "not(selected(., 's2')) or count-selected(.) = 1"},
        ),
    ],
)
def test_limits_are_carried(kind, attributes, fields):
    found = read_lss(
        lime_question("before", "N"), lime_question("a", kind, subs=["s1", "s2"], told=attributes)
    )
    made = checked_parts(found)["a"]
    assert {name: getattr(made, name) for name in fields} == fields
    assert found.left == ()


def test_the_ends_of_sliders_and_lists_of_numbers_are_carried_or_told():
    ends = {"slider_layout": "1", "slider_min": "1", "slider_max": "9", "slider_accuracy": "0"}
    found = read_lss(
        lime_question("a", "K", subs=["x"], told=ends),
        lime_question("b", ":", subs=["x"], columns=["y"], told={"multiflexible_max": "{a_x}"}),
        lime_question("c", ":", subs=["x"], columns=["y"], told={"input_boxes": "1"}),
    )
    made = checked_parts(found)
    assert (made["a_x"].low, made["a_x"].high, made["a_x"].step) == (1, 9, 1)
    assert (made["b_x_y"].least, made["b_x_y"].most) == (1, 10)
    assert (made["c_x_y"].least, made["c_x_y"].most) == (None, None)
    assert [one.what for one in found.left] == ["multiflexible_max = {a_x}"]


def test_a_tip_is_said_where_an_equation_does_not_hold():
    attributes = {"em_validation_q": "this > 2", "em_validation_q_tip": "More than <b>two</b>"}
    made = checked_parts(read_lss(lime_question("a", "N", told=attributes)))["a"]
    assert made.constraint == ". > 2"
    assert made.constraint_message == {"en": "More than two"}


@pytest.mark.parametrize(
    ("written", "ours"),
    [
        ("/^[0-9]{5}$/", "[0-9]{5}"),
        ("/^[a-z]+$/i", "(?i)[a-z]+"),
        ("/ab/", r"[\s\S]*(?:ab)[\s\S]*"),
        ("/^a|b$/", r"[\s\S]*(?:^a|b$)[\s\S]*"),
    ],
)
def test_a_pattern_has_to_match_as_it_did(written, ours):
    assert whole_pattern(written) == ours


@pytest.mark.parametrize("written", ["abc", "/(/", "/a/x", "/'\"/"])
def test_a_pattern_that_cannot_be_read_is_told(written):
    found = read_lss(lime_question("a", "S", preg=written))
    assert checked_parts(found)["a"].constraint == ""
    assert ("question a in group First", f"the pattern {written}") in left_out_reasons(found)


KNOWN = {
    "age": LimesurveyVariable("${age}"),
    "text": LimesurveyVariable("${text}"),
    "sex": LimesurveyVariable("${sex}", {"F": "F", "M": "M"}),
    "list": LimesurveyVariable("${list}", {"a": "a", "-oth-": "other"}),
    "grid_r1": LimesurveyVariable("${grid_r1}", {"A1": "1", "A2": "2"}),
    "many_s1": LimesurveyVariable("${many}", option="s1"),
    "many_s2": LimesurveyVariable("${many}", option="s2"),
    "7X1X4": LimesurveyVariable("${old}"),
    "day": LimesurveyVariable("${day}", dated=True),
}


@pytest.mark.parametrize(
    ("written", "ours"),
    [
        ('((sex.NAOK == "F") && (age > 17))', "${sex} = 'F' and ${age} > 17"),
        (
            "sex == 'F' or sex == 'M' and age < 5",
            "${sex} = 'F' or ${sex} = 'M' and ${age} < 5",
        ),
        ("age le 5 || age ge 9", "${age} <= 5 or ${age} >= 9"),
        ("age eq 5 and age ne 6", "${age} = 5 and ${age} != 6"),
        ("5 == age", "${age} = 5"),
        ("is_empty(age)", "${age} = ''"),
        ("!is_empty(age.NAOK)", "${age} != ''"),
        ("!(age == 5)", "not(${age} = 5)"),
        ("age", "${age} != '' and ${age} != '0'"),
        ("many_s1.NAOK == 'Y'", "selected(${many}, 's1')"),
        ("many_s1 != 'Y'", "not(selected(${many}, 's1'))"),
        ("many_s1 == ''", "not(selected(${many}, 's1'))"),
        ("is_empty(many_s1)", "not(selected(${many}, 's1'))"),
        ("list == '-oth-'", "${list} = 'other'"),
        ("grid_r1.NAOK == 'A2'", "${grid_r1} = '2'"),
        ("sex == ''", "${sex} = ''"),
        ("7X1X4.NAOK > 3", "${old} > 3"),
        ("INSERTANS:7X1X4 > 3", "${old} > 3"),
        ("(age + 2) * 3 / 4 - 1 > 0", "(${age} + 2) * 3 div 4 - 1 > 0"),
        ("age == -5", "${age} = -5"),
        ("day >= '2020-02-01'", "${day} >= date('2020-02-01')"),
        ("if(age > 1, 2, 3) == 2", "if(${age} > 1, 2, 3) = 2"),
        ("sum(age, 7X1X4) > 3", "coalesce(${age}, 0) + coalesce(${old}, 0) > 3"),
        (
            "count(many_s1, many_s2) == 1",
            "number(selected(${many}, 's1')) + number(selected(${many}, 's2')) = 1",
        ),
        ("age - (2 - 1) == 3", "${age} - (2 - 1) = 3"),
        (
            "(age == 1 || age == 2) && sex",
            "(${age} = 1 or ${age} = 2) and (${sex} != '' and ${sex} != '0')",
        ),
        ("!(age && sex == 'F')", "not(${age} != '' and ${age} != '0' and ${sex} = 'F')"),
        ("!!is_empty(age)", "${age} = ''"),
        ("!!(age == 1 || age == 2)", "${age} = 1 or ${age} = 2"),
        ("(age == 1) == (age == 2)", "${age} = 1 = (${age} = 2)"),
        ("round(age, 1) > floor(2.5)", "round(${age}, 1) > floor(2.5)"),
        ("regexMatch('/^a$/', text)", "regex(${text}, 'a')"),
        ('text == "it\'s"', '${text} = "it\'s"'),
        ("text == 'it\\'s'", '${text} = "it\'s"'),
        ("{age > 17}", "${age} > 17"),
    ],
)
def test_expressions_become_xpath(written, ours):
    assert to_xpath(written, KNOWN) == ours


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("nobody == 1", "it asks for nobody, which is not here"),
        ("TOKEN:ATTRIBUTE_1 == 1", "it asks for TOKEN:ATTRIBUTE_1, which is not here"),
        ("sex.shown == 'Female'", "it asks for .shown of sex"),
        ("sex == 'X'", "'X' is not an answer to ${sex}"),
        ("grid_r1 > 2", "have other codes here"),
        ("many_s1 == 'X'", "is not an answer to a tick box"),
        ("text + 'a'", "is not a number"),
        ("age = 5", "it sets an answer"),
        ("rand(1, 2) == 1", "it uses rand()"),
        ("age >", "it ends where"),
        ("age > 5)", "where it should end"),
        ("(age > 5", "it ends where ')'"),
        ("age ~ 5", "cannot be read from '~ 5' on"),
        ("", "is empty"),
        ("age == 1 or " * 2000 + "age", "it is longer than"),
        ("age == 1 or " * 200 + "age", "it has more than 300 parts"),
        ("(" * 100 + "age" + ")" * 100, "nested too deeply"),
        ("!" * 5000 + "age", "nested too deeply"),
        ("text == '${age}'", "cannot be written"),
    ],
)
def test_what_is_no_expression_of_ours_says_why(written, why):
    with pytest.raises(Unconvertible, match=re.escape(why)):
        to_xpath(written, KNOWN)


def test_conditions_of_every_type_of_question_are_asked():
    tests = {
        "list.NAOK == '-oth-'": ({"list": "other"}, {"list": "a"}),
        "many_s1 == 'Y'": ({"many": ["s1", "s2"]}, {"many": ["s2"]}),
        "likert_r1 == 'A3'": ({"likert_r1": 3}, {"likert_r1": 2}),
        "table_r1 == 'x'": ({"table_r1": "x"}, {"table_r1": "y"}),
        "ranked_1 == 'b'": ({"ranked": ["b", "a", "c"]}, {"ranked": ["a", "b", "c"]}),
        "dual_a_1 == '4'": ({"dual_a_1": "4"}, {"dual_a_0": "2"}),
        "7X1X34a#1 == '4'": ({"dual_a_1": "4"}, {"dual_a_0": "2"}),
        "boxes_a_x == 1": ({"boxes_a": ["x"]}, {"boxes_a": ["y"]}),
        "sum > 5": ({"number": 5}, {"number": 4}),
        "five >= 4": ({"five": 4}, {"five": 3}),
        "numbers_a + numbers_b == 3": ({"numbers_a": 1, "numbers_b": 2}, {"numbers_a": 1}),
    }
    asked = [lime_question(f"z{n}", "S", relevance=test) for n, test in enumerate(tests)]
    found = read_lss(*EVERY_TYPE, *asked)
    checked_parts(found)
    settle = evaluator_for(found.instrument, MIDNIGHT)
    for n, (yes, no) in enumerate(tests.values()):
        assert f"z{n}" not in settle(yes).passed_over
        assert f"z{n}" in settle(no).passed_over


def test_a_row_is_asked_where_the_filter_says_so():
    attributes = {"array_filter": "before", "array_filter_exclude": "other"}
    found = read_lss(
        lime_question("before", "M", subs=["r1", "r2"]),
        lime_question("other", "Q", subs=["r2"]),
        lime_question("rows", "A", subs=["r1", "r2", "r3"], told=attributes),
    )
    made = checked_parts(found)
    assert [one.relevant for one in made["rows"].items] == [
        "selected(${before}, 'r1')",
        "(selected(${before}, 'r2')) and (${other_r2} = '')",
        "",
    ]
    assert found.left == ()


def test_a_long_row_of_conditions_can_be_asked():
    test = " or ".join(f"before == {number}" for number in range(150))
    made = checked_parts(
        read_lss(lime_question("before", "N"), lime_question("a", "S", relevance=test))
    )
    assert made["a"].relevant.count(" or ") == 149


def test_a_condition_that_cannot_be_carried_is_told_and_everybody_is_asked():
    found = read_lss(lime_question("a", "S", relevance="TOKEN:AGE > 17"))
    assert checked_parts(found)["a"].relevant == ""
    assert left_out_reasons(found) == {
        ("question a in group First", "relevance = TOKEN:AGE > 17"): (
            "it asks for TOKEN:AGE, which is not here; everyone is asked"
        )
    }


def condition_row(**more):
    return {"qid": 3, "scenario": 1, "method": "==", **more}


@pytest.mark.parametrize(
    ("rows", "ours"),
    [
        ([condition_row(cqid=1, cfieldname="7X1X1", value="a")], "${list} = 'a'"),
        (
            [condition_row(cqid=1, cfieldname="7X1X1", value=value) for value in "ab"],
            "${list} = 'a' or ${list} = 'b'",
        ),
        (
            [
                condition_row(cqid=1, cfieldname="7X1X1", value="a"),
                condition_row(cqid=2, cfieldname="+7X1X2s1", value="Y"),
            ],
            "${list} = 'a' and selected(${many}, 's1')",
        ),
        ([condition_row(cqid=2, cfieldname="7X1X2", value="s1")], "selected(${many}, 's1')"),
        (
            [condition_row(scenario=n, cqid=1, cfieldname="7X1X1", value="ab"[n]) for n in (0, 1)],
            "${list} = 'a' or ${list} = 'b'",
        ),
        ([condition_row(cqid=1, cfieldname="7X1X1", value=" ")], "${list} = ''"),
        (
            [condition_row(cqid=1, cfieldname="7X1X1", value="^a$", method="RX")],
            "regex(${list}, 'a')",
        ),
    ],
)
def test_conditions_of_old_files_are_carried(rows, ours):
    before = [
        lime_question("list", "L", answers=["a", "b"]),
        lime_question("many", "M", subs=["s1", "s2"]),
    ]
    found = read_lss(*before, lime_question("why", "S"), version=260, conditions=rows)
    assert checked_parts(found)["why"].relevant == ours


def test_names_that_cannot_be_kept_are_told():
    found = read_lss(
        lime_question("1st", "S"),
        lime_question("data", "S"),
        lime_question("a", "S"),
        lime_question("a", "S"),
    )
    assert list(checked_parts(found)) == ["group_1", "q_1st", "data_2", "a", "a_2"]
    assert (
        left_out_reasons(found)["question 1st in group First", "the code 1st"]
        == "it is called q_1st here"
    )


def test_a_question_without_words_is_called_by_its_code():
    made = checked_parts(read_lss(lime_question("${x}", "S") | {"question": "<p> </p>"}))
    assert made["_x_"].text == {"en": "$ {x}"}


def test_html_is_plain_words_and_what_it_showed_is_told():
    text = '<p>One &amp; <b>two</b><br/>three</p><ul><li>four</li></ul><img src="a.png"/>'
    link = '<a href="https://example.org">five</a><script>six()</script> {TOKEN:FIRSTNAME}'
    found = read_lss(lime_question("a", "S") | {"question": text + link})
    assert checked_parts(found)["a"].text == {
        "en": "One & two\nthree\nfour\nfive {TOKEN:FIRSTNAME}"
    }
    assert [one.what for one in found.left] == [
        "a picture a.png",
        "the link to https://example.org",
        "a script",
        "{TOKEN:FIRSTNAME}",
    ]


def test_every_attribute_that_changes_something_is_told():
    attributes = {
        "hidden": "0", "cssclass": "wide", "random_order": "1", "array_filter": "b",
        "prefix": "£", "time_limit": "60", "made_up": "x",
    }  # fmt: skip
    found = read_lss(lime_question("a", "S", told=attributes, mandatory="S"))
    assert {what for _, what in left_out_reasons(found)} == {
        "mandatory = S", "random_order = 1", "array_filter = b", "prefix = £", "time_limit = 60",
        "made_up = x",
    }  # fmt: skip


def test_what_is_hidden_is_not_asked_and_nothing_depends_on_it():
    hidden = lime_question("a", "S", told={"hidden": "1"})
    found = read_lss(hidden, lime_question("b", "S", relevance="a == 1"))
    made = checked_parts(found)
    assert made["a"] == Unsupported(name="a", kind="hidden", text={"en": "Words of a"})
    assert made["b"].relevant == ""
    assert len(found.left) == 2


def test_an_equation_that_cannot_be_worked_out_is_told():
    found = read_lss(
        lime_question("a", "*", told={"equation": "{rand(1, 2)}"}),
        lime_question("b", "S", relevance="a > 1"),
    )
    assert list(checked_parts(found)) == ["group_1", "b"]
    assert [one.what for one in found.left] == ["the equation {rand(1, 2)}", "relevance = a > 1"]


def test_an_equation_may_stand_in_the_words_and_be_used_after_it():
    worked = lime_question("age", "*") | {"question": "<p>{2026 - born}</p>"}
    found = read_lss(
        lime_question("born", "N"), worked, lime_question("b", "S", relevance="age > 17")
    )
    made = checked_parts(found)
    assert made["age"].calculation == "2026 - ${born}"
    assert made["b"].relevant == "${age} > 17"
    assert found.left == ()


def test_what_rows_and_columns_say_beside_their_words_is_told():
    rows = [{"title": "x", "question": "X", "help": "Help"}]
    columns = [{"title": "y", "question": "Y", "relevance": "before == 1"}]
    found = read_lss(
        lime_question("before", "N"), lime_question("a", ";", subs=rows, columns=columns)
    )
    checked_parts(found)
    assert left_out_reasons(found) == {
        (
            "question a in group First, x",
            "its help",
        ): "rows and options have no help here",
        ("question a in group First, y", "relevance = before == 1"): "everyone is asked",
    }


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (lime_question("a", "L"), "it has no answers to choose from"),
        (lime_question("a", "M"), "it has no rows or options"),
        (lime_question("a", "R", answers=["x"]), "it has no answers to put in order"),
        (lime_question("a", ";", subs=["x"]), "it has no columns"),
        (
            lime_question("a", ";", subs=range(40), columns=range(40)),
            "it has more than 1000 fields",
        ),
        (lime_question("a", "I"), "every page lets a person change the language here"),
        (lime_question("a", "Z"), "there is no such type here (Z)"),
    ],
)
def test_a_question_that_cannot_be_asked_is_told(row, why):
    found = read_lss(row, lime_question("b", "S"))
    assert left_out_reasons(found)["question a in group First", "the question"] == why
    assert "a" not in checked_parts(found)


@pytest.mark.parametrize(
    ("form", "kind"),
    [("G", QuestionPage), ("I", QuestionPage), ("S", QuestionGroup), ("A", QuestionGroup)],
)
def test_a_group_is_a_page_where_the_survey_shows_it_as_one(form, kind):
    groups = [
        {"gid": 1, "group_order": 1, "group_name": "First", "description": "Said"},
        {"gid": 2, "group_order": 2, "group_name": "Second", "grelevance": "a == 1"},
    ]
    rows = [lime_question("a", "N"), lime_question("b", "N", gid=2)]
    made = checked_parts(read_lss(*rows, groups=groups, settings={"format": form}))
    assert [type(made[name]) for name in ("group_1", "group_2")] == [kind, kind]
    assert made["group_1_words"].text == {"en": "Said"}
    assert made["group_2"].relevant == "${a} = 1"


def test_the_survey_as_a_whole_is_carried_or_told_line_by_line():
    words = {
        "surveyls_language": "en", "surveyls_title": "Stops & you", "surveyls_description": "Why",
        "surveyls_welcometext": "<p>Hello</p>", "surveyls_endtext": "Bye",
        "surveyls_policy_notice": "We keep little", "surveyls_policy_notice_label": "I agree",
    }  # fmt: skip
    chosen = {
        "startdate": "2026-01-02 00:00:00", "expires": "2026-02-03 12:30:00", "usetokens": "Y",
        "assessments": "Y", "showsurveypolicynotice": "1",
    }  # fmt: skip
    found = read_lss(
        lime_question("a", "S"),
        settings=chosen,
        surveys_languagesettings=[words],
        quota=[{"id": 1}, {"id": 2}],
    )
    made, survey = checked_parts(found), found.instrument
    assert (survey.slug, survey.title) == ("stops-you", {"en": "Stops & you"})
    assert (survey.opens, survey.closes) == (datetime.date(2026, 1, 2), datetime.date(2026, 2, 3))
    assert isinstance(made["welcome"], Note)
    assert made["policy"].text == {"en": "We keep little\nI agree"}
    assert [one.what for one in found.left] == [
        "usetokens = Y",
        "assessments = Y",
        "the table quota (2 rows)",
        "the end text: Bye",
        "expires = 2026-02-03 12:30:00",
    ]


def test_defaults_are_carried_where_they_are_one_word():
    rows = [
        {"dvid": 1, "qid": 1, "sqid": 0, "specialtype": "", "defaultvalue": "b"},
        {"dvid": 2, "qid": 2, "sqid": 201, "specialtype": "", "defaultvalue": "Y"},
        {"dvid": 3, "qid": 3, "sqid": 0, "specialtype": "", "defaultvalue": "two words"},
    ]
    asked = [
        lime_question("a", "L", answers=["a", "b"]),
        lime_question("b", "M", subs=["x", "y"]),
        lime_question("c", "S"),
    ]
    found = read_lss(*asked, defaultvalues=rows)
    made = checked_parts(found)
    assert (made["a"].default, made["b"].default, made["c"].default) == ("b", "x", "")
    assert [one.what for one in found.left] == ["the default two words"]


LSS = lss(lime_question("a", "S"))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "it is not valid XML"),
        (b"\xff\xfe", "it is not valid XML"),
        (LSS[:-20], "it is not valid XML"),
        (b"<html/>", "it is not a survey, group or question from LimeSurvey."),
        (LSS.replace(b">641<", b">176<"), "of version 176; versions 177 to 641 can be read."),
        (LSS.replace(b">641<", b">642<"), "of version 642;"),
        (LSS.replace(b">641<", b"><"), "without a DBVersion"),
        (LSS.replace(b"questions>", b"other>"), "table questions: there is no question in it."),
        (LSS.replace(b"<gid>1<", b"<gid>9<", 1), "table questions, row 1: its group 1 is not"),
        (LSS.replace(b"<qid>1</qid>", b""), "table questions, row 1: it has no qid."),
        (LSS.replace(b"<parent_qid>0", b"<parent_qid>5"), "there is no question in it."),
        (
            lss(lime_question("a", "L", answers=["x"])).replace(
                b"<qid>1</qid><code>", b"<qid>8</qid><code>"
            ),
            "table answers, row 1: its question 8 is not in the table questions.",
        ),
        (
            lss(lime_question("a", "M", subs=["x"])).replace(b"<parent_qid>1", b"<parent_qid>8"),
            "table subquestions, row 1: its question 8 is not in the table questions.",
        ),
    ],
)
def test_a_broken_file_is_refused_with_table_row_and_cause(content, sentence):
    with pytest.raises(Invalid) as refused:
        limesurvey.read("a.lss", content)
    assert refused.value.code == "instrument.file"
    assert sentence in refused.value.sentence


def test_a_file_that_is_too_large_is_not_opened():
    with pytest.raises(TooLarge):
        limesurvey.read("a.lss", b"0" * 6_000_000)


def test_no_entity_is_opened(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("hush")
    head = f'<!DOCTYPE document [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'.encode()
    content = head + LSS.replace(b"Words of a", b"&x;")
    assert "hush" not in str(limesurvey.read("a.lss", content))


def import_outcome(content):
    try:
        found = limesurvey.read("a.lss", content)
    except Invalid as problem:
        return problem.code
    return "imported" if isinstance(found, ImportedInstrument) else "neither"


WHOLE = lss(*EVERY_TYPE, lime_question("z", "S", relevance="list == 'a'"), version=260)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(WHOLE)), st.integers(0, 400), st.binary(max_size=6))
def test_a_file_cut_or_changed_anywhere_is_imported_or_refused(start, length, instead):
    content = WHOLE[:start] + instead + WHOLE[start + length :]
    assert import_outcome(content) in ("imported", "instrument.file")


ROW = st.sampled_from(sorted({line for line in WHOLE.decode().split("<row>")[1:]}))


@settings(max_examples=60, deadline=None)
@given(st.sets(ROW, min_size=1, max_size=12))
def test_a_file_without_some_of_its_rows_is_imported_or_refused(rows):
    text = WHOLE.decode()
    for row in rows:
        text = text.replace(f"<row>{row.partition('</row>')[0]}</row>", "", 1)
    assert import_outcome(text.encode()) in ("imported", "instrument.file")


END_TEXT_LEFT_OUT = (
    "the survey",
    "the end text: See ya!",
    "every survey ends with the same page here",
)
UPLOAD_QUESTION = "question G02Q03 in group Second Group"
SAMPLES = {
    "answers.lss": (
        3,
        [
            (
                "question Q02 in group Group One",
                "the codes AO01, AO02, AO03, AO04, AO05",
                "they are read as points from 1 (lowest) to 5 (highest)",
            )
        ],
    ),
    "free_text.lsq": (1, []),
    "group.lsg": (3, []),
    "limesurvey_survey_432535.lss": (4, [END_TEXT_LEFT_OUT]),
    "survey.lss": (
        6,
        [
            ("the survey", "anonymized = N", "answers are not stored with names here"),
            (
                UPLOAD_QUESTION,
                "allowed_filetypes = zip",
                "which documents are accepted is set for all questions here",
            ),
            (
                UPLOAD_QUESTION,
                "max_filesize = 10240",
                "the largest size of a document is set for all questions here",
            ),
            (
                UPLOAD_QUESTION,
                "max_num_of_files = 3",
                "each question accepts one document here",
            ),
        ],
    ),
}


@needs_samples
@pytest.mark.parametrize("name", SAMPLES)
def test_sample_files_are_imported_and_go_through_a_spreadsheet_unchanged(name):
    content = (FOLDER / "limesurvey" / name).read_bytes()
    found = limesurvey.read(name, content)
    checked_parts(found)
    questions, left = SAMPLES[name]
    assert len(found.instrument.questions()) == questions
    assert languages_used(found.instrument) == ["en"]
    assert [(one.where, one.what, one.why) for one in found.left] == left
    assert back_from_a_spreadsheet(found.instrument) == found.instrument
