"""What may lie beside a case: complaints about the same, and published counts of deployments."""

import datetime
from collections.abc import Sequence
from typing import Any

import anyio.to_thread
import msgspec

from api import clock, paging
from api.loading import loading
from api.pages.reviewer.case_told import Happened, in_words
from api.pages.work import day
from survey.complaints import LIVE, Status
from survey.deployments import COUNTED, USES, Count, SourceCount
from survey.store import complaints, duplicates, links
from survey.store.database import Connection

LEAST_ALIKE = 0.5
MOST_SHOWN = 10
FEW_EVENTS = 3  # a published count of more says nothing about one case
NEAR = datetime.timedelta(days=7)
DEVICE, FORCE, STOPS = ["ced", *USES], ["force"], ["stop_search"]
TACTICS = {
    "use_of_force_taser": DEVICE,
    "use_of_force_other": FORCE,
    "arrest": FORCE,
    "custody": FORCE,
    "stop_and_search": STOPS,
}


class Candidate(msgspec.Struct, frozen=True):
    """A case that may be the same, and why it is looked at."""

    reference: str
    borough: str
    received: str
    status: Status
    why: list[str]

    @property
    def can_take(self) -> bool:
        return self.status in LIVE


class Record(msgspec.Struct, frozen=True):
    """A published count, what a form calls it, and how far it is from the day of the event."""

    key: str
    words: str
    count: Count
    source: str


class Link(msgspec.Struct, frozen=True):
    """A count that a case is linked to, who said so and why."""

    key: str
    words: str
    happened: Happened


async def candidates(
    connection: Connection, case: Any, boroughs: dict[str, str]
) -> list[Candidate]:
    likeness = await alike(connection, case)
    rows = await duplicates.candidates(connection, case["id"], [*likeness], MOST_SHOWN)
    return [
        Candidate(
            reference=row["reference"],
            borough=boroughs.get(row["area"], row["area"]),
            received=day(row["received_at"]),
            status=row["status"],
            why=reasons(row, likeness.get(row["id"], 0.0)),
        )
        for row in rows
    ]


def reasons(row: Any, likeness: float) -> list[str]:
    why = []
    if row["alike"]:
        why.append(f"its words are {100 * likeness:.0f}% alike")
    if row["campaign"]:
        why.append("its words are of the same campaign")
    if row["event"]:
        why.append("same borough, within three days, and an allegation of the same kind")
    return why


async def alike(connection: Connection, case: Any) -> dict[str, float]:
    """How alike the words of cases nearby are, of those that are alike enough to be looked at."""
    with loading("analysis.text.likeness"):
        from analysis.text.likeness import alike as compared  # slow to load

    shown = await complaints.redacted(connection, case["id"])
    mine = " ".join(words for words in shown.values() if words)
    others = await duplicates.nearby(connection, case["id"])
    found = await anyio.to_thread.run_sync(compared, mine, [row["words"] for row in others])
    told = zip((row["id"] for row in others), found, strict=True)
    return {ident: likeness for ident, likeness in told if likeness >= LEAST_ALIKE}


async def records(connection: Connection, case: Any) -> list[Record]:
    """Counts that cover the day of the event, else those within a week of it."""
    event_day = case["happened_on"] or case["received_at"].astimezone(clock.LONDON).date()
    for days in ((event_day, event_day), (event_day - NEAR, event_day + NEAR)):
        rows = await links.candidates(
            connection,
            case["area"],
            days,
            meant(case["allegations"]),
            as_of=clock.today(),
            most=FEW_EVENTS,
            limit=MOST_SHOWN,
        )
        if rows:
            return [record_of(row) for row in rows]
    return []


def meant(allegations: Sequence[str]) -> tuple[list[str], list[str]]:
    """Measures and tactics that tell of what is alleged; all of them where nothing of it tells."""
    tactics = [tactic for one in allegations for tactic in TACTICS.get(one, [])]
    tactics = tactics or [*DEVICE, *FORCE, *STOPS]
    measures: list[str] = [*COUNTED] if {*tactics} - {*STOPS} else []
    return [*measures, *(["searches"] if {*STOPS} & {*tactics} else [])], tactics


def record_of(found: SourceCount) -> Record:
    count, source = found.count, found.source
    return Record(key_of(count, source), in_words(count, source), count, source)


def key_of(count: Count, source: str) -> str:
    """What a form calls a count, as it stood when the page was made."""
    return paging.encode([source, msgspec.to_builtins(count)])


def linked(happened: Sequence[Happened]) -> list[Link]:
    """The counts that a case is linked to now."""
    found: dict[str, Link] = {}
    for one in happened:
        if one.event.deployment is None:
            continue
        key = key_of(one.event.deployment, one.event.source)
        if one.event.kind == "linked":
            found[key] = Link(key, one.record, one)
        else:
            found.pop(key, None)
    return [*found.values()]
