-- Editions, what the working group does with them, and who is told by email.

-- The body is stored as the bytes that were hashed.
CREATE TABLE editions (
    kind text NOT NULL CHECK (kind IN ('weekly', 'monthly')),
    start_on date NOT NULL,
    number integer NOT NULL CHECK (number > 0),
    end_on date NOT NULL CHECK (end_on >= start_on),
    body bytea NOT NULL,
    sha256 text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (kind, start_on, number)
);
CREATE TRIGGER editions_stay BEFORE UPDATE OR DELETE ON editions
    FOR EACH ROW EXECUTE FUNCTION never_again();

-- What an edition was made from, so that it can be made again anywhere. Answers that are erased
-- take the inputs that hold them along: the edition stays, and can no longer be made again.
CREATE TABLE edition_inputs (
    kind text NOT NULL,
    start_on date NOT NULL,
    number integer NOT NULL,
    first_on date NOT NULL,
    end_on date NOT NULL CHECK (end_on >= first_on),
    sha256 text NOT NULL,
    body bytea,
    destroyed_on date,
    -- The newest import when the edition was made: a file that came later on the same day revises
    -- what the edition said, and is no new data.
    last_import bigint,
    PRIMARY KEY (kind, start_on, number),
    FOREIGN KEY (kind, start_on, number) REFERENCES editions,
    CHECK ((body IS NULL) = (destroyed_on IS NOT NULL))
);

-- The page of a published edition as anybody reads it, compressed: rendered once a language, and
-- once for the address with a number and the one without. The tag is the digest of all that it
-- shows: a page of another tag is never served, so what is stored here cannot be out of date.
CREATE TABLE edition_pages (
    kind text NOT NULL,
    start_on date NOT NULL,
    number integer NOT NULL,
    language text NOT NULL,
    by_number boolean NOT NULL,
    tag text NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (kind, start_on, number, language, by_number),
    FOREIGN KEY (kind, start_on, number) REFERENCES editions
);
-- Compressed already: PostgreSQL need not try again.
ALTER TABLE edition_pages ALTER COLUMN body SET STORAGE EXTERNAL;

-- What the working group did with an edition: each mark once and for good; `by` is empty where a
-- command did it. Only a published edition is public; a withdrawn one stays so, with its reason.
CREATE TABLE edition_marks (
    kind text NOT NULL,
    start_on date NOT NULL,
    number integer NOT NULL,
    mark text NOT NULL CHECK (mark IN ('reviewed', 'published', 'withdrawn')),
    reason text NOT NULL DEFAULT '',
    by uuid REFERENCES accounts,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (kind, start_on, number, mark),
    FOREIGN KEY (kind, start_on, number) REFERENCES editions,
    CHECK ((mark = 'withdrawn') = (reason <> ''))
);
CREATE INDEX edition_marks_by ON edition_marks (by);
CREATE TRIGGER edition_marks_stay BEFORE UPDATE OR DELETE ON edition_marks
    FOR EACH ROW EXECUTE FUNCTION never_again();

-- Each edition with its marks: who reviewed and published it, and why it was withdrawn.
CREATE VIEW editions_today AS
SELECT e.*, r.at AS reviewed_at, ra.name AS reviewed_by, p.at AS published_at,
       pa.name AS published_by, w.at AS withdrawn_at, coalesce(w.reason, '') AS withdrawn
  FROM editions e
  LEFT JOIN edition_marks r ON (r.kind, r.start_on, r.number, r.mark)
                             = (e.kind, e.start_on, e.number, 'reviewed')
  LEFT JOIN edition_marks p ON (p.kind, p.start_on, p.number, p.mark)
                             = (e.kind, e.start_on, e.number, 'published')
  LEFT JOIN edition_marks w ON (w.kind, w.start_on, w.number, w.mark)
                             = (e.kind, e.start_on, e.number, 'withdrawn')
  LEFT JOIN accounts ra ON ra.id = r.by
  LEFT JOIN accounts pa ON pa.id = p.by;

-- A comment is never edited; it can be struck out, and stays readable as such. Comments are
-- answered, and resolved once nothing is left to do about them.
CREATE TABLE edition_comments (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    start_on date NOT NULL,
    number integer NOT NULL,
    part text NOT NULL DEFAULT '',
    words text NOT NULL CHECK (words <> ''),
    by uuid NOT NULL REFERENCES accounts,
    at timestamptz NOT NULL DEFAULT now(),
    struck_by uuid REFERENCES accounts,
    struck_at timestamptz,
    answers integer REFERENCES edition_comments,
    resolved_by uuid REFERENCES accounts,
    resolved_at timestamptz,
    FOREIGN KEY (kind, start_on, number) REFERENCES editions,
    CHECK ((struck_by IS NULL) = (struck_at IS NULL)),
    CHECK ((resolved_by IS NULL) = (resolved_at IS NULL)),
    CHECK (answers IS NULL OR resolved_at IS NULL)
);
CREATE INDEX edition_comments_edition ON edition_comments (kind, start_on, number);
CREATE INDEX edition_comments_by ON edition_comments (by);
CREATE INDEX edition_comments_struck_by ON edition_comments (struck_by);
CREATE INDEX edition_comments_answers ON edition_comments (answers);
CREATE INDEX edition_comments_resolved_by ON edition_comments (resolved_by);
CREATE TRIGGER edition_comments_stay BEFORE DELETE OR UPDATE OF kind, start_on, number, part, words,
    by, at ON edition_comments FOR EACH ROW EXECUTE FUNCTION never_again();
CREATE TRIGGER edition_comments_answer_stays BEFORE UPDATE OF answers ON edition_comments
    FOR EACH ROW EXECUTE FUNCTION never_again();

-- The quotes that an edition prints.
CREATE TABLE quote_uses (
    quote integer NOT NULL REFERENCES quotes,
    kind text NOT NULL,
    start_on date NOT NULL,
    number integer NOT NULL,
    PRIMARY KEY (quote, kind, start_on, number),
    FOREIGN KEY (kind, start_on, number) REFERENCES editions
);
CREATE INDEX quote_uses_edition ON quote_uses (kind, start_on, number);

-- A quote, who decided on it, where it was printed, and its text as it is now.
CREATE VIEW quotes_today AS
SELECT q.id, q.theme, q.received_on, q.start_at, q.end_at, q.sha256, q.redaction,
       p.name AS proposed_by, a.name AS approved_by, q.approved_at, w.name AS withdrawn_by,
       q.withdrawn_at, s.body, s.redacted, s.redaction AS redacted_by, s.consent, s.stream, s.area,
       ARRAY(SELECT u.kind || ' ' || u.start_on || ' ' || u.number FROM quote_uses u
              WHERE u.quote = q.id ORDER BY u.start_on, u.kind, u.number) AS uses
  FROM quotes q
  JOIN accounts p ON p.id = q.proposed_by
  LEFT JOIN accounts a ON a.id = q.approved_by
  LEFT JOIN accounts w ON w.id = q.withdrawn_by
  LEFT JOIN last_codings s ON s.id = q.text;

-- Days that the working group marks on the series of editions, such as a change of policy.
CREATE TABLE marked_events (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    day date NOT NULL,
    label text NOT NULL CHECK (label <> ''),
    note text NOT NULL DEFAULT '',
    UNIQUE (day, label)
);

-- An action is agreed on an edition, or at the meeting of a panel.
CREATE TABLE actions (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text,
    start_on date,
    number integer,
    what text NOT NULL CHECK (what <> ''),
    agreed_at timestamptz NOT NULL DEFAULT now(),
    meeting uuid REFERENCES scrutiny_meetings,
    FOREIGN KEY (kind, start_on, number) REFERENCES editions,
    CHECK (num_nulls(kind, start_on, number) IN (0, 3)),
    CHECK ((kind IS NULL) <> (meeting IS NULL))
);
CREATE INDEX actions_edition ON actions (kind, start_on, number);
CREATE INDEX actions_meeting ON actions (meeting);
CREATE TRIGGER actions_stay BEFORE UPDATE OR DELETE ON actions
    FOR EACH ROW EXECUTE FUNCTION never_again();

-- An action is what its last change says; each change is appended.
CREATE TABLE action_changes (
    action integer NOT NULL REFERENCES actions,
    version integer NOT NULL CHECK (version > 0),
    owner text NOT NULL CHECK (owner <> ''),
    due_on date NOT NULL,
    status text NOT NULL CHECK (status IN ('open', 'done', 'dropped')),
    outcome text NOT NULL DEFAULT '',
    by uuid NOT NULL REFERENCES accounts,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (action, version),
    CHECK (status = 'open' OR outcome <> '')
);
CREATE INDEX action_changes_by ON action_changes (by);
CREATE TRIGGER action_changes_stay BEFORE UPDATE OR DELETE ON action_changes
    FOR EACH ROW EXECUTE FUNCTION never_again();

-- Each action as it was at a moment.
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

-- An address that gets an email when an edition is published: `kinds` once its owner has confirmed,
-- until then `asked`. Nothing else is known of them, and the row is deleted when they leave.
CREATE TABLE subscribers (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL UNIQUE,
    email text NOT NULL CHECK (email = lower(email)) UNIQUE,
    kinds text[] NOT NULL DEFAULT '{}' CHECK (kinds <@ ARRAY['weekly', 'monthly']),
    asked text[] NOT NULL CHECK (asked <@ ARRAY['weekly', 'monthly'] AND asked <> '{}'),
    asked_at timestamptz NOT NULL DEFAULT now()
);

-- An email to one of them: about an edition, or to confirm where it names none. Once `handed_at` is
-- set it is not sent again, unless the mail server is known not to have taken it.
CREATE TABLE mails (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subscriber integer NOT NULL REFERENCES subscribers ON DELETE CASCADE,
    kind text,
    start_on date,
    number integer,
    asked_at timestamptz NOT NULL DEFAULT now(),
    due_at timestamptz NOT NULL DEFAULT now(),
    tries integer NOT NULL DEFAULT 0,
    handed_at timestamptz,
    outcome text CHECK (outcome IN ('sent', 'refused', 'unknown')),
    UNIQUE (subscriber, kind, start_on, number),
    FOREIGN KEY (kind, start_on, number) REFERENCES editions
);
CREATE INDEX mails_edition ON mails (kind, start_on, number);
CREATE INDEX mails_waiting ON mails (due_at) WHERE handed_at IS NULL;
