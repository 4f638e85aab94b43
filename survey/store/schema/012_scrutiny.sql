-- Community scrutiny panels: people of a community judge records of the use of force, or of stops
-- and searches, that were drawn by chance. What the force answers, and what panels publish.

-- Of a file only the drawn records are stored.
CREATE TABLE scrutiny_panels (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL UNIQUE,
    about text NOT NULL DEFAULT '',
    areas text[] NOT NULL DEFAULT '{}', -- codes of areas; none means the whole city
    rule jsonb NOT NULL, -- how records are drawn, and what a record may show
    reasons text[] NOT NULL, -- what members may give as the reason of a mark
    made_on date NOT NULL DEFAULT (now() AT TIME ZONE 'Europe/London')::date,
    closed boolean NOT NULL DEFAULT false
);

-- Training and vetting are noted by their days alone.
CREATE TABLE scrutiny_members (
    panel uuid NOT NULL REFERENCES scrutiny_panels,
    account uuid NOT NULL REFERENCES accounts,
    chairs boolean NOT NULL DEFAULT false,
    term_from date NOT NULL,
    term_to date NOT NULL, -- the last day
    trained_on date,
    vetted_on date,
    PRIMARY KEY (panel, account),
    CHECK (term_to >= term_from)
);
CREATE INDEX scrutiny_members_account ON scrutiny_members (account);

-- What a member says of themselves, if they want to, so that the panel can be compared with the
-- census of its area: the category by dimension, such as sex or ethnicity.
CREATE TABLE scrutiny_descriptions (
    panel uuid NOT NULL,
    account uuid NOT NULL,
    groups jsonb NOT NULL,
    PRIMARY KEY (panel, account),
    FOREIGN KEY (panel, account) REFERENCES scrutiny_members
);

-- Area, rule and reasons are copied from the panel when the seed is fixed, and do not change from
-- then on. Each step has its time: none can be taken twice or out of order.
CREATE TABLE scrutiny_meetings (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    panel uuid NOT NULL REFERENCES scrutiny_panels,
    number integer NOT NULL CHECK (number > 0), -- 1, 2, 3 in each panel
    held_on date NOT NULL,
    areas text[],
    rule jsonb,
    reasons text[],
    seed text,
    seeded_at timestamptz,
    sealed_sha256 text, -- of the file, if the force had handed it over before the seed was fixed
    file_name text,
    file_sha256 text,
    drawn_at timestamptz,
    drawn_sha256 text, -- of the references drawn, in order
    draw jsonb, -- the strata with their numbers, and how many records were left out and why
    marking_at timestamptz, -- when members began to mark alone
    alone_closed_at timestamptz, -- when they had all marked, and saw what the others had said
    closed_at timestamptz,
    cancelled_at timestamptz,
    cancelled_because text,
    UNIQUE (panel, number),
    CHECK (num_nulls(areas, rule, reasons, seed, seeded_at) IN (0, 5)),
    CHECK (num_nulls(file_name, file_sha256, drawn_at, drawn_sha256, draw) IN (0, 5)),
    CHECK (num_nulls(cancelled_at, cancelled_because) IN (0, 2)),
    CHECK (drawn_at IS NULL OR seeded_at IS NOT NULL),
    CHECK (marking_at IS NULL OR drawn_at IS NOT NULL),
    CHECK (alone_closed_at IS NULL OR marking_at IS NOT NULL),
    CHECK (closed_at IS NULL OR alone_closed_at IS NOT NULL)
);

-- Who takes part in a meeting. The seat stands for a member wherever marks are counted.
CREATE TABLE scrutiny_attendance (
    meeting uuid NOT NULL REFERENCES scrutiny_meetings,
    account uuid NOT NULL REFERENCES accounts,
    seat integer NOT NULL CHECK (seat > 0),
    PRIMARY KEY (meeting, account),
    UNIQUE (meeting, seat)
);
CREATE INDEX scrutiny_attendance_account ON scrutiny_attendance (account);

-- The records drawn, with the fields that the rule lets them show; texts are masked before they
-- are stored, and the words under a mask are nowhere.
CREATE TABLE scrutiny_records (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    meeting uuid NOT NULL REFERENCES scrutiny_meetings,
    number integer NOT NULL CHECK (number > 0),
    reference text NOT NULL,
    stratum text NOT NULL,
    fields jsonb NOT NULL,
    UNIQUE (meeting, number),
    UNIQUE (meeting, reference)
);

-- What a member says of a record, alone.
CREATE TABLE scrutiny_marks (
    record uuid NOT NULL REFERENCES scrutiny_records,
    account uuid NOT NULL REFERENCES accounts,
    colour text NOT NULL CHECK (colour IN ('green', 'amber', 'red', 'unsure')),
    reasons text[] NOT NULL DEFAULT '{}',
    words text NOT NULL DEFAULT '',
    watched_video boolean NOT NULL DEFAULT false,
    PRIMARY KEY (record, account)
);
CREATE INDEX scrutiny_marks_account ON scrutiny_marks (account);

-- A member who knows somebody in a record steps aside: they neither see nor mark it.
CREATE TABLE scrutiny_conflicts (
    record uuid NOT NULL REFERENCES scrutiny_records,
    account uuid NOT NULL REFERENCES accounts,
    stepped_on date NOT NULL DEFAULT (now() AT TIME ZONE 'Europe/London')::date,
    PRIMARY KEY (record, account)
);
CREATE INDEX scrutiny_conflicts_account ON scrutiny_conflicts (account);

-- What the members who were there agreed on.
CREATE TABLE scrutiny_joint_marks (
    record uuid PRIMARY KEY REFERENCES scrutiny_records,
    colour text NOT NULL CHECK (colour IN ('green', 'amber', 'red', 'unsure')),
    reasons text[] NOT NULL DEFAULT '{}',
    words text NOT NULL DEFAULT '',
    minority jsonb NOT NULL DEFAULT '[]' -- views that differ: colour and words, without a name
);

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

-- A rule of a panel: what happens in an area obliges the force to answer within so many days.
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

-- What happened that obliges the force to answer.
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

-- What the force answers: what the last version says.
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

-- A report as it passed the gate, which somebody has reviewed; a later one of the meeting is
-- another version.
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

-- A report is public once another person than its reviewer publishes it.
CREATE TABLE scrutiny_publications (
    meeting uuid NOT NULL,
    version integer NOT NULL,
    by uuid NOT NULL REFERENCES accounts,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (meeting, version),
    FOREIGN KEY (meeting, version) REFERENCES scrutiny_reports
);
CREATE INDEX scrutiny_publications_by ON scrutiny_publications (by);
CREATE TRIGGER scrutiny_publications_stay BEFORE UPDATE OR DELETE ON scrutiny_publications
    FOR EACH ROW EXECUTE FUNCTION never_again();

-- A report of a scrutiny panel that is wrong. It stays available, with the reason above it.
CREATE TABLE scrutiny_withdrawals (
    meeting uuid NOT NULL,
    version integer NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    by uuid NOT NULL REFERENCES accounts,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (meeting, version),
    FOREIGN KEY (meeting, version) REFERENCES scrutiny_reports
);
CREATE INDEX scrutiny_withdrawals_by ON scrutiny_withdrawals (by);
CREATE TRIGGER scrutiny_withdrawals_stay BEFORE UPDATE OR DELETE ON scrutiny_withdrawals
    FOR EACH ROW EXECUTE FUNCTION never_again();
