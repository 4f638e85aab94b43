"""A refusal is declared once, with places for values; whoever raises it gives them."""

import datetime
import pickle
from pathlib import Path

import pytest

from survey.problems import Conflict, NotFound, Problem

missing_theme = NotFound.of(
    "theme.missing",
    "There is no theme {theme!r} in version {version:,} of {book.name}.",
    "Look at {book.name} of {day}.",
)
late_theme = Conflict.of("theme.late", "Braces {{ stay }}.")


def test_a_refusal_is_the_problem_with_its_values():
    refusal = missing_theme("a 'b'", 1200, Path("books/first.csv"), datetime.date(2026, 9, 14))
    assert type(refusal) is NotFound
    assert refusal.code == "theme.missing"
    assert refusal.sentence == ("""There is no theme "a 'b'" in version 1,200 of first.csv.""")
    assert refusal.remedy == "Look at first.csv of 2026-09-14."
    assert refusal.faults == ()


def test_values_may_be_given_by_name():
    book, day = Path("first.csv"), datetime.date(2026, 9, 14)
    by_name = missing_theme("x", day=day, book=book, version=2)
    assert by_name.sentence == missing_theme("x", 2, book, day).sentence


def test_what_somebody_typed_is_no_template():
    typed = "{version} {0} {{"
    assert typed in missing_theme(typed, 1, Path("x"), "today").sentence


def test_a_refusal_without_values_has_no_remedy_unless_it_says_one():
    assert late_theme().sentence == "Braces { stay }."
    assert late_theme().remedy == ""


def test_each_raising_makes_another_problem_that_a_process_can_return():
    refusal = late_theme()
    assert refusal is not late_theme()
    assert vars(pickle.loads(pickle.dumps(refusal))) == vars(refusal)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ((), {}),
        (("x", 1, "book"), {}),
        (("x", 1, "book", "day", "more"), {}),
        (("x", 1, "book"), {"theme": "x"}),
        (("x", 1, "book"), {"dey": "x"}),
    ],
)
def test_other_values_than_the_sentences_name_are_refused(values, named):
    with pytest.raises(TypeError, match=r"theme\.missing takes"):
        missing_theme(*values, **named)


@pytest.mark.parametrize("place", ["{}", "{0}", "{2 + 1}", "{names[0]}", "{len(names)}"])
def test_a_place_holds_a_name_and_no_expression(place):
    with pytest.raises(ValueError, match="is not the name"):
        Problem.of("theme.missing", f"There is no theme {place}.")
