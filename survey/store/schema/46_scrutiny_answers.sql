-- What the force answers to a scrutiny panel: to amber and red marks, and to community triggers;
-- and the reports that a panel published.

-- By when the force answers the marks of a meeting; without a row, by the usual day.
CREATE TABLE scrutiny_due_days (
    meeting uuid PRIMARY KEY REFERENCES scrutiny_meetings,
    due_on date NOT NULL
);

-- An answer is what its last version says. `words` are for the panel, `learning` may be published.
CREATE TABLE scrutiny_answers (
    record uuid NOT NULL REFERENCES scrutiny_records,
    version integer NOT NULL CHECK (version > 0),
    verdict text NOT NULL CHECK (verdict IN ('accepted', 'partly', 'rejected')),
    words text NOT NULL CHECK (words <> ''),
    learning text NOT NULL DEFAULT '',
    answered_on date NOT NULL,
    by uuid NOT NULL REFERENCES accounts,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (record, version)
);
CREATE INDEX scrutiny_answers_by ON scrutiny_answers (by);
CREATE TRIGGER scrutiny_answers_stay BEFORE UPDATE ON scrutiny_answers
    FOR EACH ROW EXECUTE FUNCTION never_again();

-- A rule of a panel: what happens in a borough obliges the force to answer within so many days.
CREATE TABLE scrutiny_triggers (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    panel uuid NOT NULL REFERENCES scrutiny_panels,
    kind text NOT NULL CHECK (kind IN ('number', 'each', 'child')),
    allegation text NOT NULL DEFAULT '', -- of these complaints only
    least integer NOT NULL DEFAULT 1 CHECK (least > 0),
    period text NOT NULL DEFAULT 'month' CHECK (period IN ('week', 'month', 'quarter')),
    days integer NOT NULL CHECK (days BETWEEN 1 AND 180),
    since date NOT NULL, -- nothing that came before is asked about
    ended_on date,
    CHECK ((kind = 'number') = (least > 1))
);
CREATE INDEX scrutiny_triggers_panel ON scrutiny_triggers (panel);
CREATE TABLE scrutiny_trigger_events (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    trigger uuid NOT NULL REFERENCES scrutiny_triggers,
    area text NOT NULL REFERENCES areas,
    happened_on date NOT NULL, -- the first day of the period, or of the week of a single complaint
    raised_on date NOT NULL,
    due_on date NOT NULL CHECK (due_on > raised_on),
    complaint uuid REFERENCES complaints ON DELETE SET NULL, -- of 'each' and 'child'
    report uuid REFERENCES raised_alerts, -- what staff reported at once, of 'child'
    CHECK (num_nonnulls(complaint, report) <= 1)
);
CREATE INDEX scrutiny_trigger_events_trigger ON scrutiny_trigger_events (trigger, due_on);
CREATE INDEX scrutiny_trigger_events_area ON scrutiny_trigger_events (area);
CREATE UNIQUE INDEX scrutiny_trigger_events_complaint
    ON scrutiny_trigger_events (complaint, trigger);
CREATE UNIQUE INDEX scrutiny_trigger_events_report
    ON scrutiny_trigger_events (report, trigger);
CREATE TABLE scrutiny_trigger_answers (
    event uuid NOT NULL REFERENCES scrutiny_trigger_events,
    version integer NOT NULL CHECK (version > 0),
    words text NOT NULL CHECK (words <> ''),
    answered_on date NOT NULL,
    by uuid NOT NULL REFERENCES accounts,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (event, version)
);
CREATE INDEX scrutiny_trigger_answers_by ON scrutiny_trigger_answers (by);
CREATE TRIGGER scrutiny_trigger_answers_stay BEFORE UPDATE ON scrutiny_trigger_answers
    FOR EACH ROW EXECUTE FUNCTION never_again();

-- A report as it passed the gate and was published; a later one of the meeting is another version.
CREATE TABLE scrutiny_reports (
    meeting uuid NOT NULL REFERENCES scrutiny_meetings,
    version integer NOT NULL CHECK (version > 0),
    body bytea NOT NULL, -- the bytes that were hashed
    sha256 text NOT NULL,
    by uuid NOT NULL REFERENCES accounts,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (meeting, version)
);
CREATE INDEX scrutiny_reports_by ON scrutiny_reports (by);
CREATE TRIGGER scrutiny_reports_stay BEFORE UPDATE OR DELETE ON scrutiny_reports
    FOR EACH ROW EXECUTE FUNCTION never_again();

-- An action is agreed on an edition, or at the meeting of a panel.
ALTER TABLE actions
    ALTER COLUMN kind DROP NOT NULL,
    ALTER COLUMN start_on DROP NOT NULL,
    ALTER COLUMN number DROP NOT NULL,
    ADD COLUMN meeting uuid REFERENCES scrutiny_meetings,
    ADD CHECK (num_nulls(kind, start_on, number) IN (0, 3)),
    ADD CHECK ((kind IS NULL) <> (meeting IS NULL));
CREATE INDEX actions_meeting ON actions (meeting);
DROP FUNCTION actions_at(timestamptz);
CREATE FUNCTION actions_at(moment timestamptz)
RETURNS TABLE (
    id integer, kind text, start_on date, number integer, what text, agreed_on date,
    version integer, owner text, due_on date, status text, outcome text, changed_at timestamptz,
    meeting uuid, panel text, meeting_number integer
) LANGUAGE sql STABLE AS $$
    SELECT DISTINCT ON (a.id) a.id, a.kind, a.start_on, a.number, a.what,
           (a.agreed_at AT TIME ZONE 'Europe/London')::date, c.version, c.owner, c.due_on, c.status,
           c.outcome, c.at, a.meeting, p.name, m.number
      FROM actions a
      JOIN action_changes c ON c.action = a.id
      LEFT JOIN scrutiny_meetings m ON m.id = a.meeting
      LEFT JOIN scrutiny_panels p ON p.id = m.panel
     WHERE c.at < moment
     ORDER BY a.id, c.version DESC
$$;
