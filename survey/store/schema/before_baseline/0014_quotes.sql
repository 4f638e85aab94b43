-- Whether the words of an answer may be quoted: asked on the form, counted as no until said.
ALTER TABLE responses ADD COLUMN may_quote text NOT NULL DEFAULT 'no'
    CHECK (may_quote IN ('no', 'yes', 'withdrawn'));
ALTER TABLE complaints ADD COLUMN may_quote text NOT NULL DEFAULT 'no'
    CHECK (may_quote IN ('no', 'yes', 'withdrawn'));
-- A place in a redacted text and no words of its own: when the text is erased, nothing of it stays
-- here but the place, so that an edition can name the quote that has lost its source.
CREATE TABLE quotes (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    text uuid REFERENCES texts ON DELETE SET NULL,
    theme text NOT NULL,
    received_on date NOT NULL,
    start_at integer NOT NULL CHECK (start_at >= 0),
    end_at integer NOT NULL CHECK (end_at > start_at),
    sha256 text NOT NULL,
    redaction text NOT NULL,
    proposed_by uuid NOT NULL REFERENCES accounts,
    proposed_at timestamptz NOT NULL DEFAULT now(),
    approved_by uuid REFERENCES accounts,
    approved_at timestamptz,
    withdrawn_by uuid REFERENCES accounts,
    withdrawn_at timestamptz,
    CHECK ((approved_by IS NULL) = (approved_at IS NULL)),
    CHECK ((withdrawn_by IS NULL) = (withdrawn_at IS NULL))
);
CREATE INDEX quotes_text ON quotes (text);
CREATE INDEX quotes_received ON quotes (received_on) WHERE withdrawn_at IS NULL;
CREATE INDEX quotes_proposed_by ON quotes (proposed_by);
CREATE INDEX quotes_approved_by ON quotes (approved_by);
CREATE INDEX quotes_withdrawn_by ON quotes (withdrawn_by);
CREATE TRIGGER quotes_stay BEFORE DELETE OR UPDATE OF theme, received_on, start_at, end_at, sha256,
    redaction, proposed_by ON quotes FOR EACH ROW EXECUTE FUNCTION never_again();
CREATE TABLE quote_uses (
    quote integer NOT NULL REFERENCES quotes,
    kind text NOT NULL,
    start_on date NOT NULL,
    number integer NOT NULL,
    PRIMARY KEY (quote, kind, start_on, number),
    FOREIGN KEY (kind, start_on, number) REFERENCES editions
);
CREATE INDEX quote_uses_edition ON quote_uses (kind, start_on, number);
-- A text with its last codes; what belongs to a response or to a complaint, told alike.
CREATE VIEW last_codings AS
SELECT t.id, t.body, d.redacted, d.coder_version AS redaction, d.themes,
       coalesce(r.may_quote, c.may_quote) AS consent, coalesce(r.area, c.area) AS area,
       coalesce(r.mode, 'complaints') AS stream,
       (coalesce(r.received_at, c.received_at) AT TIME ZONE 'Europe/London')::date AS received_on
  FROM texts t
  LEFT JOIN responses r ON r.id = t.response
  LEFT JOIN complaints c ON c.id = t.complaint
  JOIN LATERAL (SELECT redacted, coder_version, themes FROM codings WHERE codings.text = t.id
                 ORDER BY codebook DESC, coded_at DESC, coder_version DESC LIMIT 1) d ON true;
-- A quote, who decided on it, where it was printed, and its text as it stands.
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
