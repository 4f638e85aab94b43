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
    {"ALL", "AND", "BY", "EQ", "GE", "GT", "LE", "LT", "NE", "NOT", "OR",
     "TO", "WITH", "BYTE", "DOUBLE", "FLOAT", "IF", "IN", "INT", "LONG", "STRL", "USING"}
)  # fmt: skip


LONGEST_NAMES = {"sav": 64, "dta": 32}
LONGEST_LABELS = {"sav": 250, "dta": 80}  # of questions, in bytes and characters
LONGEST_VALUE_LABEL = 120  # bytes in a .sav
DISPLAY = {"text": 16, "day": 12}


def write_labelled_file(rows: str, made: str, variables: tuple[Variable, ...], title: str) -> None:
    """Write a Parquet file of rows as a file of SPSS or Stata, by the ending of its name."""
    import polars
    import pyreadstat

    ending = made.rsplit(".", 1)[-1]
    names = plain_names((one.name for one in variables), longest_name(ending, len(variables)))
    frame = polars.read_parquet(rows)
    frame.columns = names
    title = short_text(title, 60)
    labels: list[str | None] = [short_text(one.label, LONGEST_LABELS[ending]) for one in variables]
    by_name = dict(zip(names, variables, strict=True))
    values = {
        name: value_labels(one)
        for name, one in by_name.items()
        if one.values and one.type != "text"
    }
    if ending == "dta":
        pyreadstat.write_dta(frame, made, title, labels, version=15, variable_value_labels=values)
        return
    pyreadstat.write_sav(
        frame,
        made,
        title,
        labels,
        row_compress=True,
        variable_value_labels=values,
        missing_ranges={
            name: [float(value) for value in one.missing]
            for name, one in by_name.items()
            if one.missing
        },
        variable_measure={name: one.measure for name, one in by_name.items()},
        variable_display_width={name: DISPLAY.get(one.type, 8) for name, one in by_name.items()},
    )


def longest_name(ending: str, columns: int) -> int:
    """How many letters the name of a column may have in a file with so many columns."""
    # pyreadstat calls the words for the values of a column by its name and its place.
    return LONGEST_NAMES[ending] - (len(str(columns)) if ending == "dta" else 0)


def value_labels(variable: Variable) -> dict[int | float, str]:
    return {
        int(value): short_text(words, LONGEST_VALUE_LABEL)
        for value, words in variable.values.items()
    }


def short_text(text: str, most: int) -> str:
    """A text of at most so many bytes in UTF-8, without half a character at its end."""
    return text.encode()[:most].decode(errors="ignore")
