"""Pieces of XPath on their way out of LimeSurvey's expressions, and the tests made of them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from survey.formats.expressions.patterns import compiled

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
ALONE = 9
OTHER = "-oth-"  # the answer in one's own words, which nobody puts in an order


class Unconvertible(ValueError):
    """An expression that there is nothing like here, and why."""


@dataclass(frozen=True)
class Variable:
    """What a code stands for: a path, and what each answer to it is called here.

    `option` is set where it is one box of a question with several answers.
    """

    path: str
    codes: Mapping[str, str] = field(default_factory=dict)
    option: str = ""
    dated: bool = False


@dataclass(frozen=True)
class Term:
    """A piece of XPath; of a variable or a literal alone it is known which."""

    xpath: str
    variable: Variable | None = None
    literal: str | None = None
    denied: "Term | None" = None  # what this is the opposite of
    level: int = ALONE  # how tightly it holds together, as in the table of operators


def quoted(text: str) -> str:
    """A literal of XPath, which knows no escapes."""
    if "${" in text or ("'" in text and '"' in text):
        raise Unconvertible(f"the text {text!r} cannot be written in an expression here")
    return f'"{text}"' if "'" in text else f"'{text}'"


def within(term: Term, level: int = ALONE) -> str:
    """In brackets where it holds together less tightly than what it stands in."""
    return term.xpath if term.level >= level else f"({term.xpath})"


def must_be_same(*terms: Term) -> None:
    """An answer can be counted or shown only where it has the same code here."""
    for term in terms:
        variable = term.variable
        if variable and (
            variable.option
            or any(code not in (name, OTHER) for code, name in variable.codes.items())
        ):
            raise Unconvertible(f"the answers to {variable.path} have other codes here")


def opposite(term: Term) -> Term:
    return Term(f"-{within(term)}", literal=f"-{term.literal}" if term.literal else None)


def truth(term: Term) -> Term:
    """A variable by itself asks whether there is an answer."""
    if term.variable and not term.variable.option:
        return Term(f"{term.xpath} != '' and {term.xpath} != '0'", level=1)
    return term


def filled(term: Term) -> Term:
    if term.variable and term.variable.option:
        return term
    return Term(f"{within(term)} != ''", level=2)


def refused(term: Term) -> Term:
    if term.denied:
        return truth(term.denied)
    found = truth(term).xpath
    if match := re.fullmatch(r"(\$\{[\w.-]+\}|\.) (!?=) ''", found):
        return Term(f"{match[1]} {'=' if match[2] == '!=' else '!='} ''", level=2)
    return Term(f"not({found})", denied=term)


def ticked(variable: Variable, *, wanted: bool, given: str) -> Term:
    """Whether a box is ticked, which LimeSurvey says by 'Y' or nothing."""
    if given not in ("Y", "1", "", "N", "0"):
        raise Unconvertible(f"{given!r} is not an answer to a tick box")
    chosen = f"selected({variable.path}, {quoted(variable.option)})"
    return Term(chosen if wanted else f"not({chosen})")


def pattern_of(written: str) -> str:
    """A pattern between slashes, as one that has to match the whole answer."""
    match = re.fullmatch(r"\s*/(.*)/([a-zA-Z]*)\s*", written, re.DOTALL)
    if match is None or set(match[2]) - set("iu"):
        raise Unconvertible(f"the pattern {written} cannot be read")
    inner, ahead = match[1].replace(r"\/", "/"), "(?i)" if "i" in match[2] else ""
    if compiled(inner) is None:
        raise Unconvertible(f"the pattern {written} cannot be read")
    if re.fullmatch(r"\^[^|]*[^|\\]\$", inner):
        return ahead + inner[1:-1]
    return f"{ahead}[\\s\\S]*(?:{inner})[\\s\\S]*"


def with_day(term: Term, other: Term) -> Term:
    """A day in quotation marks beside a date, as the date that it means."""
    if other.variable and other.variable.dated and term.literal and DAY.match(term.literal):
        return Term(f"date({quoted(term.literal[:10])})")
    return term
