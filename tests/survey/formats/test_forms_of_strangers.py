"""Forms with features that a survey here lacks: each is imported, or named in the report."""

import pytest

from survey.formats import xlsform
from survey.formats.xform import to_xform
from survey.surveys.instruments import (
    Consent,
    Integer,
    Note,
    QuestionGroup,
    QuestionPage,
    Repeat,
    SelectOne,
    Text,
    Unsupported,
    all_parts,
)
from tests.survey.formats.test_everyday_forms import (
    import_form,
    is_publishable,
    part_named,
    report_text,
)
from tests.survey.formats.test_xlsform import HEAD


def imported_again(instrument):
    return xlsform.read("a.xlsx", xlsform.to_workbook(xlsform.to_sheets(instrument)))


def test_a_repeat_within_a_repeat_is_asked_once_in_each_round_and_said():
    found = import_form(
        ["begin_repeat", "home", "Home", "", ""],
        ["integer", "rooms", "Rooms", "", ""],
        ["begin_repeat", "child", "Child", "${rooms} > 1", "${rooms}"],
        ["integer", "age", "Age", "", ""],
        ["end_repeat", "", "", "", ""],
        ["end_repeat", "", "", "", ""],
        ["note", "sum", "Ages: ${age}", "sum(${age}) > 0", ""],
        head=[*HEAD, "relevant", "repeat_count"],
    )
    assert isinstance(part_named(found, "home"), Repeat)
    child = part_named(found, "child")
    assert isinstance(child, QuestionGroup)
    assert child.relevant == "${rooms} > 1"
    assert "(child): how many times it is asked: it is within “home”" in report_text(found)
    assert is_publishable(found)


@pytest.mark.parametrize(
    ("field", "rule", "said"),
    [
        (
            "relevant",
            "distance(${b}) > 5",
            "distance(), which does not work here, so everyone is asked",
        ),
        ("constraint", "area(.) > 2", "area(), which does not work here, so answers are not"),
        ("required", "geofence(${b}, ${b})", "geofence(), which does not work here, so it can"),
        ("default", "base64-decode('eA==')", "base64-decode(), which does not work here, so it"),
        ("default", "${last-saved#b}", "the answer that was given on this phone the last time"),
        ("relevant", "instance('clients')/root/item[name = 'a']/x = 1", "in “clients”, which is"),
        ("relevant", "pulldata('clients', 'a', 'b', 'c') = 1", "in “clients”, a file of its own"),
    ],
)
def test_a_rule_that_nobody_can_work_out_here_is_left_out_and_said(field, rule, said):
    found = import_form(
        ["text", "a", "A", rule], ["text", "b", "B", ""], head=["type", "name", "label", field]
    )
    assert said in report_text(found)
    assert is_publishable(found)


def test_a_calculation_that_nobody_can_work_out_here_is_empty_and_said():
    found = import_form(
        ["calculate", "a", "", "version()"],
        ["text", "b", "B ${a}", ""],
        head=["type", "name", "label", "calculation"],
    )
    assert part_named(found, "a").calculation == "''"
    assert "(a): the calculation: it uses version(), which does not work here" in report_text(found)
    assert is_publishable(found)


def test_a_setting_that_nobody_can_work_out_here_is_left_out_and_said():
    found = import_form(
        ["text", "a", "A"], settings=[["instance_name"], ["concat(${a}, version())"]]
    )
    assert "settings: instance_name: it uses version(), which does not work here" in report_text(
        found
    )
    assert is_publishable(found)


def test_a_rule_with_a_mistake_still_stops_publishing():
    found = import_form(["text", "a", "A", "1 +* 2"], head=[*HEAD, "relevant"])
    assert not is_publishable(found)


def test_what_nobody_can_change_is_not_required():
    found = import_form(
        ["text", "a", "A", "yes", "yes", "you"], head=[*HEAD, "required", "readonly", "default"]
    )
    part = part_named(found, "a")
    assert part.read_only
    assert not part.required
    assert "(a): required, or a validation rule" in report_text(found)


def test_the_hint_of_a_group_is_a_note_and_its_other_columns_are_in_the_report():
    found = import_form(
        ["begin_group", "a", "A", "Think first.", "yes", "5"],
        ["text", "b", "B", "", "", ""],
        ["end_group", "", "", "", "", ""],
        head=[*HEAD, "hint", "required", "default"],
    )
    assert part_named(found, "a_hint") == Note(name="a_hint", text={"en": "Think first."})
    assert [one.name for one in part_named(found, "a").items] == ["a_hint", "b"]
    assert "(a): required: it is for single questions" in report_text(found)
    assert "(a): default: it is for single questions" in report_text(found)
    assert is_publishable(found)


def test_what_is_calculated_keeps_its_hint_and_the_rest_is_said():
    found = import_form(
        ["text", "a", "A", "Of both.", "1 + 1", "yes", "Please", "yes"],
        head=[*HEAD, "hint", "calculation", "required", "required_message", "readonly"],
    )
    assert part_named(found, "a_shown").hint == {"en": "Of both."}
    said = report_text(found)
    assert "(a): required: nobody types or changes what is calculated" in said
    assert "(a): required_message: nobody types" in said
    assert "readonly" not in said


@pytest.mark.parametrize(
    ("kind", "appearance", "made", "said"),
    [
        ("string", "hidden", Unsupported, "string: not asked: another program fills it"),
        ("start-geopoint", "", Unsupported, "an exact place could identify a person"),
        ("background-audio", "", Unsupported, "recordings are not accepted here"),
        ("add text prompt", "", Text, ""),
        ("percentage", "", Integer, ""),
        ("acknowledge", "", Consent, ""),
        ("text", "numbers", Text, "appearance “numbers”: words can be typed too"),
        ("string", "select-contact type-person", Text, "people type their answer"),
    ],
)
def test_types_and_appearances_of_other_programs(kind, appearance, made, said):
    found = import_form([kind, "a", "A", appearance], ["text", "b", "B", ""],
                     head=[*HEAD, "appearance"])  # fmt: skip
    assert type(part_named(found, "a")) is made
    assert said in report_text(found)
    assert is_publishable(found)


def test_a_percentage_keeps_its_limits():
    part = part_named(import_form(["percentage", "a", "A"]), "a")
    assert (part.least, part.most) == (0, 100)


def test_questions_on_one_page_are_so_however_it_is_written():
    rows = (
        ["begin_group", "a", "A", "Field-list"],
        ["text", "b", "B", ""],
        ["end_group", "", "", ""],
    )
    assert isinstance(part_named(import_form(*rows, head=[*HEAD, "appearance"]), "a"), QuestionPage)


def test_large_lists_may_have_a_name_in_several_places_and_rows_without_one():
    more = [["list_name", "name", "label", "state"], ["town", "king", "King", "wa"],
            ["town", "king", "King", "tx"], ["town", "", "Nameless", "tx"],
            ["town", "bow", "Bow", "tx"], ["", "lost", "", ""]]  # fmt: skip
    found = import_form(
        ["select_one_external town", "town", "Town?", "state='tx'"],
        head=[*HEAD, "choice_filter"],
        external_choices=more,
    )
    assert [one.name for one in part_named(found, "town").options] == ["king", "king_2", "bow"]
    assert "external_choices, row 4: the answer: it has no name" in report_text(found)
    assert is_publishable(found)


def test_a_form_at_which_the_usual_reader_breaks_is_read_all_the_same():
    found = import_form(["text", "a", "A", "x"], head=[*HEAD, "instance::tag"])
    assert isinstance(part_named(found, "a"), Text)
    assert "column “instance”" in report_text(found)
    assert is_publishable(found)


def test_a_calculation_of_what_is_not_asked_is_in_the_report():
    found = import_form(["geopoint", "a", "A", "1 + 1"], head=[*HEAD, "calculation"])
    assert "(a): calculation: nothing is worked out for what is not asked here" in report_text(
        found
    )


def test_a_filter_of_a_question_without_answers_is_in_the_report():
    found = import_form(["text", "a", "A", "x = 1"], head=[*HEAD, "choice_filter"])
    assert "choice_filter: there are no answers to choose from" in report_text(found)


@pytest.mark.parametrize("appearance", ["", "table-list"])
def test_what_was_mended_goes_out_and_comes_in_again(appearance):
    found = import_form(
        ["begin_group", "a", "A", "Think first.", appearance],
        ["select_one yn", "b", "B", "", ""],
        ["select_one yn", "c", "C", "", ""],
        ["end_group", "", "", "", ""],
        ["percentage", "d", "D", "", ""],
        head=[*HEAD, "hint", "appearance"],
    ).instrument
    assert part_named(imported_again(found), "a_hint").text == {"en": "Think first."}
    assert to_xform(found)
    assert imported_again(found).instrument == found


def test_a_loop_asks_its_questions_about_each_answer_of_its_list():
    found = import_form(
        ["select_multiple by", "used", "Used?", "", ""],
        ["begin_loop over by", "ways", "Ways", "", ""],
        ["select_one yn", "daily", "Is %(label)s daily?", "selected(${used}, '%(name)s')", ""],
        ["text", "why", "Why?", "", ""],
        ["end_loop", "", "", "", ""],
        head=[*HEAD, "relevant", "hint"],
        choices=[["list_name", "name", "label"], ["yn", "yes", "Yes"], ["yn", "no", "No"],
                 ["by", "bus", "the bus"], ["by", "car", "a car"], ["by", "none", "None"]],
    )  # fmt: skip
    names = [one.name for one in all_parts(found.instrument.items)]
    assert names == ["used", "ways", "ways_bus", "daily_bus", "why_bus", "ways_car", "daily_car",
                     "why_car"]  # fmt: skip
    assert part_named(found, "ways_bus").text == {"en": "the bus"}
    assert part_named(found, "daily_car").text == {"en": "Is a car daily?"}
    assert part_named(found, "daily_car").relevant == "selected(${used}, 'car')"
    assert found.left == ()
    assert is_publishable(found)


def test_what_a_form_says_of_itself_is_in_the_report():
    found = import_form(
        ["audit", "audit", ""],
        ["text", "a", "A"],
        entities=[["list_name", "label"], ["trees", "concat('x', ${a})"]],
    )
    assert "(audit): audit: not asked: it would follow a person" in report_text(found)
    assert "entities: the sheet: answers go to no list of other things" in report_text(found)


def test_the_report_names_the_row_of_each_namesake_and_not_the_end_of_a_group():
    found = import_form(
        ["begin_group", "a", "A", "yes"],
        ["geopoint", "where", "Where?", ""],
        ["integer", "age", "Age", ""],
        ["end_group", "a", "", ""],
        ["begin_group", "b", "B", ""],
        ["geopoint", "where", "Where?", ""],
        ["integer", "age", "Age", ""],
        ["end_group", "b", "", ""],
        ["select_one one", "c", "C", ""],
        head=[*HEAD, "required"],
        choices=[["list_name", "name", "label"], ["one", "x", "X"]],
    )
    places = [(one.where, one.what) for one in found.left]
    assert places == [
        ("survey, row 2 (a)", "required"),
        ("survey, row 3 (where)", "geopoint"),
        ("survey, row 7 (where)", "geopoint"),
        ("survey, row 7 (where)", "the name “where”"),
        ("survey, row 8 (age)", "the name “age”"),
        ("survey, row 10 (c)", "the list of answers"),
    ]


def test_a_list_with_too_many_answers_is_typed_and_the_others_stay():
    rows = [["town", f"t{n}", f"Town {n}"] for n in range(1_001)]
    found = import_form(
        ["select_one town", "town", "Town?", "true()"],
        ["select_one yn", "b", "B", ""],
        head=[*HEAD, "choice_filter"],
        choices=[["list_name", "name", "label"], ["yn", "yes", "Y"], ["yn", "no", "N"], *rows],
    )
    assert isinstance(part_named(found, "town"), Text)
    assert isinstance(part_named(found, "b"), SelectOne)
    said = report_text(found)
    assert "row 2 (town): the list of answers: it has 1,001 answers. A question can have" in said
    assert is_publishable(found)
