"""What the working group does with an edition: marks its progress and agrees on actions."""

import datetime
from typing import Literal, NamedTuple

import msgspec

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
