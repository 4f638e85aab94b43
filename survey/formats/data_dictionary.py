"""What each column of a survey's answers means: the words asked, the answers and their codes.

Statisticians call this a codebook; here that word is for the themes of texts.
"""

import re
from collections.abc import Iterable
from typing import Literal

import msgspec

VariableType = Literal["text", "whole", "number", "day"]
Measure = Literal["nominal", "ordinal", "scale"]
NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_]")


class Variable(msgspec.Struct, frozen=True, kw_only=True):
    """A column: its name, its words, its type, and the words for each value that it can have.

    `missing` are those of the values that stand for no answer; `numbers` are what SPSS and Stata
    have in place of the values.
    """

    name: str
    label: str
    type: VariableType
    measure: Measure
    values: dict[str, str] = {}
    missing: tuple[str, ...] = ()
    numbers: dict[str, int] = {}


class DictionaryTable(msgspec.Struct, frozen=True):
    """A table of a survey's answers: its name, what a row is, how many there are if that is known,
    and its columns.
    """

    name: str
    row: str
    rows: int | None
    variables: tuple[Variable, ...]


class DataDictionary(msgspec.Struct, frozen=True, kw_only=True):
    """The tables of a survey's answers, with what must be said of the survey itself."""

    slug: str
    title: str
    summary: str
    organisation: str
    versions: tuple[int, ...]
    answers: int
    made_on: str
    tables: tuple[DictionaryTable, ...]


def plain_names(names: Iterable[str], longest: int) -> list[str]:
    """Names as programs accept them: letters, digits and underscores, a letter first, each once
    even where capitals do not count.
    """
    found: list[str] = []
    taken: set[str] = set()
    for name in names:
        plain = NOT_IN_NAMES.sub("_", name).lstrip("_0123456789") or "v"
        short, number = plain[:longest], 2
        while short.casefold() in taken or short.upper() in RESERVED:
            ending = f"_{number}"
            short = plain[: longest - len(ending)] + ending
            number += 1
        taken.add(short.casefold())
        found.append(short)
    return found


# Words of SPSS, and of Stata in capitals, that cannot name a variable.
RESERVED = frozenset(
    [
        "ALL",
        "AND",
        "BY",
        "EQ",
        "GE",
        "GT",
        "LE",
        "LT",
        "NE",
        "NOT",
        "OR",
        "TO",
        "WITH",
        "BYTE",
        "DOUBLE",
        "FLOAT",
        "IF",
        "IN",
        "INT",
        "LONG",
        "STRL",
        "USING",
    ]
)
