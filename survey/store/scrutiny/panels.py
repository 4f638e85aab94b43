"""SQL for scrutiny panels."""

from collections.abc import Sequence

import asyncpg

from survey.scrutiny.panels import ScrutinyPanel
from survey.scrutiny.refusals import existing_panel, unknown_panel
from survey.scrutiny.rules import DrawRule
from survey.store.database import Connection
from survey.store.statements import SQL, execute, many, only

PANEL_SQL = "SELECT p.id::text, p.name, p.about, p.areas, p.rule, p.reasons, p.closed"


@many(ScrutinyPanel)
def load_panels() -> SQL:
    return f"{PANEL_SQL} FROM scrutiny_panels p ORDER BY p.closed, p.name"


@many(ScrutinyPanel)
def load_panels_of(account: str) -> SQL:
    """The panels that a person is or was a member of."""
    return f"""
        {PANEL_SQL} FROM scrutiny_panels p JOIN scrutiny_members m ON m.panel = p.id
         WHERE m.account = $1::uuid ORDER BY p.closed, p.name
        """


@only(ScrutinyPanel, unknown_panel)
def get_panel(panel: str) -> SQL:
    return f"{PANEL_SQL} FROM scrutiny_panels p WHERE p.id = $1::uuid"


async def insert_panel(
    connection: Connection,
    name: str,
    about: str,
    areas: Sequence[str],
    rule: DrawRule,
    reasons: Sequence[str],
) -> str:
    """Save a new panel and return its id."""
    try:
        ident: str = await connection.fetchval(
            """
            INSERT INTO scrutiny_panels (name, about, areas, rule, reasons)
            VALUES ($1, $2, $3, $4, $5) RETURNING id::text
            """,
            name,
            about,
            list(areas),
            rule,
            list(reasons),
        )
    except asyncpg.UniqueViolationError:
        raise existing_panel(name) from None
    return ident


async def save_panel(
    connection: Connection,
    panel: str,
    name: str,
    about: str,
    areas: Sequence[str],
    reasons: Sequence[str],
) -> None:
    """Save what a panel is called, where it is, and the reasons that its members may give."""
    try:
        await connection.execute(
            """
            UPDATE scrutiny_panels SET name = $2, about = $3, areas = $4, reasons = $5
             WHERE id = $1::uuid
            """,
            panel,
            name,
            about,
            list(areas),
            list(reasons),
        )
    except asyncpg.UniqueViolationError:
        raise existing_panel(name) from None


async def lock_rule(connection: Connection, panel: str) -> DrawRule:
    """The rule of a panel, which nobody else changes until the transaction ends."""
    await connection.execute("SELECT FROM scrutiny_panels WHERE id = $1::uuid FOR UPDATE", panel)
    return (await get_panel(connection, panel)).rule


@execute
def save_rule(panel: str, rule: DrawRule) -> SQL:
    """Save the rule by which the next seed will draw; meetings with a seed keep theirs."""
    return "UPDATE scrutiny_panels SET rule = $2 WHERE id = $1::uuid"
