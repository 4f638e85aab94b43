"""What each column of a survey's answers means: the words asked, the answers and their codes.

Statisticians call this a codebook; here that word is for the themes of texts.
"""

import re
from collections.abc import Iterable
from itertools import count
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
    """Names as programs accept them: letters, digits and underscores, a letter first, each once."""
    plain = (NOT_IN_NAMES.sub("_", name).lstrip("_0123456789") or "v" for name in names)
    return distinct_names(plain, longest=longest, reserved=RESERVED)


def distinct_names(
    names: Iterable[str], *, longest: int | None = None, reserved: Iterable[str] = ()
) -> list[str]:
    """The names, each once even where capitals do not count: the first of several keeps its name,
    the others get a number that makes a name of nobody else.
    """
    given = [name[:longest] for name in names]
    taken = {name.casefold() for name in reserved}
    used = taken.union(name.casefold() for name in given)
    found = []
    for name in given:
        if name.casefold() in taken:
            endings = (f"_{number}" for number in count(2))
            tried = (name[: longest and longest - len(one)] + one for one in endings)
            name = next(one for one in tried if one.casefold() not in used)
            used.add(name.casefold())
        taken.add(name.casefold())
        found.append(name)
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
