"""Who of a file of encounters is asked, who never is, and what is wrong in which row."""

import datetime

import pytest

from survey.surveys.encounter_files import choose_people, read_encounters
from survey.surveys.encounters import RULES, AskedPerson, AskingRules, add_sums, sum_people

TODAY = datetime.date(2026, 11, 28)
BOROUGHS = {"E09000022": "Lambeth", "E09000012": "Hackney"}
HEAD = [
    *("Reference", "Day", "Kind", "Borough", "Age", "Sex", "Ethnic group", "Name"),
    *("Domestic abuse", "Death", "Medical", "Open complaint", "Do not contact"),
]


def row(reference="A1", day="2026-11-01", kind="Stop", area="Lambeth", age="30", flags=""):
    """A row whose flags are yes where `flags` has their first letter (d, e, m, o, n)."""
    said = ["yes" if letter in flags else "no" for letter in "demon"]
    return [reference, day, kind, area, age, "Female", "Black", "Ada Example", *said]


def read(*rows, rules=None, head=HEAD):
    return read_encounters([head, *rows], BOROUGHS, rules or AskingRules(), TODAY)


def choose(*rows, rules=None, before=()):
    rules = rules or AskingRules()
    return choose_people(read(*rows, rules=rules).people, rules, TODAY, set(before))


def test_a_person_is_read_and_other_columns_are_given_back():
    found = read(row())
    assert found.faults == []
    [one] = found.people
    assert (one.reference, one.day, one.area) == ("A1", datetime.date(2026, 11, 1), "E09000022")
    assert one.groups == {"age": "25-34", "sex": "female", "ethnicity": "black"}
    assert found.left == ["Name"]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"age": "15"}, "under_16"),
        ({"age": ""}, "age_unknown"),
        ({"flags": "d"}, "domestic_abuse"),
        ({"flags": "e"}, "death"),
        ({"flags": "m"}, "medical"),
        ({"flags": "o"}, "open_complaint"),
        ({"flags": "n"}, "unwilling"),
        ({"day": "2026-11-15"}, "too_recent"),
        ({"reference": "known"}, "asked_before"),
    ],
)
def test_who_is_never_asked_and_why(changed, reason):
    choice = choose(row("B2"), row(**changed), before=["known"])
    assert choice.asked == [0]
    assert choice.left_out == {reason: 1}


def test_fourteen_days_are_enough():
    assert choose(row(day="2026-11-14")).asked == [0]


def test_a_rule_without_its_column_is_refused_unless_it_is_unticked():
    head = [one for one in HEAD if one != "Domestic abuse"]
    short = [cell for place, cell in enumerate(row()) if HEAD[place] != "Domestic abuse"]
    [fault] = read(short, head=head).faults
    assert "domestic abuse" in fault.sentence
    assert "untick" in fault.sentence
    others = AskingRules(reasons=tuple(rule for rule in RULES if rule != "domestic_abuse"))
    assert read(short, head=head, rules=others).faults == []


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"day": "soon"}, "is not a day"),
        ({"day": "2026-12-01"}, "in the future"),
        ({"area": "Paris"}, "not a borough"),
        ({"area": ""}, "missing"),
        ({"age": "old"}, "not an age"),
        ({"age": "²"}, "not an age"),
        ({"kind": ""}, "kind of encounter"),
        ({"reference": ""}, "reference"),
    ],
)
def test_what_is_wrong_is_said_with_its_row(changed, words):
    [fault] = read(row("B2"), row(**changed)).faults
    assert fault.where == "Row 3"
    assert words in fault.sentence


def test_a_reference_twice_and_a_flag_in_other_words_are_refused():
    odd = row("C3")
    odd[8] = "perhaps"
    faults = read(row(), row(), odd).faults
    assert [one.where for one in faults] == ["Row 3", "Row 4"]
    assert "row 2" in faults[0].sentence
    assert "perhaps" in faults[1].sentence


def test_a_file_with_codes_is_no_new_wave():
    [fault] = read([*row(), "K7MW"], head=[*HEAD, "code"]).faults
    assert "given codes before" in fault.sentence


def test_sums_say_who_answered_in_each_group():
    young = AskedPerson("Stop", "E09000022", {"age": "16-24"}, answered=True)
    old = AskedPerson("Victim", "E09000022", {"age": "65+"}, answered=False)
    sums = add_sums([sum_people([young, old]), sum_people([old])])
    assert (sums.everybody.asked, sums.everybody.answered) == (3, 1)
    assert (sums.groups["age"]["65+"].asked, sums.groups["age"]["65+"].answered) == (2, 0)
    assert sums.groups["area"]["E09000022"].answered == 1
