"""The part of a sheet about what the working group decided to do, and what became of it."""

from collections.abc import Iterator

from api.figures import short_day
from api.sheet.nouns import Cell, Part, Table
from survey.actions import Action
from survey.editions import Edition


def part(edition: Edition) -> Iterator[Part]:
    if edition.actions:
        last = "Actions from last month" if edition.kind == "monthly" else "Actions agreed before"
        yield Part(
            key="actions",
            heading=last,
            tables=(
                Table(
                    caption="What was agreed, and what became of it",
                    head=("Action", "Owner", "Due", "Standing"),
                    rows=tuple((Cell(one.what), *of_action(one)) for one in edition.actions),
                    wordy=True,
                ),
            ),
        )


def of_action(one: Action) -> tuple[Cell, ...]:
    standing = f"{one.status}: {one.outcome}" if one.outcome else one.status
    return Cell(one.owner), Cell(short_day(one.due)), Cell(standing)
