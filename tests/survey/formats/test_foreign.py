"""What readers of other programs share: names that are free, wordings, conditions and operators."""

import re

import pytest

from survey.formats.foreign import (
    ADDED,
    MULTIPLIED,
    ForeignReader,
    FreeNames,
    Unconvertible,
    all_conditions,
    joined_wording,
)
from survey.surveys.expressions import split_tokens

TOKEN = re.compile(r"\s*(?:(?P<word>\w+)|(?P<sign>[+*(),]))")


class SumReader(ForeignReader[str]):
    """Sums, products and brackets, written out with a bracket around each."""

    levels = ((ADDED, ("+", "plus")), (MULTIPLIED, ("*",)))
    operators = ("sign", "word")
    deepest = 3

    def operand(self):
        found = self.take()
        if found == "all":
            self.take("(")
            return f"all{self.values_until(')')}"
        if found != "(":
            return found
        inner = self.read_nested(self.level)
        self.take(")")
        return inner

    def join(self, level, sign, left, right):
        return f"({left} {'+' if level == ADDED else sign} {right()})"


def written_out(text):
    reader = SumReader(split_tokens(text, TOKEN, Unconvertible))
    found = reader.level()
    reader.end()
    return found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a + b * c", "(a + (b * c))"),
        ("a * b + c", "((a * b) + c)"),
        ("a + b PLUS c", "((a + b) + c)"),
        ("(a + b) * c", "((a + b) * c)"),
        ("all(a, b + c)", "all['a', '(b + c)']"),
        ("all()", "all[]"),
    ],
)
def test_an_operator_takes_what_binds_more_tightly(text, found):
    assert written_out(text) == found


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("((((a))))", "it is nested too deeply"),
        ("all(a b)", "it has 'b' where ',' should be"),
        ("a +", "it ends where a value should be"),
        ("a b", "it continues with 'b' where it should end"),
    ],
)
def test_what_cannot_be_read_is_refused(text, why):
    with pytest.raises(Unconvertible, match=re.escape(why)):
        written_out(text)


def test_a_name_in_use_gets_a_number_and_stays_short_enough():
    names = FreeNames(("data",))
    assert [names.take(one) for one in ("a", "a", "a_2", "a", "data")] == [
        "a", "a_2", "a_2_2", "a_3", "data_2",
    ]  # fmt: skip
    long = "x" * 60
    assert [names.take(long), names.take(long)] == [long, "x" * 58 + "_2"]


def test_conditions_and_wordings_are_put_together():
    assert all_conditions("", "a = 1", "") == "a = 1"
    assert all_conditions("a = 1", "b or c") == "(a = 1) and (b or c)"
    assert all_conditions() == ""
    joined = joined_wording({"en": "Yes"}, {"cy": "Ie", "en": "always"}, by=", ")
    assert joined == {"en": "Yes, always", "cy": "Ie"}
