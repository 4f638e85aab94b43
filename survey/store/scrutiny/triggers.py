"""SQL for community triggers, for what sets them off, and for what the force answers."""

import datetime
from collections.abc import Sequence

import msgspec

from survey.scrutiny.panels import CommunityTrigger, TriggerEvent
from survey.store.statements import SQL, boolean, execute, many, value

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
       AND (c.received_at AT TIME ZONE 'Europe/London')::date >= t.since
       AND (c.received_at AT TIME ZONE 'Europe/London')::date < $1
       AND (t.allegation = '' OR EXISTS (SELECT FROM allegations l
                                          WHERE l.complaint = c.id AND l.kind = t.allegation))
     WHERE t.ended_on IS NULL
"""


@many(CommunityTrigger)
def load_triggers(panel: str) -> SQL:
    """The triggers of a panel: those that hold, then those that ended."""
    return f"""
        {TRIGGER_SQL} WHERE t.panel = $1::uuid
         ORDER BY t.ended_on DESC NULLS FIRST, t.since, t.id
        """


@value(str)
def insert_trigger(new: CommunityTrigger) -> SQL:
    """Save a trigger of a panel and return its id."""
    return """
        INSERT INTO scrutiny_triggers (panel, kind, allegation, least, period, days, since)
        VALUES ($new.panel::uuid, $new.kind, $new.allegation, $new.least, $new.period, $new.days,
                $new.since)
        RETURNING id::text
        """


@boolean
def end_trigger(panel: str, trigger: str, day: datetime.date) -> SQL:
    """End a trigger; what it asked for stays. False if the panel has none of this id to end."""
    return """
        UPDATE scrutiny_triggers SET ended_on = $3
         WHERE panel = $1::uuid AND id::text = $2 AND ended_on IS NULL RETURNING true
        """


@execute
def raise_numbers(today: datetime.date) -> SQL:
    """Add an event for each borough and period in which a trigger's number was reached."""
    return f"""
        WITH reached AS (
            SELECT t.id, t.days, c.area,
                   date_trunc(t.period, c.received_at AT TIME ZONE 'Europe/London')::date AS first
            {WATCHED_SQL} AND t.kind = 'number'
             GROUP BY t.id, c.area, first HAVING count(*) >= t.least)
        INSERT INTO scrutiny_trigger_events (trigger, area, happened_on, raised_on, due_on)
        SELECT r.id, r.area, r.first, $1::date, $1::date + r.days FROM reached r
         WHERE NOT EXISTS (SELECT FROM scrutiny_trigger_events e
                            WHERE (e.trigger, e.area, e.happened_on) = (r.id, r.area, r.first))
        """  # noqa: S608 - only our own constant


@execute
def raise_complaints(today: datetime.date) -> SQL:
    """Add an event for each complaint that a trigger asks an answer for."""
    return f"""
        INSERT INTO scrutiny_trigger_events
               (trigger, area, happened_on, raised_on, due_on, complaint)
        SELECT t.id, c.area,
               date_trunc('week', c.received_at AT TIME ZONE 'Europe/London')::date,
               $1::date, $1::date + t.days, c.id
        {WATCHED_SQL}
           AND (t.kind = 'each' OR (t.kind = 'child' AND c.answers ->> 'age' = 'under_16'))
            ON CONFLICT DO NOTHING
        """


@execute
def raise_reports(today: datetime.date) -> SQL:
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


@many(TriggerEvent)
def load_events(panel: str) -> SQL:
    """What a panel's triggers asked the force to answer: unanswered ones by day, then the rest."""
    return f"""
        {EVENT_SQL} WHERE t.panel = $1::uuid
         ORDER BY a.version IS NOT NULL, e.due_on, e.id
        """


@boolean
def append_answer(event: str, version: int, words: str, day: datetime.date, *, by: str) -> SQL:
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


@many(PastCounts)
def load_past_counts(
    panel: str,
    days: tuple[datetime.date, datetime.date],
    areas: Sequence[str],
) -> SQL:
    """For each trigger that holds and each area of the panel: its complaints from the first of
    the days to before the second. `areas` are those of the city.
    """
    return """
        SELECT t.id::text AS trigger, b.code AS area, count(c.id) AS complaints
          FROM scrutiny_triggers t
          JOIN scrutiny_panels p ON p.id = t.panel
          JOIN unnest($4::text[]) b (code) ON p.areas = '{}' OR b.code = ANY (p.areas)
          LEFT JOIN complaints c ON c.area = b.code AND c.merged_into IS NULL
           AND (c.received_at AT TIME ZONE 'Europe/London')::date >= $2
           AND (c.received_at AT TIME ZONE 'Europe/London')::date < $3
           AND (t.kind <> 'child' OR c.answers ->> 'age' = 'under_16')
           AND (t.allegation = '' OR EXISTS (SELECT FROM allegations l
                                              WHERE l.complaint = c.id AND l.kind = t.allegation))
         WHERE t.panel = $1::uuid AND t.ended_on IS NULL
         GROUP BY t.id, b.code
        """
