"""Everyday XLSForms that break one of our rules: corrected or reported, and never lost in
silence.
"""

import pytest

from survey.formats import limesurvey as limesurvey
from survey.formats import readers, xlsform
from survey.formats.expressions import logic as expressions
from survey.formats.languages import find_language_code
from survey.problems import Invalid
from survey.surveys.instruments import (
    Calculate,
    Consent,
    Note,
    Rank,
    SelectOne,
    Text,
    all_parts,
    check_instrument,
)
from survey.surveys.item_types.choices import EVERY_OPTION
from survey.surveys.responses import validate_answers
from tests.survey.formats.test_expressions import context_of as occasion_of
from tests.survey.formats.test_xlsform import HEAD, xlsx_file

CHOICES = [["list_name", "name", "label"], ["yn", "yes", "Yes"], ["yn", "no", "No"]]


def import_form(*rows, head=HEAD, name="form.xlsx", **sheets):
    content = xlsx_file(head, *rows, **({"choices": CHOICES} | sheets))
    return readers.read(name, content)


def part_named(found, name):
    return next(one for one in all_parts(found.instrument.items) if one.name == name)


def report_text(found):
    return " ".join(f"{one.where}: {one.what}: {one.why}." for one in found.left)


def is_publishable(found):
    return expressions.faults_of_expressions(check_instrument(found.instrument)) == []


def test_questions_of_two_groups_may_have_the_same_name():
    found = import_form(
        ["begin_group", "mother", "Mother", ""],
        ["integer", "age", "Age", ""],
        ["end_group", "", "", ""],
        ["begin_group", "father", "Father", ""],
        ["integer", "age", "Age", ""],
        ["end_group", "", "", ""],
        ["text", "why", "Why?", "/data/father/age > 9"],
        head=[*HEAD, "relevant"],
    )
    assert [one.name for one in all_parts(found.instrument.items)] == [
        "mother", "age", "father", "age_2", "why",
    ]  # fmt: skip
    assert part_named(found, "why").relevant == "${age_2} > 9"
    assert "two questions have this name" in report_text(found)
    assert is_publishable(found)


def test_a_name_that_is_too_long_is_shortened_wherever_it_is_used():
    long = "q" * 70
    found = import_form(
        ["integer", long, "How many?", ""],
        ["note", "n", f"You said ${{{long}}}.", f"${{{long}}} > 1"],
        head=[*HEAD, "relevant"],
    )
    short = found.instrument.items[0].name
    assert len(short) <= 60
    assert part_named(found, "n").relevant == f"${{{short}}} > 1"
    assert part_named(found, "n").text == {"en": f"You said ${{{short}}}."}
    assert is_publishable(found)


def test_a_list_with_one_answer_is_a_box_to_tick():
    found = import_form(
        ["select_multiple ok", "agree", "Do you agree?", ""],
        ["text", "why", "Why?", "selected(${agree}, 'fine') or ${agree}='fine'"],
        head=[*HEAD, "relevant"],
        choices=[["list_name", "name", "label"], ["ok", "fine", "That is fine"]],
    )
    assert isinstance(part_named(found, "agree"), Consent)
    assert part_named(found, "agree").hint == {"en": "That is fine"}
    assert part_named(found, "why").relevant == "${agree} = 'OK' or ${agree} = 'OK'"
    assert is_publishable(found)


def test_answers_with_the_same_name_are_parted_and_copies_left_out():
    rows = [["t", "other", "Other", "e"], ["t", "bow", "Bow", "e"], ["t", "other", "Other", "w"]]
    choices = [["list_name", "name", "label", "side"], *rows]
    settings = [["allow_choice_duplicates"], ["yes"]]
    found = import_form(
        ["select_one t", "a", "A", "side = 'e'"],
        ["select_one t", "b", "B", ""],
        head=[*HEAD, "choice_filter"],
        choices=choices,
        settings=settings,
    )
    assert [one.name for one in part_named(found, "a").options] == ["other", "bow", "other_2"]
    assert [one.name for one in part_named(found, "b").options] == ["other", "bow"]
    assert is_publishable(found)


def test_a_calculation_on_any_type_is_carried_and_its_result_shown():
    found = import_form(
        ["integer", "a", "A", "", ""],
        ["text", "class", "Class", "if(${a} > 5, 'high', 'low')", ""],
        ["note", "sum", "It is ${sum}.", "${a} + 1", "${a} > 0"],
        ["select_one yn", "big", "Big?", "if(${a} > 5, 'yes', 'no')", ""],
        head=[*HEAD, "calculation", "relevant"],
    )
    kinds = [(type(one), one.name) for one in found.instrument.items[1:]]
    assert kinds == [
        (Calculate, "class"), (Note, "class_shown"), (Calculate, "sum"), (Note, "sum_shown"),
        (Calculate, "big"), (Note, "big_shown"),
    ]  # fmt: skip
    assert part_named(found, "class_shown").text == {"en": "Class: ${class}"}
    assert part_named(found, "sum_shown").text == {"en": "It is ${sum}."}
    assert part_named(found, "sum_shown").relevant == "${a} > 0"
    assert "its answer is calculated" in report_text(found)
    assert is_publishable(found)


def test_an_empty_group_is_left_out_and_said():
    found = import_form(
        ["begin_group", "empty", "Empty"], ["end_group", "", ""], ["text", "a", "A"]
    )
    assert [one.name for one in found.instrument.items] == ["a"]
    assert "(empty): the group" in report_text(found)


def test_answers_of_the_sheet_for_large_lists_are_filtered_answers():
    more = [["list_name", "name", "label", "side"], ["town", "bow", "Bow", "east"],
            ["town", "acton", "Acton", "west"]]  # fmt: skip
    found = import_form(
        ["select_one side", "side", "Side?", ""],
        ["select_one_external town", "town", "Town?", "side=${side}"],
        head=[*HEAD, "choice_filter"],
        choices=[["list_name", "name", "label"], ["side", "east", "E"], ["side", "west", "W"]],
        external_choices=more,
    )
    town = part_named(found, "town")
    assert isinstance(town, SelectOne)
    assert [one.traits for one in town.options] == [{"side": "east"}, {"side": "west"}]
    assert town.filter == "side=${side}"
    assert found.left == ()
    assert is_publishable(found)


def test_a_list_too_long_for_a_question_makes_it_a_text():
    rows = [["town", f"t{n}", f"Town {n}"] for n in range(1_001)]
    found = import_form(
        ["select_one_external town", "town", "Town?", "true()"],
        head=[*HEAD, "choice_filter"],
        external_choices=[["list_name", "name", "label"], *rows],
    )
    assert isinstance(part_named(found, "town"), Text)
    assert "1,000 answers at most" in report_text(found)
    assert is_publishable(found)


def test_a_list_in_a_file_is_asked_for_and_one_of_other_answers_becomes_a_text():
    found = import_form(
        ["begin_repeat", "people", "People", ""],
        ["text", "who", "Name", ""],
        ["end_repeat", "", "", ""],
        ["select_one ${who}", "head", "Who is the head?", ""],
        ["select_one_from_file towns.csv", "town", "Town?", "value=code label=title"],
        head=[*HEAD, "parameters"],
    )
    assert isinstance(part_named(found, "head"), Text)
    assert found.lists["towns.csv"].value == "code"
    assert found.lists["towns.csv"].label == "title"


def test_a_ranking_keeps_its_filter():
    found = import_form(
        ["select_multiple yn", "some", "Some", ""],
        ["rank yn", "order", "Order", "selected(${some}, name)"],
        head=[*HEAD, "choice_filter"],
    )
    assert isinstance(part_named(found, "order"), Rank)
    assert part_named(found, "order").filter == "selected(${some}, name)"
    back = xlsform.read("a.xlsx", xlsform.to_workbook(xlsform.to_sheets(found.instrument)))
    assert back.instrument == found.instrument


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (["date", "a", "A", "year", ""], "people enter a whole date"),
        (["image", "a", "A", "signature", ""], "a picture is uploaded instead"),
        (["select_one yn", "a", "A", "search('towns')", ""], "not looked up in a file"),
        (["text", "a", "A", "ex:org.app", ""], "no other app opens"),
        (["text", "a", "A", "", "${b} = 1"], "answers can be changed"),
        (["select_one yn", "a", "A", "label", ""], "each question of the table shows its answers"),
    ],
)
def test_what_changes_the_question_is_in_the_report(row, said):
    found = import_form(row, ["integer", "b", "B", "", ""], head=[*HEAD, "appearance", "readonly"])
    assert said in report_text(found)
    assert is_publishable(found)


def test_a_default_of_today_is_kept_and_not_reported_as_lost():
    found = import_form(["date", "a", "A", "today()"], head=[*HEAD, "default"])
    assert part_named(found, "a").default == "today()"
    assert found.left == ()


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("Français", "fr"), ("Español", "es"), ("العربية", "ar"), ("中文", "zh"), ("Polski", "pl"),
        ("Deutsch", "de"), ("Kiswahili", "sw"), ("Dari", "fa-AF"), ("English (EN)", "en"),
        ("English (UK)", "en-GB"), ("Português (Brasil)", "pt-BR"), ("Ukrainian (uk)", "uk"),
        ("pt_br", "pt-BR"), ("eng", "en"), ("Bengali (bn)", "bn"),
        ("Spanish (Latin America)", "es-419"),
        ("Chinese (Simplified)", "zh-Hans"), ("Somewhere", ""),
    ],
)  # fmt: skip
def test_languages_go_by_their_own_names_too(written, code):
    assert find_language_code(written) == code


def test_a_language_that_nobody_knows_keeps_its_words():
    found = import_form(
        ["text", "a", "Name", "Nomo"], head=["type", "name", "label::English", "label::Somewherish"]
    )
    assert part_named(found, "a").text == {"en": "Name", "und-x-somewher": "Nomo"}
    assert "Somewherish: this language is not known here" in report_text(found)


def test_the_base_language_comes_first_and_goes_out_again():
    found = import_form(
        ["text", "a", "Name", "Nom"],
        ["text", "b", "More", ""],
        head=["type", "name", "label::English (en)", "label::French (fr)"],
        settings=[["form_title", "default_language"], ["T", "French (fr)"]],
    )
    assert next(iter(part_named(found, "a").text)) == "fr"
    rows = xlsform.to_sheets(found.instrument)
    assert rows["settings"][0]["default_language"] == "French (fr)"
    assert xlsform.read("a.xlsx", xlsform.to_workbook(rows)).instrument == found.instrument


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.xlsx", b"", "it is empty"),
        ("a.csv", b"name,age\nx,2\n", "does not have the sheets of an XLSForm"),
        ("a.xlsx", xlsx_file(HEAD, ["begin_kobomatrix", "m", "M"], ["end_kobomatrix", "", ""]),
         "row 2: “begin_kobomatrix” is known in KoboToolbox only"),
        ("a.xlsx", xlsx_file([*HEAD, "label"], ["text", "a", "A", "B"]),
         "survey, row 1: Duplicate"),
    ],
)  # fmt: skip
def test_a_refusal_says_what_to_do(name, content, sentence):
    with pytest.raises(Invalid) as refused:
        readers.read(name, content)
    assert sentence in refused.value.sentence


def test_a_survey_sheet_alone_is_taken_as_csv():
    found = readers.read("a.csv", b'type,name,label\ntext,a,A\ninteger,b,"B, or C"\n')
    assert [one.name for one in found.instrument.items] == ["a", "b"]


def test_a_rule_about_a_question_that_was_not_imported_is_named_before_publishing():
    found = import_form(
        ["osm", "prices", "Prices", ""],
        ["text", "why", "Why?", "${prices} = 1"],
        head=[*HEAD, "relevant"],
        settings=[["instance_name"], ["${prices}"]],
    )
    (fault,) = expressions.faults_of_expressions(check_instrument(found.instrument))
    assert fault.where == "why: relevant"
    assert "no question called “prices”" in fault.sentence
    assert "settings: instance_name" in report_text(found)
    assert "instance_name" not in found.instrument.settings


@pytest.mark.parametrize("name", ["survey.lss", "group.lsg", "QUESTION.LSQ"])
def test_groups_and_questions_of_limesurvey_are_read_as_promised(name):
    assert readers.find_reader(name, b"") is limesurvey.read


def test_a_ranking_of_what_is_offered_is_whole():
    found = import_form(
        ["select_multiple yn", "some", "Some", ""],
        ["rank yn", "order", "Order", "selected(${some}, name)"],
        head=[*HEAD, "choice_filter"],
    ).instrument
    occasion = occasion_of(found)
    assert validate_answers(found, {"some": ["no"], "order": ["no"]}, occasion)[1] == []
    both = {"some": ["yes", "no"]}
    assert validate_answers(found, both | {"order": ["no", "yes"]}, occasion)[1] == []
    for order in (["no"], ["no", "no"], ["yes", "maybe"]):
        (fault,) = validate_answers(found, both | {"order": order}, occasion)[1]
        assert (fault.where, fault.sentence) == ("order", EVERY_OPTION)


@pytest.mark.parametrize("choices", [CHOICES[:1], None])
def test_a_sheet_of_choices_with_nothing_in_it_is_said_by_the_question(choices):
    sheets = {"choices": choices} if choices else {"choices": [["list_name"]]}
    with pytest.raises(Invalid) as refused:
        import_form(["text", "why", "Why?", ""], ["select_one yn", "safe", "Safe?", ""], **sheets)
    assert "“Safe?” in row 3 of the sheet survey needs some" in refused.value.sentence
    assert "xlsform" not in refused.value.sentence
