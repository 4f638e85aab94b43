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
-- What anybody could read so far stays public.
INSERT INTO edition_marks (kind, start_on, number, mark, at)
SELECT kind, start_on, number, mark, made_at
  FROM editions, unnest(ARRAY['reviewed', 'published']) AS mark;
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
-- A comment is never edited; it can be struck out, and stays readable as such.
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
    FOREIGN KEY (kind, start_on, number) REFERENCES editions,
    CHECK ((struck_by IS NULL) = (struck_at IS NULL))
);
CREATE INDEX edition_comments_edition ON edition_comments (kind, start_on, number);
CREATE INDEX edition_comments_by ON edition_comments (by);
CREATE INDEX edition_comments_struck_by ON edition_comments (struck_by);
CREATE TRIGGER edition_comments_stay BEFORE DELETE OR UPDATE OF kind, start_on, number, part, words,
    by, at ON edition_comments FOR EACH ROW EXECUTE FUNCTION never_again();
-- An action is what its last change says; each change is appended.
CREATE TABLE actions (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    start_on date NOT NULL,
    number integer NOT NULL,
    what text NOT NULL CHECK (what <> ''),
    agreed_at timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (kind, start_on, number) REFERENCES editions
);
CREATE INDEX actions_edition ON actions (kind, start_on, number);
CREATE TRIGGER actions_stay BEFORE UPDATE OR DELETE ON actions
    FOR EACH ROW EXECUTE FUNCTION never_again();
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
CREATE FUNCTION actions_at(moment timestamptz)
RETURNS TABLE (
    id integer, kind text, start_on date, number integer, what text, agreed_on date,
    version integer, owner text, due_on date, status text, outcome text, changed_at timestamptz
) LANGUAGE sql STABLE AS $$
    SELECT DISTINCT ON (a.id) a.id, a.kind, a.start_on, a.number, a.what,
           (a.agreed_at AT TIME ZONE 'Europe/London')::date, c.version, c.owner, c.due_on, c.status, c.outcome, c.at
      FROM actions a JOIN action_changes c ON c.action = a.id
     WHERE c.at < moment
     ORDER BY a.id, c.version DESC
$$;
-- An address that gets a mail when an edition is published: `kinds` once its owner has confirmed,
-- until then `asked`. Nothing else is known of them, and the row goes when they leave.
CREATE TABLE subscribers (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL UNIQUE,
    email text NOT NULL CHECK (email = lower(email)) UNIQUE,
    kinds text[] NOT NULL DEFAULT '{}' CHECK (kinds <@ ARRAY['weekly', 'monthly']),
    asked text[] NOT NULL CHECK (asked <@ ARRAY['weekly', 'monthly'] AND asked <> '{}'),
    asked_at timestamptz NOT NULL DEFAULT now()
);
-- A mail to one of them: of an edition, or to confirm where it names none. Once `handed_at` is
-- kept it is not sent again, unless the mail server is known not to have taken it.
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
