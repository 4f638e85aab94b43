"""SQL for who handles which open cases."""

from survey.cases.complaints import ACTIVE_STATUSES
from survey.store.database import Connection


async def load_open_cases(connection: Connection, account: str) -> list[str]:
    """The numbers of the open cases that an account handles."""
    rows = await connection.fetch(
        """
        SELECT reference FROM complaints
         WHERE handler = $1::uuid AND status = ANY($2) ORDER BY reference
        """,
        account,
        list(ACTIVE_STATUSES),
    )
    return [row["reference"] for row in rows]
