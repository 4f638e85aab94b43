"""The part of a sheet about what the working group decided to do, and what became of it."""

from collections.abc import Iterator

from api.figures import day
from api.sheet.nouns import Part
from survey.actions import Action
from survey.editions import Edition


def part(edition: Edition) -> Iterator[Part]:
    if edition.actions:
        yield Part(
            key="actions",
            heading="Actions from last month",
            words=("What the working group agreed to do: what is open, and what was settled.",),
            points=tuple(map(line, edition.actions)),
        )


def line(one: Action) -> str:
    """What, by whom, and by when or with what outcome."""
    standing = {
        "open": f"Open, due {day(one.due)}",
        "done": f"Done: {one.outcome}",
        "dropped": f"Dropped: {one.outcome}",
    }
    return f"{one.what} ({one.owner}). {standing[one.status]}"
