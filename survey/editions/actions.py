"""What the working group does with an edition: marks its progress and agrees on actions."""

import datetime
from typing import Literal, NamedTuple

import msgspec

from survey.problems import Conflict, NotFound

EditionMark = Literal["reviewed", "published", "withdrawn"]
ActionStatus = Literal["open", "done", "dropped"]

# The mark that each mark needs first: nothing is published before somebody has reviewed it.
MARK_BEFORE: dict[EditionMark, EditionMark | None] = {
    "reviewed": None,
    "published": "reviewed",
    "withdrawn": "published",
}


class EditionKey(NamedTuple):
    """The key of an edition: its kind, the first day of its period and its number."""

    kind: str
    start: datetime.date
    number: int

    def __str__(self) -> str:
        return f"{self.kind} {self.start} {self.number}"


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """An action agreed on an edition: what is to be done, by whom and by when."""

    id: str
    what: str
    owner: str
    due: datetime.date
    status: ActionStatus
    agreed_on: datetime.date
    outcome: str = ""


def own_edition() -> Conflict:
    return Conflict(
        "edition.own",
        "You marked this edition as reviewed yourself.",
        "Ask another reviewer or an administrator to publish it.",
    )


def illegal_mark(mark: EditionMark) -> Conflict:
    """The refusal where an edition has this mark already, or lacks the one before it."""
    first = MARK_BEFORE[mark]
    return Conflict(
        f"edition.not_to_be_{mark}",
        f"This edition is {mark} already" + (f", or is not {first} yet." if first else "."),
        "Look at the page of the edition.",
    )


def unknown_edition(what: str) -> NotFound:
    return NotFound(
        "report.unknown",
        f"There is no edition {what}.",
        "Look at the list of editions.",
    )
