"""What the working group does with an edition: marks it, and decides on actions."""

import datetime
from typing import Literal, NamedTuple

import msgspec

from survey.problems import Conflict

Kind = Literal["weekly", "monthly"]
Done = Literal["reviewed", "published", "withdrawn"]
ActionStatus = Literal["open", "done", "dropped"]

# What has to be done before: nothing is published that nobody has reviewed.
AFTER: dict[Done, Done | None] = {
    "reviewed": None,
    "published": "reviewed",
    "withdrawn": "published",
}


class Which(NamedTuple):
    """An edition by its kind, the first day of its period and its number."""

    kind: str
    start: datetime.date
    number: int

    def __str__(self) -> str:
        return f"{self.kind} {self.start} {self.number}"


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """Something decided on an edition: what, by whom, by when."""

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


def not_to_be(mark: Done) -> Conflict:
    """Why an edition cannot be marked so."""
    first = AFTER[mark]
    return Conflict(
        f"edition.not_to_be_{mark}",
        f"This edition is {mark} already" + (f", or is not {first} yet." if first else "."),
        "Look at the page of the edition.",
    )
