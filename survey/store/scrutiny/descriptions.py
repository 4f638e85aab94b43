"""SQL for what members of a scrutiny panel say of themselves, if they want to."""

from survey.store.database import Connection
from survey.store.statements import SQL, values


async def save_description(
    connection: Connection, panel: str, account: str, groups: dict[str, str]
) -> None:
    """Save what a member says of themselves, in place of what they said before; {} deletes it."""
    if not groups:
        await connection.execute(
            "DELETE FROM scrutiny_descriptions WHERE panel = $1::uuid AND account = $2::uuid",
            panel,
            account,
        )
        return
    await connection.execute(
        """
        INSERT INTO scrutiny_descriptions (panel, account, groups) VALUES ($1::uuid, $2::uuid, $3)
            ON CONFLICT (panel, account) DO UPDATE SET groups = $3
        """,
        panel,
        account,
        groups,
    )


async def find_description(connection: Connection, panel: str, account: str) -> dict[str, str]:
    """What a member said of themselves; {} if they said nothing."""
    found: dict[str, str] | None = await connection.fetchval(
        """
        SELECT groups FROM scrutiny_descriptions
         WHERE panel = $1::uuid AND account = $2::uuid
        """,
        panel,
        account,
    )
    return found or {}


@values(list[dict[str, str]])
def load_descriptions(panel: str) -> SQL:
    """What the members of a panel said of themselves, without who said it."""
    return "SELECT groups FROM scrutiny_descriptions WHERE panel = $1::uuid ORDER BY groups::text"
