"""Adds the rows of a mapped table up, and checks them against totals.

Totals of a file with groups are its own rows or the sums of others, never a part of these.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from survey.deployments import SHOTS, USES, DeploymentCount, count_dimension
from survey.problems import Invalid
from survey.sources.mappings import ColumnMapping

TOTAL = "all"


class MappedRow(NamedTuple):
    """A row's figure without a group, and what each group column says: '' where it is blank.

    `row` is its number in the file. A row of totals, or of an area that is left out, has no area.
    """

    figure: DeploymentCount
    groups: tuple[str, ...]
    row: int = 0


class LeftWord(NamedTuple):
    """The word for which rows were left out, and the heading of its column."""

    column: str
    word: str


class TableReading(msgspec.Struct, frozen=True, kw_only=True):
    """A table as a mapping reads it: its figures, and those of its rows of totals and of areas that
    are left out, which have no area. `left` has the rows and the uses that each word left out.
    """

    counts: tuple[DeploymentCount, ...]
    totals: tuple[DeploymentCount, ...]
    left_counts: tuple[DeploymentCount, ...]
    left: dict[LeftWord, tuple[int, int]]
    first_rows: tuple[MappedRow, ...]
    rows: int
    notes: tuple[str, ...]


def tally_rows(
    name: str, rows: Sequence[MappedRow], *, one_use_a_row: bool
) -> tuple[tuple[DeploymentCount, ...], tuple[str, ...]]:
    """The figures of a file with group columns, and a note if its total is the sum of its rows.

    Where each row is one use, or no row is a total, each row counts in the total and in its groups.
    Otherwise the file has totals of its own, in rows whose group is 'all'.
    """
    if not one_use_a_row:
        check_totals(name, rows)
    summed = one_use_a_row or not any(TOTAL in row.groups for row in rows)
    tally: Counter[DeploymentCount] = Counter()
    for row in rows:
        given = {TOTAL, *row.groups} - {""} if summed else set(row.groups)
        for group in sorted(given):
            tally[replace(row.figure, group=group, count=0)] += row.figure.count
    counts = tuple(replace(cell, count=n) for cell, n in tally.items())
    return counts, (sum_note(rows),) if summed else ()


def sum_note(rows: Sequence[MappedRow]) -> str:
    without = sum(not set(row.groups) - {"", TOTAL} for row in rows)
    return (
        f"Totals are the sums of the file's rows: {len(rows):,}. Rows without a group: {without:,}."
    )


def check_totals(name: str, rows: Sequence[MappedRow]) -> None:
    """Raise if it cannot be told which rows of counts make up the total."""
    if any("" in row.groups for row in rows):
        raise blank_groups(name)
    columns = list(zip(*(row.groups for row in rows), strict=True))
    if any(TOTAL in column for column in columns):
        if len(columns) > 1:
            raise totals_among_combinations(name)
        return
    for column in columns:
        kinds = sorted({group.partition(":")[0] for group in column})
        if len(kinds) > 1:
            raise missing_totals(name, kinds)


blank_groups = Invalid.of(
    "totals.blank",
    "{name}: some rows of counts have no group, and nothing says whether these are totals.",
    'Write in [groups] of the mapping what a blank is: "" = "all" if such a row is a total, '
    '"" = "ethnicity_officer:unknown" if the group was not recorded. Nothing was saved.',
)


def missing_totals(name: str, kinds: list[str]) -> Invalid:
    return Invalid(
        "totals.missing",
        f"{name}: one column has groups of {' and '.join(kinds)}, and no row is the total.",
        "Their sum would count each use more than once. Add rows with the total, whose group is "
        "'all', or import one kind of group at a time. Nothing was saved.",
    )


totals_among_combinations = Invalid.of(
    "totals.combinations",
    "{name}: with several group columns, a total among the rows would count uses twice.",
    'Leave the rows with totals out ("Total" = "" in [groups]), or name one group column. '
    "Nothing was saved.",
)


def tally(
    name: str, rows: Sequence[MappedRow], by: ColumnMapping
) -> tuple[tuple[DeploymentCount, ...], tuple[str, ...]]:
    """The figures that rows add up to, and notes on totals that are sums of them."""
    if not any(row.groups for row in rows):
        return add_up(rows), ()
    if by.is_use_a_row or not by.is_wide:
        return tally_rows(name, rows, one_use_a_row=by.is_use_a_row)
    # Columns of a table may have totals of some of its tactics alone.
    kinds: dict[tuple[str, str], list[MappedRow]] = {}
    for row in rows:
        kinds.setdefault((row.figure.measure, row.figure.tactic), []).append(row)
    done = [tally_rows(name, kind, one_use_a_row=False) for kind in kinds.values()]
    return (
        tuple(count for counts, _ in done for count in counts),
        tuple(dict.fromkeys(note for _, notes in done for note in notes)),
    )


def tally_apart(
    name: str, rows: Sequence[MappedRow], by: ColumnMapping
) -> tuple[DeploymentCount, ...]:
    """The figures of rows that are not imported; none where they cannot be told apart."""
    try:
        return tally(name, rows, by)[0]
    except Invalid:
        return ()


def add_up(rows: Iterable[MappedRow]) -> tuple[DeploymentCount, ...]:
    sums: Counter[DeploymentCount] = Counter()
    for row in rows:
        sums[replace(row.figure, count=0)] += row.figure.count
    return tuple(replace(cell, count=n) for cell, n in sums.items())


def uses_in_row(figures: Sequence[MappedRow]) -> int:
    """The uses in a row: its total where it has one, since its other figures are parts of that."""
    uses = [row for row in figures if row.figure.tactic not in SHOTS]
    whole = [row for row in uses if not set(row.groups) - {"", TOTAL}] or uses
    for tactic in ("force", "ced"):
        if any(row.figure.tactic == tactic for row in whole):
            whole = [row for row in whole if row.figure.tactic == tactic]
    return sum(row.figure.count for row in whole)


Kind = tuple[str, str]  # a measure and a tactic


class Difference(msgspec.Struct, frozen=True):
    """A total that a table or its publisher states, and what was read in place of it."""

    what: str
    stated: int
    read: int


def sums_by_kind(counts: Iterable[DeploymentCount]) -> Counter[Kind]:
    """The uses of each tactic in each measure, over all areas and days."""
    sums: Counter[Kind] = Counter()
    for count in counts:
        if count.group == TOTAL:
            sums[count.measure, count.tactic] += count.count
    return sums


def stated_differences(reading: TableReading, stated: Mapping[Kind, int]) -> list[Difference]:
    """The totals that a person typed and that are not in the table: neither in what is imported,
    nor together with the areas that are left out.
    """
    read, left = sums_by_kind(reading.counts), sums_by_kind(reading.left_counts)
    return [
        Difference(", ".join(reversed(kind)).replace("_", " "), total, read[kind])
        for kind, total in stated.items()
        if total not in (read[kind], read[kind] + left[kind])
    ]


def row_differences(reading: TableReading) -> list[Difference]:
    """The rows of totals that are not the sum of the areas above or below them."""
    read, left = (sums_without_area(counts) for counts in (reading.counts, reading.left_counts))
    return [
        Difference(figure_in_words(total), total.count, read[total_key(total)])
        for total in reading.totals
        if total.count
        not in (read[total_key(total)], read[total_key(total)] + left[total_key(total)])
    ]


def total_key(count: DeploymentCount) -> DeploymentCount:
    return replace(count, area="", count=0)


def sums_without_area(counts: Iterable[DeploymentCount]) -> Counter[DeploymentCount]:
    sums: Counter[DeploymentCount] = Counter()
    for count in counts:
        sums[total_key(count)] += count.count
    return sums


def figure_in_words(count: DeploymentCount) -> str:
    group = "" if count.group == TOTAL else f", {count.group}"
    return f"{count.start} to {count.end}, {count.tactic}{group}"


def part_differences(counts: Sequence[DeploymentCount]) -> Iterator[Difference]:
    """Where the tactics do not add up to any use of a device, or the groups not to their total."""
    sums: Counter[DeploymentCount] = Counter({replace(c, count=0): c.count for c in counts})
    parts: dict[tuple[DeploymentCount, str], int] = {}
    for count in counts:
        # A total that is one of its own parts would be compared with itself.
        if count.group != TOTAL:
            whole = replace(count, group=TOTAL, count=0)
            parts[whole, count_dimension(count)] = (
                parts.get((whole, count_dimension(count)), 0) + count.count
            )
        elif count.tactic in USES:
            whole = replace(count, tactic="ced", count=0)
            parts[whole, "tactic"] = parts.get((whole, "tactic"), 0) + count.count
    wrong: dict[str, list[tuple[int, int]]] = {}
    for (whole, part), read in parts.items():
        if whole in sums and sums[whole] != read:
            wrong.setdefault(f"{whole.tactic} by {part}", []).append((sums[whole], read))
    for what, pairs in wrong.items():
        stated, read = (sum(numbers) for numbers in zip(*pairs, strict=True))
        yield Difference(f"{what}, {len(pairs):,} times", stated, read)
