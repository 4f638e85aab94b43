"""What the owner of a case may see of it, and what they add to it."""

import datetime

import msgspec

from api import clock
from api.operations import case_commands
from api.security.keyring import Keyring
from survey.cases.complaints import (
    AllegationOutcome,
    CaseEvent,
    CaseState,
    CaseTransition,
    allegation_outcomes,
    allowed_transitions,
)
from survey.cases.contacts import Contact
from survey.store.cases import case_owners, complaints, events
from survey.store.cases.case_owners import CaseOpening
from survey.store.cases.complaints import StoredCase
from survey.store.cases.events import CaseEventLine
from survey.store.database import Connection, Database
from survey.store.surveys import attachments
from survey.store.surveys.attachments import StoredFile
from survey.surveys.item_types.answers import Answers

MOST_OPENINGS = 60
OWNER_EVENTS = frozenset(
    {
        "received",
        "answered",
        "evidence",
        "file_removed",
        "corrected",
        "withdrawn",
        "appealed",
        "nudged",
    }
)
# Other events are the working group's own, such as its notes.
EVENTS_SHOWN = OWNER_EVENTS | {
    "acknowledged",
    "assigned",
    "asked",
    "told",
    "merged",
    "joined",
    "parted",
    "outcome",
    "closed",
    "reopened",
}


class OwnerTimelineEntry(msgspec.Struct, frozen=True):
    """One entry of the timeline; `ours` if the working group did or wrote it."""

    event: CaseEvent
    day: datetime.date
    ours: bool
    words: str | None
    language: str | None


class OwnerView(msgspec.Struct, frozen=True, kw_only=True):
    """All that the owner of a case may see: never a note, nor which member of staff did what.

    `main` is the state of the case that this one was merged into.
    """

    case: StoredCase
    answers: Answers
    status: CaseState
    main: CaseState | None
    lines: list[OwnerTimelineEntry]
    files: list[StoredFile]
    openings: list[CaseOpening]
    contact: Contact | None

    @property
    def possible(self) -> list[CaseTransition]:
        """What the owner can do today."""
        return allowed_transitions(self.status, "person", clock.today())

    @property
    def outcomes(self) -> dict[str, AllegationOutcome]:
        """The outcome of each allegation that has one."""
        return allegation_outcomes([one.event for one in self.lines], self.case.allegations)


async def load_owner_view(connection: Connection, keyring: Keyring, reference: str) -> OwnerView:
    case = await complaints.get(connection, reference)
    status = await case_commands.load_status(connection, case)
    main = status.merged_into and await complaints.get(connection, status.merged_into)
    sealed = await case_owners.find_contact(connection, case.id)
    return OwnerView(
        case=case,
        answers=case.answers | await complaints.load_written_texts(connection, case.id),
        status=status,
        main=await case_commands.load_status(connection, main) if main else None,
        lines=[timeline_entry(row) for row in await events.load_timeline(connection, case.id)],
        files=await attachments.load_for_case(connection, case.id),
        openings=await case_owners.load_openings(connection, case.id, MOST_OPENINGS),
        contact=keyring.unseal(reference, sealed) if sealed else None,
    )


def timeline_entry(line: CaseEventLine) -> OwnerTimelineEntry:
    day = line.at.astimezone(clock.LONDON).date()
    # Their own moves are listed, so that a new kind of event is never shown as theirs by mistake.
    ours = line.event.kind not in OWNER_EVENTS
    return OwnerTimelineEntry(line.event, day, ours, line.body, line.language)


async def save_owner_move(
    database: Database, reference: str, kind: CaseTransition, words: str, language: str
) -> None:
    """Save a move of the owner, unless it was sent already; raises if it came too late."""
    async with database.connection() as connection, connection.transaction():
        # Locked first, so that the second of two clicks sees the message of the first.
        await complaints.lock(connection, reference)
        case = await complaints.get(connection, reference)
        last = (await events.load_timeline(connection, case.id))[-1]
        # Whether a move without words may come twice is decided by the table of transitions.
        if words and (last.event.kind, last.body) == (kind, words):
            return  # sent twice, by two clicks
        await case_commands.apply_to_latest(
            connection,
            reference,
            CaseEvent(kind=kind),
            "person",
            message=words or None,
            language=language,
        )
