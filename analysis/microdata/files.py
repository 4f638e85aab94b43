"""A microdata file as arrays. A column that cannot be read as the type asked for is refused."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.statistics.sampling.variance import Flags, Floats, Labels
from survey.problems import Fault, Invalid

MOST_FAULTS = 20
UNKNOWN = frozenset({"", "NA"})  # NA is what R writes
NOT_KNOWN = ""
REMEDY = (
    "Correct the cells, or name with --missing what stands for no answer. No estimate was made."
)


@dataclass(frozen=True, eq=False, kw_only=True)
class Microdata:
    """One row a respondent: text by column, and the line number of each row in the file.

    Columns are found by their names in lower case; `unknown` are the cell texts that mean no
    answer.
    """

    name: str
    columns: Mapping[str, Sequence[str]]
    lines: Sequence[int]
    unknown: frozenset[str] = UNKNOWN

    def __len__(self) -> int:
        return len(self.lines)

    def __contains__(self, column: str) -> bool:
        return normalised_heading(column) in self.columns

    def texts(self, column: str) -> Sequence[str]:
        """The cells of a column. Errors: Problem `microdata.column`."""
        if column not in self:
            seen = shortened_list([name for name in self.columns if name])
            raise unknown_column(self.name, column, seen)
        return self.columns[normalised_heading(column)]


unknown_column = Invalid.of(
    "microdata.column",
    "{file} has no column {column!r}.",
    "Its columns are {seen}. No estimate was made.",
)


def normalised_heading(column: str) -> str:
    return " ".join(column.casefold().split())


def number_column(file: Microdata, column: str) -> Floats:
    """A column of numbers, NaN where nothing is known. Errors: Problem `microdata.cells`."""
    return parsed_column(file, column, parse_number)


def binary_column(file: Microdata, column: str) -> Floats:
    """A column of 0 and 1, NaN where nothing is known. Errors: Problem `microdata.cells`."""
    return parsed_column(file, column, parse_binary)


def positive_column(file: Microdata, column: str) -> Floats:
    """A column of numbers above 0 in every row. Errors: Problem `microdata.cells`."""
    return parsed_column(file, column, parse_positive, every=True)


def label_column(file: Microdata, column: str, *, every: bool = False) -> Labels:
    """A column of texts, empty where nothing is known.

    Errors: Problem `microdata.cells` where `every` row needs one and some have none.
    """
    texts = [NOT_KNOWN if text in file.unknown else text for text in file.texts(column)]
    if every and NOT_KNOWN in texts:
        empty = [i for i, text in enumerate(texts) if text == NOT_KNOWN]
        raise bad_microdata_cells(file, [cell_fault(file, i, column, "is empty") for i in empty])
    return np.array(texts, dtype=np.str_)


def rows_with_value(file: Microdata, column: str, value: str) -> tuple[Flags, Flags]:
    """Which rows have this value, and which have any value. Errors: Problem `microdata.value`."""
    labels = label_column(file, column)
    if not (labels == value).any():
        seen = shortened_list(sorted_values(labels))
        raise unknown_value(file=file.name, column=column, value=value, seen=seen)
    return labels == value, labels != NOT_KNOWN


unknown_value = Invalid.of(
    "microdata.value",
    "Nobody in {file} has {value!r} in the column {column!r}.",
    "Values that occur: {seen}. No estimate was made.",
)


def shortened_list(names: Sequence[str], most: int = MOST_FAULTS) -> str:
    """The first of many names, and how many more there are."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"


def sorted_values(labels: Labels) -> list[str]:
    """The values that occur: whole numbers by size, then words."""
    values = {str(label) for label in labels if label != NOT_KNOWN}
    # Shorter numbers are smaller, so that 9 comes before 10.
    return sorted(
        values, key=lambda value: (not value.isdecimal(), len(value) * value.isdecimal(), value)
    )


def parsed_column(
    file: Microdata, column: str, parse: Callable[[str], float], *, every: bool = False
) -> Floats:
    """A column parsed by `parse`; the faults of all rows are reported together."""
    values, faults = np.full(len(file), np.nan), []
    for i, text in enumerate(file.texts(column)):
        try:
            if text not in file.unknown:
                values[i] = parse(text)
            elif every:
                faults.append(cell_fault(file, i, column, "is empty"))
        except ValueError as wrong:
            faults.append(cell_fault(file, i, column, str(wrong)))
    if faults:
        raise bad_microdata_cells(file, faults)
    return values


def parse_number(text: str) -> float:
    try:
        # Python reads 1_000 as a number; in a file of data it is a slip.
        value = float("" if "_" in text else text)
    except ValueError:
        value = np.nan
    # `float` also reads 'nan' and 'inf', which would spoil every sum without a word.
    if not np.isfinite(value):
        raise ValueError(f"{text!r} is not a number such as 12.5")
    return value


def parse_positive(text: str) -> float:
    value = parse_number(text)
    if value <= 0:
        raise ValueError(f"{text} is not above 0")
    return value


def parse_binary(text: str) -> float:
    value = parse_number(text)
    if value not in (0.0, 1.0):
        raise ValueError(f"{text} is neither 0 nor 1; ask for the share of a value as COLUMN=VALUE")
    return value


def cell_fault(file: Microdata, row: int, column: str, sentence: str) -> Fault:
    return Fault(f"row {file.lines[row]}, column {column!r}", sentence)


def bad_microdata_cells(file: Microdata, faults: list[Fault], remedy: str = REMEDY) -> Invalid:
    more = f" and {len(faults) - 1:,} more" if len(faults) > 1 else ""
    return Invalid(
        "microdata.cells",
        f"{file.name}: {faults[0].where}: {faults[0].sentence}{more}.",
        remedy,
        tuple(faults[:MOST_FAULTS]),
    )
