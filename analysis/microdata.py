"""A file of microdata as arrays: each column is read as what it is asked to be, or refused."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.statistics.variance import Flags, Floats, Labels
from survey.problems import Fault, Invalid

MOST_FAULTS = 20
UNKNOWN = frozenset({"", "NA"})
NOT_KNOWN = ""
REMEDY = (
    "Correct the cells, or name with --missing what stands for no answer. No estimate was made."
)


@dataclass(frozen=True, eq=False, kw_only=True)
class Microdata:
    """One row a respondent: text by column, and the line of the file in which each row stands.

    Columns are found by their names in lower case; `unknown` are the texts of a cell that stand
    for no answer.
    """

    name: str
    columns: Mapping[str, Sequence[str]]
    lines: Sequence[int]
    unknown: frozenset[str] = UNKNOWN

    def __len__(self) -> int:
        return len(self.lines)

    def __contains__(self, column: str) -> bool:
        return heading(column) in self.columns

    def texts(self, column: str) -> Sequence[str]:
        """The cells of a column. Errors: Problem `microdata.column`."""
        if column not in self:
            seen = listed([name for name in self.columns if name])
            raise Invalid(
                "microdata.column",
                f"{self.name} has no column {column!r}.",
                f"Its columns are {seen}. No estimate was made.",
            )
        return self.columns[heading(column)]


def heading(column: str) -> str:
    return " ".join(column.casefold().split())


def numbers(file: Microdata, column: str) -> Floats:
    """A column of numbers, NaN where nothing is known. Errors: Problem `microdata.cells`."""
    return parsed(file, column, number)


def binary(file: Microdata, column: str) -> Floats:
    """A column of 0 and 1, NaN where nothing is known. Errors: Problem `microdata.cells`."""
    return parsed(file, column, zero_or_one)


def positive(file: Microdata, column: str) -> Floats:
    """A column of numbers above 0 in every row. Errors: Problem `microdata.cells`."""
    return parsed(file, column, above_zero, every=True)


def labels(file: Microdata, column: str, *, every: bool = False) -> Labels:
    """A column of texts, empty where nothing is known.

    Errors: Problem `microdata.cells` where `every` row needs one and some have none.
    """
    texts = [NOT_KNOWN if text in file.unknown else text for text in file.texts(column)]
    if every and NOT_KNOWN in texts:
        empty = [i for i, text in enumerate(texts) if text == NOT_KNOWN]
        raise bad_cells(file, [fault(file, i, column, "is empty") for i in empty])
    return np.array(texts, dtype=np.str_)


def holding(file: Microdata, column: str, value: str) -> tuple[Flags, Flags]:
    """Who has this value, and of whom it is known. Errors: Problem `microdata.value`."""
    found = labels(file, column)
    if not (found == value).any():
        seen = listed(ordered(found))
        raise Invalid(
            "microdata.value",
            f"Nobody in {file.name} has {value!r} in the column {column!r}.",
            f"Values that occur: {seen}. No estimate was made.",
        )
    return found == value, found != NOT_KNOWN


def listed(names: Sequence[str], most: int = MOST_FAULTS) -> str:
    """The first of many names, and how many more there are."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"


def ordered(found: Labels) -> list[str]:
    """The values that occur, whole numbers by size and before words."""
    values = {str(one) for one in found if one != NOT_KNOWN}
    return sorted(values, key=lambda one: (not one.isdecimal(), len(one) * one.isdecimal(), one))


def parsed(
    file: Microdata, column: str, parse: Callable[[str], float], *, every: bool = False
) -> Floats:
    """A column through `parse`; the faults of all rows are told together."""
    values, faults = np.full(len(file), np.nan), []
    for i, text in enumerate(file.texts(column)):
        try:
            if text not in file.unknown:
                values[i] = parse(text)
            elif every:
                faults.append(fault(file, i, column, "is empty"))
        except ValueError as wrong:
            faults.append(fault(file, i, column, str(wrong)))
    if faults:
        raise bad_cells(file, faults)
    return values


def number(text: str) -> float:
    try:
        value = float("" if "_" in text else text)
    except ValueError:
        value = np.nan
    if not np.isfinite(value):
        raise ValueError(f"{text!r} is not a number such as 12.5")
    return value


def above_zero(text: str) -> float:
    value = number(text)
    if value <= 0:
        raise ValueError(f"{text} is not above 0")
    return value


def zero_or_one(text: str) -> float:
    value = number(text)
    if value not in (0.0, 1.0):
        raise ValueError(f"{text} is neither 0 nor 1; ask for the share of a value as COLUMN=VALUE")
    return value


def fault(file: Microdata, row: int, column: str, sentence: str) -> Fault:
    return Fault(f"row {file.lines[row]}, column {column!r}", sentence)


def bad_cells(file: Microdata, faults: list[Fault], remedy: str = REMEDY) -> Invalid:
    more = f" and {len(faults) - 1:,} more" if len(faults) > 1 else ""
    return Invalid(
        "microdata.cells",
        f"{file.name}: {faults[0].where}: {faults[0].sentence}{more}.",
        remedy,
        tuple(faults[:MOST_FAULTS]),
    )
