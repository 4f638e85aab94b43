"""Hands over the open cases of somebody who leaves: none is left with nobody unsaid."""

from api.operations import case_commands
from api.operations.case_commands import CommandDetails
from survey.cases.complaints import CaseEvent
from survey.store.accounts.people import cases_to_hand_over
from survey.store.cases import handlers
from survey.store.database import Connection

NOBODY = "nobody"  # said by whoever closes an account: the cases go back to the inbox


async def hand_over_cases(
    connection: Connection, account: str, to: str | None, *, by: str | None
) -> int:
    """Assign every open case of an account to another one, or to nobody; returns how many."""
    cases = await handlers.load_open_cases(connection, account)
    for reference in cases:
        event = CaseEvent(kind="assigned", to=to)
        given: CommandDetails = {"by": by} if by else {}
        await case_commands.apply_to_latest(connection, reference, event, "reviewer", **given)
    return len(cases)


async def require_no_open_cases(connection: Connection, account: str, name: str) -> None:
    """Raise if an account that is about to leave still handles open cases."""
    if cases := await handlers.load_open_cases(connection, account):
        raise cases_to_hand_over(name, len(cases))
