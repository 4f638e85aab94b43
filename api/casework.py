"""What is done with a case, by its owner or by the working group: one way, whoever acts."""

from typing import Any

import msgspec

from api import clock, working_days
from survey.complaints import (
    Event,
    Happened,
    Move,
    Side,
    Standing,
    assigned_to_another,
    check_move,
    standing,
)
from survey.problems import Invalid, changed_case
from survey.store import case_mails, cases, complaints, erasure
from survey.store.cases import Act
from survey.store.database import Connection


class Deed(Act, frozen=True, kw_only=True):
    """What somebody wants to do, and as whom; `allegations` as they are then, if they change."""

    side: Side
    allegations: tuple[str, ...] | None = None


async def act(connection: Connection, reference: str, deed: Deed) -> int:
    """Do it, or refuse it; the case's version afterwards. In the caller's transaction.

    Whoever acts at the same moment waits, and then reads that the case has changed.
    """
    await complaints.lock(connection, reference)
    case = await complaints.get(connection, reference)
    history = await cases.history(connection, case["id"])
    if case["version"] != deed.expected:
        raise changed_case(reference)
    check_move(reference, stands(case, history), deed.event, deed.side, clock.today())
    if deed.side == "reviewer" and not deed.message:
        await must_explain(connection, case["id"], deed.event.kind)
    history.append(Happened(deed.event, clock.today()))
    allegations = case["allegations"] if deed.allegations is None else deed.allegations
    then = standing(history, allegations, working_days.later)
    version = await cases.append(connection, reference, deed, then)
    if deed.event.kind == "nudged":
        await case_mails.ask_where_nobody_works(connection, reference, version)
    return version


async def must_explain(connection: Connection, complaint: str, kind: Move) -> None:
    """A case is decided, and closed, only with an explanation that the person will read.

    The one given with an outcome holds for closing too, until the person disputes it.
    """
    explained = kind == "closed" and await cases.is_explained(connection, complaint)
    if kind in ("outcome", "closed") and not explained:
        raise Invalid(
            "case.unexplained",
            "A case is decided and closed with an explanation that the person will read.",
            "Write what was found and why, in words that the person understands.",
        )


async def act_as_it_stands(
    connection: Connection, reference: str, event: Event, side: Side, **more: Any
) -> int:
    """For who cannot be asked to read again first: nobody else acts on the case meanwhile."""
    await complaints.lock(connection, reference)
    case = await complaints.get(connection, reference)
    deed = Deed(event=event, side=side, expected=case["version"], **more)
    return await act(connection, reference, deed)


def stands(case: Any, history: list[Happened]) -> Standing:
    """Where a case stands after these events."""
    return standing(history, case["allegations"], working_days.later)


async def stands_now(connection: Connection, case: Any) -> Standing:
    return stands(case, await cases.history(connection, case["id"]))


async def merge(
    connection: Connection, reference: str, into: str, deed: Deed, *, same_person: bool
) -> None:
    """Both numbers stay alive for their owners; the case counts once."""
    await complaints.lock(connection, reference, into)
    told = msgspec.structs.replace(
        deed.event, kind="merged", case=into, same_person=same_person, note=deed.event.note
    )
    await act(connection, reference, msgspec.structs.replace(deed, event=told))
    main = await complaints.get(connection, into)
    joined = Event(kind="joined", case=reference, same_person=same_person, note=deed.event.note)
    there = msgspec.structs.replace(deed, event=joined, expected=main["version"])
    await act(connection, into, there)


async def part(connection: Connection, reference: str, deed: Deed) -> None:
    """Undo a merge: the complaint is a case of its own again."""
    into = (await complaints.get(connection, reference))["merged_into"]
    await complaints.lock(connection, reference, *([into] if into else []))
    await act(connection, reference, deed)
    if into is not None:
        main = await complaints.get(connection, into)
        left = Event(kind="parted", case=reference, note=deed.event.note)
        there = msgspec.structs.replace(deed, event=left, expected=main["version"])
        await act(connection, into, there)


async def erase(connection: Connection, reference: str) -> str | None:
    """Erase what a reference stands for, and say which it was, in the caller's transaction.

    Complaints that were merged with it go on without it.
    """
    if await complaints.exists(connection, reference):
        case = await complaints.get(connection, reference)
        left = Event(kind="parted", note="The other complaint was erased by its owner.")
        for other in await cases.merged(connection, case["id"]):
            await act_as_it_stands(connection, other, left, "calendar")
        if case["merged_into"] is not None:
            await act_as_it_stands(connection, case["merged_into"], left, "calendar")
    return await erasure.erase(connection, reference)


def must_handle(case: Any, account: str) -> None:
    """What only the person sees who works on the case."""
    if case["handler"] != account:
        raise assigned_to_another(case["reference"])
