"""What happened to a case as its page tells it: history, messages, records before corrections."""

from typing import Any

import msgspec

from api import figures
from api.pages.work import day, moment
from survey.complaints import Event
from survey.store import cases
from survey.store.database import Connection

OURS = ("asked", "told", "outcome", "closed")


class Happened(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a case's history; `to` is the name of whom it was given to."""

    version: int
    event: Event
    at: str
    day: str
    name: str | None
    to: str = ""
    record: str = ""
    has_message: bool = False


class Message(msgspec.Struct, frozen=True):
    """What one side wrote to the other; `words` are None for whoever may not read them."""

    at: str
    ours: bool
    name: str | None
    words: str | None
    language: str


class Earlier(msgspec.Struct, frozen=True):
    """The record before a correction; the words of it are shown with the words as written."""

    at: str
    borough: str
    allegations: list[str]
    answers: dict[str, Any]
    texts: dict[str, str]


async def history(
    connection: Connection, complaint: str, names: dict[str, str], *, mine: bool
) -> tuple[list[Happened], list[Message]]:
    """Every event with what belongs to it, and the messages, readable where the case is `mine`."""
    happened, messages = [], []
    for row in await cases.told(connection, complaint):
        event = msgspec.convert(row["event"], Event)
        happened.append(
            Happened(
                version=row["version"],
                event=event,
                at=moment(row["at"]),
                day=day(row["at"]),
                name=row["name"],
                to=names.get(event.to or "", "nobody"),
                record=record(event),
                has_message=row["body"] is not None,
            )
        )
        if row["body"] is not None:
            ours, words = event.kind in OURS, row["body"] if mine else None
            messages.append(Message(moment(row["at"]), ours, row["name"], words, row["language"]))
    return happened, messages


def record(event: Event) -> str:
    """The published count that a case was linked to, in words."""
    count = event.deployment
    return "" if count is None else in_words(count, event.source)


def in_words(count: Any, source: str) -> str:
    when, what = figures.dates(count.start, count.end), figures.tactic_name(count.tactic)
    measure = count.measure.replace("_", " ")
    if count.count == 1:
        measure = {"searches": "search"}.get(measure, measure.removesuffix("s"))
    return f"{what}: {figures.whole(count.count)} {measure}, {when} ({source.replace('_', ' ')})"


async def earlier(
    connection: Connection, complaint: str, boroughs: dict[str, str], names: dict[str, str]
) -> list[Earlier]:
    return [
        Earlier(
            at=day(row["at"]),
            borough=boroughs.get(row["area"], row["area"]),
            allegations=[names.get(one, one) for one in row["allegations"]],
            answers=row["answers"],
            texts=row["texts"],
        )
        for row in await cases.earlier(connection, complaint)
    ]
