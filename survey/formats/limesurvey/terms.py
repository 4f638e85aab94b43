"""Pieces of XPath made from LimeSurvey's expressions, and the conditions built from them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from survey.formats.expressions.patterns import compiled_pattern

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
ALONE = 9
OTHER = "-oth-"  # the free-text option, which is never counted or ordered


class LimesurveyUnconvertible(ValueError):
    """An expression that cannot be converted, and why."""


@dataclass(frozen=True)
class LimesurveyVariable:
    """What a code refers to: a path, and the name here of each of its answers.

    `option` is set if it is one check box of a question with several answers.
    """

    path: str
    codes: Mapping[str, str] = field(default_factory=dict)
    option: str = ""
    dated: bool = False


@dataclass(frozen=True)
class LimesurveyTerm:
    """A piece of XPath; if it is only a variable or a literal, that is recorded too."""

    xpath: str
    variable: LimesurveyVariable | None = None
    literal: str | None = None
    denied: "LimesurveyTerm | None" = None  # the term that this negates
    level: int = ALONE  # how tightly it binds, as in LEVELS


def xpath_literal(text: str) -> str:
    """A text as an XPath literal, which has no escapes."""
    if "${" in text or ("'" in text and '"' in text):
        raise LimesurveyUnconvertible(f"the text {text!r} cannot be written in an expression here")
    return f'"{text}"' if "'" in text else f"'{text}'"


def in_brackets(term: LimesurveyTerm, level: int = ALONE) -> str:
    """The term, in brackets if it binds less tightly than this level."""
    return term.xpath if term.level >= level else f"({term.xpath})"


def check_same_codes(*terms: LimesurveyTerm) -> None:
    """Raise if an answer has another code here than in LimeSurvey: it could not be calculated with
    or shown.
    """
    for term in terms:
        variable = term.variable
        if variable and (
            variable.option
            or any(code not in (name, OTHER) for code, name in variable.codes.items())
        ):
            raise LimesurveyUnconvertible(f"the answers to {variable.path} have other codes here")


def negative_term(term: LimesurveyTerm) -> LimesurveyTerm:
    return LimesurveyTerm(
        f"-{in_brackets(term)}", literal=f"-{term.literal}" if term.literal else None
    )


def as_condition(term: LimesurveyTerm) -> LimesurveyTerm:
    """The term as a condition: a variable by itself tests whether there is an answer."""
    if term.variable and not term.variable.option:
        return LimesurveyTerm(f"{term.xpath} != '' and {term.xpath} != '0'", level=1)
    return term


def answered_condition(term: LimesurveyTerm) -> LimesurveyTerm:
    if term.variable and term.variable.option:
        return term
    return LimesurveyTerm(f"{in_brackets(term)} != ''", level=2)


def negated_condition(term: LimesurveyTerm) -> LimesurveyTerm:
    if term.denied:
        return as_condition(term.denied)
    found = as_condition(term).xpath
    if match := re.fullmatch(r"(\$\{[\w.-]+\}|\.) (!?=) ''", found):
        return LimesurveyTerm(f"{match[1]} {'=' if match[2] == '!=' else '!='} ''", level=2)
    return LimesurveyTerm(f"not({found})", denied=term)


def box_condition(variable: LimesurveyVariable, *, wanted: bool, given: str) -> LimesurveyTerm:
    """Whether a box is ticked; LimeSurvey stores 'Y' or nothing."""
    if given not in ("Y", "1", "", "N", "0"):
        raise LimesurveyUnconvertible(f"{given!r} is not an answer to a tick box")
    chosen = f"selected({variable.path}, {xpath_literal(variable.option)})"
    return LimesurveyTerm(chosen if wanted else f"not({chosen})")


def whole_pattern(written: str) -> str:
    """A pattern between slashes, as one that has to match the whole answer."""
    match = re.fullmatch(r"\s*/(.*)/([a-zA-Z]*)\s*", written, re.DOTALL)
    if match is None or set(match[2]) - set("iu"):
        raise LimesurveyUnconvertible(f"the pattern {written} cannot be read")
    inner, ahead = match[1].replace(r"\/", "/"), "(?i)" if "i" in match[2] else ""
    if compiled_pattern(inner) is None:
        raise LimesurveyUnconvertible(f"the pattern {written} cannot be read")
    if re.fullmatch(r"\^[^|]*[^|\\]\$", inner):
        return ahead + inner[1:-1]
    return f"{ahead}[\\s\\S]*(?:{inner})[\\s\\S]*"


def as_date_literal(term: LimesurveyTerm, other: LimesurveyTerm) -> LimesurveyTerm:
    """A date in quotation marks as a date, if it is used with a date question."""
    if other.variable and other.variable.dated and term.literal and DAY.match(term.literal):
        return LimesurveyTerm(f"date({xpath_literal(term.literal[:10])})")
    return term
