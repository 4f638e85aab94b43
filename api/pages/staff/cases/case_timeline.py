"""The timeline of a case: its events, its messages, and the records before corrections."""

import msgspec

from api import formatting
from api.pages.work import format_day, format_moment
from survey.cases.complaints import CaseEvent
from survey.deployments.counts import DeploymentCount
from survey.store.cases import events
from survey.store.database import Connection
from survey.surveys.item_types.answers import Answers

STAFF_MESSAGES = ("asked", "told", "outcome", "closed")


class CaseTimelineEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a case's history; `to` is the name of the person it was assigned to."""

    version: int
    event: CaseEvent
    at: str
    day: str
    name: str | None
    to: str = ""
    record: str = ""


class CaseMessage(msgspec.Struct, frozen=True):
    """What one side wrote to the other; `words` are None for people who may not read them."""

    at: str
    ours: bool
    name: str | None
    words: str | None
    language: str | None


class EarlierCaseRecord(msgspec.Struct, frozen=True):
    """The record before a correction; its free text is shown only with the original texts."""

    at: str
    borough: str
    allegations: list[str]
    answers: Answers
    texts: dict[str, str]


async def load_timeline(
    connection: Connection, complaint: str, names: dict[str, str], *, mine: bool
) -> tuple[list[CaseTimelineEntry], list[CaseMessage]]:
    """Every event, and the messages, which are readable only if the case is `mine`."""
    happened, messages = [], []
    for row in await events.load_timeline(connection, complaint):
        event = row.event
        happened.append(
            CaseTimelineEntry(
                version=row.version,
                event=event,
                at=format_moment(row.at),
                day=format_day(row.at),
                name=row.name,
                to=names.get(event.to or "", "nobody"),
                record=linked_record_text(event),
            )
        )
        if row.body is not None:
            ours, words = event.kind in STAFF_MESSAGES, row.body if mine else None
            messages.append(CaseMessage(format_moment(row.at), ours, row.name, words, row.language))
    return happened, messages


def linked_record_text(event: CaseEvent) -> str:
    """The published count that a case was linked to, in words."""
    count = event.deployment
    return "" if count is None else deployment_count_text(count, event.source)


def deployment_count_text(count: DeploymentCount, source: str) -> str:
    when, what = (
        formatting.format_dates(count.start, count.end),
        formatting.tactic_name(count.tactic),
    )
    measure = count.measure.replace("_", " ")
    if count.count == 1:
        measure = {"searches": "search"}.get(measure, measure.removesuffix("s"))
    return (
        f"{what}: {formatting.format_whole(count.count)} {measure}, {when} "
        f"({source.replace('_', ' ')})"
    )


async def load_earlier_records(
    connection: Connection, complaint: str, boroughs: dict[str, str], names: dict[str, str]
) -> list[EarlierCaseRecord]:
    return [
        EarlierCaseRecord(
            at=format_day(row.at),
            borough=boroughs.get(row.area, row.area),
            allegations=[names.get(one, one) for one in row.allegations],
            answers=row.answers,
            texts=row.texts,
        )
        for row in await events.load_earlier_records(connection, complaint)
    ]
