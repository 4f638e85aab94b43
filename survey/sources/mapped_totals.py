"""Totals of a mapped file with groups: its own, or the sums of its rows; never a part of these."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from survey.deployments.counts import DeploymentCount
from survey.problems import Invalid

TOTAL = "all"


class MappedRow(NamedTuple):
    """A row's figure without a group, and what each group column says: '' where it is blank."""

    figure: DeploymentCount
    groups: tuple[str, ...]


def tally_rows(
    name: str, rows: Sequence[MappedRow], *, one_use_a_row: bool
) -> tuple[tuple[DeploymentCount, ...], tuple[str, ...]]:
    """The figures of a file with group columns, and a note where its total is the sum of its rows.

    Where each row is one use, or no row is a total, each counts in the total and in its groups.
    Otherwise the file has totals of its own, in rows whose group is 'all'.
    """
    if not one_use_a_row:
        check_totals(name, rows)
    summed = one_use_a_row or not any(TOTAL in row.groups for row in rows)
    tally: Counter[DeploymentCount] = Counter()
    for row in rows:
        given = {TOTAL, *row.groups} - {""} if summed else set(row.groups)
        for group in sorted(given):
            tally[msgspec.structs.replace(row.figure, group=group, count=0)] += row.figure.count
    counts = tuple(msgspec.structs.replace(cell, count=n) for cell, n in tally.items())
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
