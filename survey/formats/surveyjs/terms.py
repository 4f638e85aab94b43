"""The parts of a SurveyJS condition, and how its operators are written in XPath.

The type of an operand decides how it is written: options by their names here, a date as a
date, several answers by which are selected.
"""

import re
from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from survey.formats.foreign import ADDED, AND, EQUAL, MULTIPLIED, OR, RELATED, WHOLE, Unconvertible

Literal = str | float | bool | None
ISO = re.compile(r"\d{4}-\d\d-\d\d")
MANY = "many"


class SurveyjsEntry(msgspec.Struct, frozen=True):
    """Something that a condition can refer to; `options` maps the file's values to our names."""

    name: str
    kind: str = "value"
    options: dict[str, str] = {}
    parts: tuple[str, ...] = ()


DAY = SurveyjsEntry("", "day")  # compared with it, a text that looks like a date is one


class SurveyjsTerm(msgspec.Struct):
    """A piece of a condition: XPath, or a literal or list whose form depends on the other side."""

    text: str = ""
    level: int = WHOLE
    entry: SurveyjsEntry | None = None
    literal: Literal = None
    items: list["SurveyjsTerm"] | None = None

    def is_literal(self) -> bool:
        return not self.text and self.items is None

    def __format__(self, use: str) -> str:
        """The term as XPath: `{term}`, or as a `day`, the `test` of a condition, a `factor`."""
        if use == "test":
            return term_text(as_condition(self))
        if use == "factor":
            return in_brackets(self, MULTIPLIED)
        return term_text(self, DAY if use == "day" else None)


def xpath_literal(text: str) -> str:
    if "${" in text:
        raise Unconvertible("a text with “${” cannot be part of a condition here")
    if "'" not in text:
        return f"'{text}'"
    if '"' not in text:
        return f'"{text}"'
    # XPath 1.0 has no escapes in literals.
    raise Unconvertible("a text with both kinds of quotation marks cannot be compared here")


def option_key(literal: Literal) -> str:
    """A literal as text, in the form in which it is looked up among the options of a question."""
    if isinstance(literal, bool):
        return "true" if literal else "false"
    if isinstance(literal, float):
        return number_text(literal)
    return literal or ""


def number_text(number: float) -> str:
    return str(int(number)) if number.is_integer() else repr(number)


def term_text(term: SurveyjsTerm, other: SurveyjsEntry | None = None) -> str:
    """A term as XPath; `other` is what it is compared with."""
    if term.items is not None:
        raise Unconvertible("it has a list where one value is needed")
    if term.entry is not None and term.entry.kind == MANY:
        raise Unconvertible(f"“{term.entry.name}” has several answers here")
    if term.text:
        return term.text
    literal = term.literal
    if other is not None and other.options:
        return xpath_literal(other.options.get(option_key(literal), option_key(literal)))
    if isinstance(literal, bool):
        return "true()" if literal else "false()"
    if isinstance(literal, float):
        return number_text(literal)
    if other is not None and other.kind == "day" and ISO.fullmatch(literal or ""):
        return f"date('{literal}')"
    return xpath_literal(literal or "")


def in_brackets(term: SurveyjsTerm, level: int, other: SurveyjsEntry | None = None) -> str:
    """A term as XPath, in brackets if it binds less tightly than this level."""
    text = term_text(term, other)
    return f"({text})" if term.level < level else text


def as_condition(term: SurveyjsTerm) -> SurveyjsTerm:
    """The condition that a term means when it stands alone."""
    if term.entry is not None and term.entry.options.get("true"):
        return SurveyjsTerm(
            f"{term_text(term)} = {xpath_literal(term.entry.options['true'])}", EQUAL
        )
    # A calculation may be true or false itself, and false is not ''.
    if term.entry is not None and term.entry.kind != "calculated":
        return SurveyjsTerm(f"{term_text(term)} != ''", EQUAL)
    return term if term.text else SurveyjsTerm(term_text(term))


def equality(sign: str) -> Callable[[SurveyjsTerm, SurveyjsTerm], SurveyjsTerm]:
    def compare(left: SurveyjsTerm, right: SurveyjsTerm) -> SurveyjsTerm:
        if left.items is not None:
            left, right = right, left
        if right.items is not None:
            chosen = selected_condition(left, right, " and ")
            # In any order, as SurveyJS compares lists of answers as sets.
            alike = f"count-selected({term_text(left)}) = {len(right.items)} and {chosen}"
            return SurveyjsTerm(alike, AND) if sign == "=" else SurveyjsTerm(f"not({alike})")
        texts = in_brackets(left, RELATED, right.entry), in_brackets(right, RELATED, left.entry)
        return SurveyjsTerm(f"{texts[0]} {sign} {texts[1]}", EQUAL)

    return compare


def size_comparison(sign: str) -> Callable[[SurveyjsTerm, SurveyjsTerm], SurveyjsTerm]:
    def compare(left: SurveyjsTerm, right: SurveyjsTerm) -> SurveyjsTerm:
        texts = (
            in_brackets(left, ADDED, with_numeric_options(right.entry)),
            in_brackets(right, ADDED, with_numeric_options(left.entry)),
        )
        return SurveyjsTerm(f"{texts[0]} {sign} {texts[1]}", RELATED)

    return compare


def with_numeric_options(entry: SurveyjsEntry | None) -> SurveyjsEntry | None:
    """The entry, without its options if their names equal their values, so that answers are
    compared as numbers.
    """
    numbered = entry is not None and all(name == key for key, name in entry.options.items())
    return replace(entry, options={}) if entry and numbered else entry


def selected_condition(left: SurveyjsTerm, right: SurveyjsTerm, joined: str) -> str:
    """A condition that these options are among the answers, combined by the operator `joined`."""
    if left.items is not None or right.entry is not None:
        left, right = right, left
    items = right.items if right.items is not None else [right]
    if not items:
        raise Unconvertible("it has an empty list")
    text = term_text(left)
    each = [f"selected({text}, {term_text(item, left.entry)})" for item in items]
    return joined.join(each)


def among_comparison(
    joined: str, *, negated: bool = False
) -> Callable[[SurveyjsTerm, SurveyjsTerm], SurveyjsTerm]:
    def compare(left: SurveyjsTerm, right: SurveyjsTerm) -> SurveyjsTerm:
        text = selected_condition(left, right, joined)
        if negated:
            return SurveyjsTerm(f"not({text})")
        several = right.items is not None and len(right.items) > 1
        return SurveyjsTerm(text, (OR if joined == " or " else AND) if several else WHOLE)

    return compare


def contains_comparison(
    *, negated: bool = False
) -> Callable[[SurveyjsTerm, SurveyjsTerm], SurveyjsTerm]:
    """A function that builds a comparison: an option is among the answers, or a text or an option's
    value contains a given part.
    """

    def compare(left: SurveyjsTerm, right: SurveyjsTerm) -> SurveyjsTerm:
        if left.entry is not None and left.entry.kind == "choice" and right.is_literal():
            part = option_key(right.literal)
            names = [name for key, name in left.entry.options.items() if part and part in key]
            texts = [f"{term_text(left)} = {xpath_literal(name)}" for name in names]
            # SurveyJS looks for a part of the value: 'item2' is in 'item2-0' too.
            text = " or ".join(texts) or "false()"
            level = OR if texts[1:] else EQUAL
            return SurveyjsTerm(f"not({text})", WHOLE) if negated else SurveyjsTerm(text, level)
        if right.items is not None or (left.entry is not None and left.entry.options):
            return among_comparison(" and ", negated=negated)(left, right)
        text = f"contains({term_text(left)}, {term_text(right)})"
        return SurveyjsTerm(f"not({text})" if negated else text)

    return compare


ALONE = {"empty": "=", "notempty": "!="}
COMPARING: dict[str, Callable[[SurveyjsTerm, SurveyjsTerm], SurveyjsTerm]] = {
    **dict.fromkeys(("=", "==", "equal"), equality("=")),
    **dict.fromkeys(("!=", "<>", "notequal"), equality("!=")),
    **dict.fromkeys(("<", "less"), size_comparison("<")),
    **dict.fromkeys(("<=", "lessorequal"), size_comparison("<=")),
    **dict.fromkeys((">", "greater"), size_comparison(">")),
    **dict.fromkeys((">=", "greaterorequal"), size_comparison(">=")),
    **dict.fromkeys(("contains", "contain", "*="), contains_comparison()),
    **dict.fromkeys(("notcontains", "notcontain"), contains_comparison(negated=True)),
    "anyof": among_comparison(" or "),
    "allof": among_comparison(" and "),
    "noneof": among_comparison(" or ", negated=True),
}
