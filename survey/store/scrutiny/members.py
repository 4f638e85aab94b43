"""SQL for the members of scrutiny panels, and for who takes part in a meeting."""

from collections.abc import Sequence

from survey.scrutiny.panels import PanelMember
from survey.store.accounts.people import Person
from survey.store.statements import SQL, boolean, execute, first, many

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
