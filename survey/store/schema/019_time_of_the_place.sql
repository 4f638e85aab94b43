-- Days, weeks and months begin by the time of the place. Every connection of the program has this
-- as its TimeZone, so a day is `at::date` and a week `date_trunc('week', at)`.
ALTER TABLE cities ADD COLUMN time_zone text NOT NULL DEFAULT 'Europe/London';

ALTER TABLE member_codes ALTER COLUMN made_on SET DEFAULT current_date;
ALTER TABLE invitations ALTER COLUMN drawn_on SET DEFAULT current_date;
ALTER TABLE encounter_waves ALTER COLUMN made_on SET DEFAULT current_date;
ALTER TABLE paper_batches ALTER COLUMN made_on SET DEFAULT current_date;
ALTER TABLE answer_uploads ALTER COLUMN made_on SET DEFAULT current_date;
ALTER TABLE scrutiny_panels ALTER COLUMN made_on SET DEFAULT current_date;
ALTER TABLE scrutiny_conflicts ALTER COLUMN stepped_on SET DEFAULT current_date;

-- The Monday of the week.
CREATE OR REPLACE FUNCTION week_of(at timestamptz) RETURNS date LANGUAGE sql STABLE PARALLEL SAFE
RETURN date_trunc('week', at)::date;

-- A text with its last codes; the columns are the same for a response and a complaint.
CREATE OR REPLACE VIEW last_codings AS
SELECT t.id, t.body, d.redacted, d.coder_version AS redaction, d.themes,
       coalesce(r.may_quote, c.may_quote) AS consent, coalesce(r.area, c.area) AS area,
       coalesce(r.mode, 'complaints') AS stream,
       coalesce(r.received_at, c.received_at)::date AS received_on
  FROM texts t
  LEFT JOIN responses r ON r.id = t.response
  LEFT JOIN complaints c ON c.id = t.complaint
  JOIN LATERAL (SELECT redacted, coder_version, themes FROM codings WHERE codings.text = t.id
                 ORDER BY codebook DESC, coded_at DESC, coder_version DESC LIMIT 1) d ON true;

-- Each action as it was at a moment.
CREATE OR REPLACE FUNCTION actions_at(moment timestamptz)
RETURNS TABLE (
    id integer, kind text, start_on date, number integer, what text, agreed_on date,
    version integer, owner text, due_on date, status text, outcome text, changed_at timestamptz,
    meeting uuid, panel text, meeting_number integer
) LANGUAGE sql STABLE AS $$
    SELECT DISTINCT ON (a.id) a.id, a.kind, a.start_on, a.number, a.what, a.agreed_at::date,
           c.version, c.owner, c.due_on, c.status, c.outcome, c.at, a.meeting, p.name, m.number
      FROM actions a
      JOIN action_changes c ON c.action = a.id
      LEFT JOIN scrutiny_meetings m ON m.id = a.meeting
      LEFT JOIN scrutiny_panels p ON p.id = m.panel
     WHERE c.at < moment
     ORDER BY a.id, c.version DESC
$$;
