"""SQL for the members of scrutiny panels, and for who takes part in a meeting."""

from collections.abc import Sequence

from survey.scrutiny.panels import PanelMember
from survey.store.accounts.people import Person
from survey.store.database import Connection
from survey.store.rows import find_struct, load_structs

MEMBER_SQL = """
    SELECT m.account::text, a.name, a.email, m.chairs, m.term_from, m.term_to, m.trained_on,
           m.vetted_on
      FROM scrutiny_members m JOIN accounts a ON a.id = m.account
     WHERE m.panel = $1::uuid
"""


async def load_members(connection: Connection, panel: str) -> list[PanelMember]:
    """The members of a panel, the chair first."""
    return await load_structs(
        connection, PanelMember, f"{MEMBER_SQL} ORDER BY NOT m.chairs, a.name, a.email", panel
    )


async def find_member(connection: Connection, panel: str, account: str) -> PanelMember | None:
    return await find_struct(
        connection, PanelMember, f"{MEMBER_SQL} AND m.account = $2::uuid", panel, account
    )


async def load_accounts_to_add(connection: Connection, panel: str) -> list[Person]:
    """The open accounts of scrutineers and reviewers who are not members yet."""
    return await load_structs(
        connection,
        Person,
        """
        SELECT id::text, email, name, role FROM accounts a
         WHERE active AND role IN ('scrutineer', 'reviewer', 'administrator')
           AND NOT EXISTS (SELECT FROM scrutiny_members m
                            WHERE m.panel = $1::uuid AND m.account = a.id)
         ORDER BY name, email
        """,
        panel,
    )


async def save_member(connection: Connection, panel: str, member: PanelMember) -> None:
    """Add a member, or change the term and the days of one."""
    await connection.execute(
        """
        INSERT INTO scrutiny_members
               (panel, account, chairs, term_from, term_to, trained_on, vetted_on)
        VALUES ($1::uuid, $2::uuid, $3, $4, $5, $6, $7)
            ON CONFLICT (panel, account) DO UPDATE
           SET chairs = $3, term_from = $4, term_to = $5, trained_on = $6, vetted_on = $7
        """,
        panel,
        member.account,
        member.chairs,
        member.term_from,
        member.term_to,
        member.trained_on,
        member.vetted_on,
    )


async def insert_attendance(connection: Connection, meeting: str, accounts: Sequence[str]) -> None:
    """Save who takes part in a meeting, each with a seat in the order given."""
    await connection.execute(
        """
        INSERT INTO scrutiny_attendance (meeting, account, seat)
        SELECT $1::uuid, account, seat
          FROM unnest($2::uuid[]) WITH ORDINALITY AS given (account, seat)
        """,
        meeting,
        list(accounts),
    )


async def is_present(connection: Connection, meeting: str, account: str) -> bool:
    """Whether a person takes part in a meeting."""
    found: bool = await connection.fetchval(
        """
        SELECT EXISTS (SELECT FROM scrutiny_attendance
                        WHERE meeting = $1::uuid AND account = $2::uuid)
        """,
        meeting,
        account,
    )
    return found


class AttendanceCount(PanelMember, frozen=True, kw_only=True):
    """A member with the meetings in their term of office that began to mark, and those they
    took part in.
    """

    held: int
    attended: int


async def load_attendance(connection: Connection, panel: str) -> list[AttendanceCount]:
    return await load_structs(
        connection,
        AttendanceCount,
        """
        SELECT m.account::text, a.name, a.email, m.chairs, m.term_from, m.term_to, m.trained_on,
               m.vetted_on, count(g.id) AS held, count(t.account) AS attended
          FROM scrutiny_members m
          JOIN accounts a ON a.id = m.account
          LEFT JOIN scrutiny_meetings g ON g.panel = m.panel AND g.marking_at IS NOT NULL
               AND g.held_on BETWEEN m.term_from AND m.term_to
          LEFT JOIN scrutiny_attendance t ON t.meeting = g.id AND t.account = m.account
         WHERE m.panel = $1::uuid
         GROUP BY m.panel, m.account, a.id
         ORDER BY NOT m.chairs, a.name, a.email
        """,
        panel,
    )
