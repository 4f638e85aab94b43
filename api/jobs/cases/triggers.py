"""Sets off the community triggers of scrutiny panels."""

from api import clock
from survey.store.database import Connection
from survey.store.scrutiny import triggers


async def raise_triggers(connection: Connection, _: str) -> None:
    """Add what the force has to answer by the triggers that hold, up to yesterday's complaints."""
    today = clock.today()
    await triggers.raise_numbers(connection, today)
    await triggers.raise_complaints(connection, today)
    await triggers.raise_reports(connection, today)
