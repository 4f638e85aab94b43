"""SQL for scrutiny panels, their members, what these say of themselves, and who takes part in a
meeting.
"""

from collections.abc import Sequence

from survey.scrutiny.panels import PanelMember, ScrutinyPanel
from survey.scrutiny.refusals import existing_panel, unknown_panel
from survey.scrutiny.rules import DrawRule
from survey.store.accounts.people import Person
from survey.store.database import Connection
from survey.store.statements import SQL, boolean, execute, first, many, only, unique, value, values

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


@unique(existing_panel)
@value(str)
def insert_panel(
    name: str, about: str, areas: Sequence[str], rule: DrawRule, reasons: Sequence[str]
) -> SQL:
    return """
        INSERT INTO scrutiny_panels (name, about, areas, rule, reasons)
        VALUES ($1, $2, $3, $4, $5) RETURNING id::text
        """


@unique(existing_panel)
@execute
def save_panel(
    panel: str, name: str, about: str, areas: Sequence[str], reasons: Sequence[str]
) -> SQL:
    """Save what a panel is called, where it is, and the reasons that its members may give."""
    return """
        UPDATE scrutiny_panels SET name = $2, about = $3, areas = $4, reasons = $5
         WHERE id = $1::uuid
        """


async def lock_rule(connection: Connection, panel: str) -> DrawRule:
    """The rule of a panel, which nobody else changes until the transaction ends."""
    await connection.execute("SELECT FROM scrutiny_panels WHERE id = $1::uuid FOR UPDATE", panel)
    return (await get_panel(connection, panel)).rule


@execute
def save_rule(panel: str, rule: DrawRule) -> SQL:
    """Save the rule by which the next seed will draw; meetings with a seed keep theirs."""
    return "UPDATE scrutiny_panels SET rule = $2 WHERE id = $1::uuid"


MEMBER_SQL = """
    SELECT m.account::text, a.name, a.email, m.chairs, m.term_from, m.term_to, m.trained_on,
           m.vetted_on
      FROM scrutiny_members m JOIN accounts a ON a.id = m.account
     WHERE m.panel = $1::uuid
"""


@many(PanelMember)
def load_members(panel: str) -> SQL:
    """The members of a panel, the chair first."""
    return f"{MEMBER_SQL} ORDER BY NOT m.chairs, a.name, a.email"


@first(PanelMember)
def find_member(panel: str, account: str) -> SQL:
    return f"{MEMBER_SQL} AND m.account = $2::uuid"


@many(Person)
def load_accounts_to_add(panel: str) -> SQL:
    """The open accounts of scrutineers and reviewers who are not members yet."""
    return """
        SELECT id::text, email, name, role FROM accounts a
         WHERE active AND role IN ('scrutineer', 'reviewer', 'administrator')
           AND NOT EXISTS (SELECT FROM scrutiny_members m
                            WHERE m.panel = $1::uuid AND m.account = a.id)
         ORDER BY name, email
        """


@execute
def save_member(panel: str, member: PanelMember) -> SQL:
    """Add a member, or change the term and the days of one."""
    return """
        INSERT INTO scrutiny_members
               (panel, account, chairs, term_from, term_to, trained_on, vetted_on)
        VALUES ($panel::uuid, $member.account::uuid, $member.chairs, $member.term_from,
                $member.term_to, $member.trained_on, $member.vetted_on)
            ON CONFLICT (panel, account) DO UPDATE
           SET chairs = $member.chairs, term_from = $member.term_from, term_to = $member.term_to,
               trained_on = $member.trained_on, vetted_on = $member.vetted_on
        """


@execute
def insert_attendance(meeting: str, accounts: Sequence[str]) -> SQL:
    """Save who takes part in a meeting, each with a seat in the order given."""
    return """
        INSERT INTO scrutiny_attendance (meeting, account, seat)
        SELECT $1::uuid, account, seat
          FROM unnest($2::uuid[]) WITH ORDINALITY AS given (account, seat)
        """


@boolean
def is_present(meeting: str, account: str) -> SQL:
    """Whether a person takes part in a meeting."""
    return """
        SELECT EXISTS (SELECT FROM scrutiny_attendance
                        WHERE meeting = $1::uuid AND account = $2::uuid)
        """


class AttendanceCount(PanelMember, frozen=True, kw_only=True):
    """A member with the meetings in their term of office that began to mark, and those they
    took part in.
    """

    held: int
    attended: int


@many(AttendanceCount)
def load_attendance(panel: str) -> SQL:
    return """
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
        """


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


@value(dict[str, str])
def find_description(panel: str, account: str) -> SQL:
    """What a member said of themselves; {} if they said nothing."""
    return """
        SELECT coalesce((SELECT groups FROM scrutiny_descriptions
                          WHERE panel = $1::uuid AND account = $2::uuid), '{}')
        """


@values(list[dict[str, str]])
def load_descriptions(panel: str) -> SQL:
    """What the members of a panel said of themselves, without who said it."""
    return "SELECT groups FROM scrutiny_descriptions WHERE panel = $1::uuid ORDER BY groups::text"
