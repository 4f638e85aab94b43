"""Every change to a case, made by its owner or by the working group, goes through here."""

import datetime
from typing import TypedDict, Unpack

import holidays
import msgspec

from api import clock
from survey.cases.complaints import (
    CaseEvent,
    CaseParty,
    CaseState,
    DatedCaseEvent,
    case_state,
    check_transition,
)
from survey.cases.refusals import case_not_yours, changed_case, unexplained_decision
from survey.store.accounts.people import cases_to_hand_over
from survey.store.answers import erasure
from survey.store.cases import case_mails, complaints, events, inbox
from survey.store.cases.complaints import StoredCase
from survey.store.cases.events import NewCaseEvent
from survey.store.database import Connection

NOBODY = "nobody"  # said by whoever closes an account: the cases go back to the inbox
ENGLAND = holidays.country_holidays("GB", subdiv="ENG")


class CaseCommand(NewCaseEvent, frozen=True, kw_only=True):
    """What somebody wants to do to a case, and as whom.

    `allegations` are the case's allegations afterwards, if the command changes them.
    """

    side: CaseParty
    allegations: tuple[str, ...] | None = None


class CommandDetails(TypedDict, total=False):
    """What else a command may have; see `CaseCommand`."""

    by: str
    message: str | None
    language: str
    allegations: tuple[str, ...]


async def apply_command(connection: Connection, reference: str, deed: CaseCommand) -> int:
    """Apply a command to a case or raise why it is not allowed; returns the case's new version.

    Runs in the caller's transaction. Of two people who act at the same moment the second waits,
    and is then told that the case has changed.
    """
    # Locked before it is read, so that the version compared below holds until the commit.
    await complaints.lock(connection, reference)
    case = await complaints.get(connection, reference)
    history = await events.load_history(connection, case.id)
    if case.version != deed.expected:
        raise changed_case(reference)
    check_transition(reference, status_after(case, history), deed.event, deed.side, clock.today())
    if deed.side == "reviewer" and not deed.message:
        explained = deed.event.kind == "closed" and await events.is_explained(connection, case.id)
        if deed.event.kind in ("outcome", "closed") and not explained:
            raise unexplained_decision()
    history.append(DatedCaseEvent(deed.event, clock.today()))
    allegations = case.allegations if deed.allegations is None else deed.allegations
    then = case_state(history, allegations, working_day_after)
    version = await events.append(connection, reference, deed, then)
    # Without a handler, or with one who has left since, the usual email has nobody to go to, and a
    # reminder or a dispute would be lost.
    if deed.event.kind in ("nudged", "appealed"):
        await case_mails.queue_if_unassigned(connection, reference, version)
    return version


async def apply_to_latest(
    connection: Connection,
    reference: str,
    event: CaseEvent,
    side: CaseParty,
    **more: Unpack[CommandDetails],
) -> int:
    """Apply an event to whatever version the case has now, for callers who cannot be asked to
    reload.

    The case is locked first, so nobody else can change it in between.
    """
    await complaints.lock(connection, reference)
    case = await complaints.get(connection, reference)
    deed = CaseCommand(event=event, side=side, expected=case.version, **more)
    return await apply_command(connection, reference, deed)


def status_after(case: StoredCase, history: list[DatedCaseEvent]) -> CaseState:
    """The status of a case after these events."""
    return case_state(history, case.allegations, working_day_after)


async def load_status(connection: Connection, case: StoredCase) -> CaseState:
    return status_after(case, await events.load_history(connection, case.id))


async def merge_cases(
    connection: Connection, reference: str, into: str, deed: CaseCommand, *, same_person: bool
) -> None:
    """Merge one case into another. Both numbers keep working for their owners; they count once."""
    # Both in one statement, which sorts them: two merges in opposite directions cannot deadlock.
    await complaints.lock(connection, reference, into)
    relation = msgspec.structs.replace(
        deed.event, kind="merged", case=into, same_person=same_person, note=deed.event.note
    )
    await apply_command(connection, reference, msgspec.structs.replace(deed, event=relation))
    main = await complaints.get(connection, into)
    joined = CaseEvent(kind="joined", case=reference, same_person=same_person, note=deed.event.note)
    # The version read under the lock: the person saw only the first case on their screen.
    there = msgspec.structs.replace(deed, event=joined, expected=main.version)
    await apply_command(connection, into, there)


async def unmerge_case(connection: Connection, reference: str, deed: CaseCommand) -> None:
    """Undo a merge: the complaint becomes a case of its own again."""
    into = (await complaints.get(connection, reference)).merged_into
    await complaints.lock(connection, reference, *([into] if into else []))
    await apply_command(connection, reference, deed)
    if into is not None:
        main = await complaints.get(connection, into)
        left = CaseEvent(kind="parted", case=reference, note=deed.event.note)
        there = msgspec.structs.replace(deed, event=left, expected=main.version)
        await apply_command(connection, into, there)


async def erase_reference(connection: Connection, reference: str) -> str | None:
    """Erase the response or complaint with this reference; returns which it was, or None.

    Runs in the caller's transaction. Complaints that were merged with it remain as cases.
    """
    if await complaints.exists(connection, reference):
        case = await complaints.get(connection, reference)
        left = CaseEvent(kind="parted", note="The other complaint was erased by its owner.")
        for other in await events.load_merged_references(connection, case.id):
            await apply_to_latest(connection, other, left, "calendar")
        if case.merged_into is not None:
            await apply_to_latest(connection, case.merged_into, left, "calendar")
    return await erasure.erase(connection, reference)


def require_caseworker(case: StoredCase, account: str) -> None:
    """Raise unless this account is the case's handler: nobody else may see these parts."""
    if case.handler != account:
        raise case_not_yours(case.reference)


async def hand_over_cases(
    connection: Connection, account: str, to: str | None, *, by: str | None
) -> int:
    """Assign every open case of an account to another one, or to nobody; returns how many."""
    cases = await inbox.load_open_cases(connection, account)
    for reference in cases:
        event = CaseEvent(kind="assigned", to=to)
        given: CommandDetails = {"by": by} if by else {}
        await apply_to_latest(connection, reference, event, "reviewer", **given)
    return len(cases)


async def require_no_open_cases(connection: Connection, account: str, name: str) -> None:
    """Raise if an account that is about to leave still handles open cases."""
    if cases := await inbox.load_open_cases(connection, account):
        raise cases_to_hand_over(name, len(cases))


def working_day_after(day: datetime.date, working_days: int) -> datetime.date:
    """The day this many working days after another, which itself does not count."""
    after: datetime.date = ENGLAND.get_nth_working_day(day, working_days)
    return after


def last_working_day(day: datetime.date) -> datetime.date:
    """The day itself if it is a working day, else the working day before it."""
    return day if ENGLAND.is_working_day(day) else ENGLAND.get_nth_working_day(day, -1)


def working_days_between(day: datetime.date, other: datetime.date) -> int:
    """How many working days come after `day`, up to and including `other`."""
    days = (day + datetime.timedelta(n) for n in range(1, (other - day).days + 1))
    return sum(ENGLAND.is_working_day(day) for day in days)
