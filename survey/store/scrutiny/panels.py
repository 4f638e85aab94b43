"""SQL for scrutiny panels, their members, what these say of themselves, and who takes part in a
meeting; and for community triggers, what sets them off, and what the force answers.
"""

import datetime
from collections.abc import Sequence

import msgspec

from survey.scrutiny import CommunityTrigger, PanelMember, ScrutinyPanel, TriggerEvent
from survey.scrutiny.refusals import existing_panel, unknown_panel
from survey.scrutiny.rules import DrawRule
from survey.scrutiny.schemes import COLOURS_AND_REASONS, MarkScheme
from survey.store import statements as sql
from survey.store.accounts.people import Person
from survey.store.database import Connection

PANEL_SQL = "SELECT p.id::text, p.name, p.about, p.areas, p.rule, p.reasons, p.scheme, p.closed"


@sql.many(ScrutinyPanel)
def load_panels() -> sql.SQL:
    return f"{PANEL_SQL} FROM scrutiny_panels p ORDER BY p.closed, p.name"


@sql.many(ScrutinyPanel)
def load_panels_of(account: str) -> sql.SQL:
    """The panels that a person is or was a member of."""
    return f"""
        {PANEL_SQL} FROM scrutiny_panels p JOIN scrutiny_members m ON m.panel = p.id
         WHERE m.account = $1::uuid ORDER BY p.closed, p.name
        """


@sql.only(ScrutinyPanel, unknown_panel)
def get_panel(panel: str) -> sql.SQL:
    return f"{PANEL_SQL} FROM scrutiny_panels p WHERE p.id = $1::uuid"


@sql.unique(existing_panel)
@sql.value(str)
def insert_panel(
    name: str,
    about: str,
    areas: Sequence[str],
    rule: DrawRule,
    reasons: Sequence[str],
    *,
    scheme: MarkScheme = COLOURS_AND_REASONS,
) -> sql.SQL:
    return """
        INSERT INTO scrutiny_panels (name, about, areas, rule, reasons, scheme)
        VALUES ($1, $2, $3, $4, $5, $6) RETURNING id::text
        """


@sql.unique(existing_panel)
@sql.execute
def save_panel(
    panel: str,
    name: str,
    about: str,
    areas: Sequence[str],
    reasons: Sequence[str],
    *,
    scheme: MarkScheme,
) -> sql.SQL:
    """Save what a panel is called, where it is, and how its members mark."""
    return """
        UPDATE scrutiny_panels SET name = $2, about = $3, areas = $4, reasons = $5, scheme = $6
         WHERE id = $1::uuid
        """


async def lock_rule(connection: Connection, panel: str) -> DrawRule:
    """The rule of a panel, which nobody else changes until the transaction ends."""
    await connection.execute("SELECT FROM scrutiny_panels WHERE id = $1::uuid FOR UPDATE", panel)
    return (await get_panel(connection, panel)).rule


@sql.execute
def save_rule(panel: str, rule: DrawRule) -> sql.SQL:
    """Save the rule by which the next seed will draw; meetings with a seed keep their own rule."""
    return "UPDATE scrutiny_panels SET rule = $2 WHERE id = $1::uuid"


MEMBER_SQL = """
    SELECT m.account::text, a.name, a.email, m.chairs, m.term_from, m.term_to, m.trained_on,
           m.vetted_on
      FROM scrutiny_members m JOIN accounts a ON a.id = m.account
     WHERE m.panel = $1::uuid
"""


@sql.many(PanelMember)
def load_members(panel: str) -> sql.SQL:
    """The members of a panel, the chair first."""
    return f"{MEMBER_SQL} ORDER BY NOT m.chairs, a.name, a.email"


@sql.first(PanelMember)
def find_member(panel: str, account: str) -> sql.SQL:
    return f"{MEMBER_SQL} AND m.account = $2::uuid"


@sql.many(Person)
def load_accounts_to_add(panel: str) -> sql.SQL:
    """The open accounts of scrutineers and reviewers who are not members yet."""
    return """
        SELECT id::text, email, name, role FROM accounts a
         WHERE active AND role IN ('scrutineer', 'reviewer', 'administrator')
           AND NOT EXISTS (SELECT FROM scrutiny_members m
                            WHERE m.panel = $1::uuid AND m.account = a.id)
         ORDER BY name, email
        """


@sql.execute
def save_member(panel: str, member: PanelMember) -> sql.SQL:
    """Add a member, or change a member's role as chair, term, and days of training and vetting."""
    return """
        INSERT INTO scrutiny_members
               (panel, account, chairs, term_from, term_to, trained_on, vetted_on)
        VALUES ($panel::uuid, $member.account::uuid, $member.chairs, $member.term_from,
                $member.term_to, $member.trained_on, $member.vetted_on)
            ON CONFLICT (panel, account) DO UPDATE
           SET chairs = $member.chairs, term_from = $member.term_from, term_to = $member.term_to,
               trained_on = $member.trained_on, vetted_on = $member.vetted_on
        """


@sql.execute
def insert_attendance(meeting: str, accounts: Sequence[str]) -> sql.SQL:
    """Save who takes part in a meeting, each with a seat in the order given."""
    return """
        INSERT INTO scrutiny_attendance (meeting, account, seat)
        SELECT $1::uuid, account, seat
          FROM unnest($2::uuid[]) WITH ORDINALITY AS given (account, seat)
        """


@sql.boolean
def is_present(meeting: str, account: str) -> sql.SQL:
    """Whether a person takes part in a meeting."""
    return """
        SELECT EXISTS (SELECT FROM scrutiny_attendance
                        WHERE meeting = $1::uuid AND account = $2::uuid)
        """


class AttendanceCount(PanelMember, frozen=True, kw_only=True):
    """A member: how many meetings in their term of office got as far as marking, and how many of
    those they took part in.
    """

    held: int
    attended: int


@sql.many(AttendanceCount)
def load_attendance(panel: str) -> sql.SQL:
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


@sql.value(dict[str, str])
def find_description(panel: str, account: str) -> sql.SQL:
    """What a member said of themselves; {} if they said nothing."""
    return """
        SELECT coalesce((SELECT groups FROM scrutiny_descriptions
                          WHERE panel = $1::uuid AND account = $2::uuid), '{}')
        """


@sql.values(list[dict[str, str]])
def load_descriptions(panel: str) -> sql.SQL:
    """What the members of a panel said of themselves, without who said it."""
    return "SELECT groups FROM scrutiny_descriptions WHERE panel = $1::uuid ORDER BY groups::text"


TRIGGER_SQL = """
    SELECT t.id::text, t.panel::text, t.kind, t.allegation, t.least, t.period, t.days, t.since,
           t.ended_on
      FROM scrutiny_triggers t
"""
EVENT_SQL = """
    SELECT e.id::text, e.trigger::text, t.panel::text, e.area, e.happened_on, e.due_on AS due,
           e.raised_on, c.reference,
           a.answered_on, a.words, coalesce(a.version, 0) AS version
      FROM scrutiny_trigger_events e
      JOIN scrutiny_triggers t ON t.id = e.trigger
      LEFT JOIN complaints c ON c.id = e.complaint
      LEFT JOIN LATERAL (SELECT * FROM scrutiny_trigger_answers
                          WHERE event = e.id ORDER BY version DESC LIMIT 1) a ON true
"""
# The complaints that a trigger looks at ($1 is today, which is not over): of its panel's boroughs
# and its kind, since it was set, each case once.
WATCHED_SQL = """
      FROM scrutiny_triggers t
      JOIN scrutiny_panels p ON p.id = t.panel
      JOIN complaints c ON (p.areas = '{}' OR c.area = ANY (p.areas)) AND c.merged_into IS NULL
       AND c.received_at::date >= t.since
       AND c.received_at::date < $1
       AND (t.allegation = '' OR EXISTS (SELECT FROM allegations l
                                          WHERE l.complaint = c.id AND l.kind = t.allegation))
     WHERE t.ended_on IS NULL
"""


@sql.many(CommunityTrigger)
def load_triggers(panel: str) -> sql.SQL:
    """The triggers of a panel: those still in force, then those that ended."""
    return f"""
        {TRIGGER_SQL} WHERE t.panel = $1::uuid
         ORDER BY t.ended_on DESC NULLS FIRST, t.since, t.id
        """


@sql.value(str)
def insert_trigger(new: CommunityTrigger) -> sql.SQL:
    """Save a trigger of a panel and return its id."""
    return """
        INSERT INTO scrutiny_triggers (panel, kind, allegation, least, period, days, since)
        VALUES ($new.panel::uuid, $new.kind, $new.allegation, $new.least, $new.period, $new.days,
                $new.since)
        RETURNING id::text
        """


@sql.boolean
def end_trigger(panel: str, trigger: str, day: datetime.date) -> sql.SQL:
    """End a trigger; its events stay. False if the panel has no open trigger of this id."""
    return """
        UPDATE scrutiny_triggers SET ended_on = $3
         WHERE panel = $1::uuid AND id::text = $2 AND ended_on IS NULL RETURNING true
        """


@sql.execute
def raise_numbers(today: datetime.date) -> sql.SQL:
    """Add an event for each borough and period in which a trigger's number was reached."""
    return f"""
        WITH reached AS (
            SELECT t.id, t.days, c.area,
                   date_trunc(t.period, c.received_at)::date AS first
            {WATCHED_SQL} AND t.kind = 'number'
             GROUP BY t.id, c.area, first HAVING count(*) >= t.least)
        INSERT INTO scrutiny_trigger_events (trigger, area, happened_on, raised_on, due_on)
        SELECT r.id, r.area, r.first, $1::date, $1::date + r.days FROM reached r
         WHERE NOT EXISTS (SELECT FROM scrutiny_trigger_events e
                            WHERE (e.trigger, e.area, e.happened_on) = (r.id, r.area, r.first))
        """  # noqa: S608 - only our own constant


@sql.execute
def raise_complaints(today: datetime.date) -> sql.SQL:
    """Add an event for each complaint that a trigger asks an answer for."""
    return f"""
        INSERT INTO scrutiny_trigger_events
               (trigger, area, happened_on, raised_on, due_on, complaint)
        SELECT t.id, c.area,
               date_trunc('week', c.received_at)::date,
               $1::date, $1::date + t.days, c.id
        {WATCHED_SQL}
           AND (t.kind = 'each' OR (t.kind = 'child' AND c.answers ->> 'age' = 'under_16'))
            ON CONFLICT DO NOTHING
        """


@sql.execute
def raise_reports(today: datetime.date) -> sql.SQL:
    """Add an event for each use of force on somebody under 18 that staff reported."""
    return """
        INSERT INTO scrutiny_trigger_events (trigger, area, happened_on, raised_on, due_on, report)
        SELECT t.id, r.area, date_trunc('week', r.on_day)::date, $1::date, $1::date + t.days, r.id
          FROM scrutiny_triggers t
          JOIN scrutiny_panels p ON p.id = t.panel
          JOIN raised_alerts r ON r.kind = 'under_18' AND r.on_day >= t.since
           AND (p.areas = '{}' OR r.area = ANY (p.areas))
         WHERE t.kind = 'child' AND t.ended_on IS NULL
           AND NOT EXISTS (SELECT FROM raised_alerts_taken_back b WHERE b.alert = r.id)
            ON CONFLICT DO NOTHING
        """


@sql.many(TriggerEvent)
def load_events(panel: str) -> sql.SQL:
    """What a panel's triggers asked the force to answer: unanswered ones by day, then the rest."""
    return f"""
        {EVENT_SQL} WHERE t.panel = $1::uuid
         ORDER BY a.version IS NOT NULL, e.due_on, e.id
        """


@sql.boolean
def append_answer(event: str, version: int, words: str, day: datetime.date, *, by: str) -> sql.SQL:
    """Save the next version of the answer to an event; False if somebody else saved it first."""
    return """
        INSERT INTO scrutiny_trigger_answers (event, version, words, answered_on, by)
        VALUES ($1::uuid, $2, $3, $4, $5::uuid) ON CONFLICT DO NOTHING RETURNING true
        """


class PastCounts(msgspec.Struct, frozen=True, kw_only=True):
    """The complaints of a borough in the past year that a trigger would have looked at."""

    trigger: str
    area: str
    complaints: int


@sql.many(PastCounts)
def load_past_counts(
    panel: str,
    days: tuple[datetime.date, datetime.date],
    areas: Sequence[str],
) -> sql.SQL:
    """How many past complaints each open trigger of a panel would look at, in each area of the
    panel: from the first of `days` to before the second. `areas` are those of the city.
    """
    return """
        SELECT t.id::text AS trigger, b.code AS area, count(c.id) AS complaints
          FROM scrutiny_triggers t
          JOIN scrutiny_panels p ON p.id = t.panel
          JOIN unnest($4::text[]) b (code) ON p.areas = '{}' OR b.code = ANY (p.areas)
          LEFT JOIN complaints c ON c.area = b.code AND c.merged_into IS NULL
           AND c.received_at::date >= $2
           AND c.received_at::date < $3
           AND (t.kind <> 'child' OR c.answers ->> 'age' = 'under_16')
           AND (t.allegation = '' OR EXISTS (SELECT FROM allegations l
                                              WHERE l.complaint = c.id AND l.kind = t.allegation))
         WHERE t.panel = $1::uuid AND t.ended_on IS NULL
         GROUP BY t.id, b.code
        """
