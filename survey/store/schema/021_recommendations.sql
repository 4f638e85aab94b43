-- The ledger of recommendations. A row with a key came with the product, and is added once.
CREATE TABLE recommendations (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text UNIQUE CHECK (key <> ''),
    added_at timestamptz NOT NULL DEFAULT now()
);
CREATE TRIGGER recommendations_stay BEFORE UPDATE OR DELETE ON recommendations
    FOR EACH ROW EXECUTE FUNCTION never_again();

-- A recommendation is what its last change says; each change is appended. It has words only where
-- somebody read them in the source, on a day.
CREATE TABLE recommendation_changes (
    recommendation integer NOT NULL REFERENCES recommendations,
    version integer NOT NULL CHECK (version > 0),
    title text NOT NULL CHECK (title <> ''),
    words text NOT NULL,
    read_on date,
    source text NOT NULL CHECK (source <> ''),
    address text NOT NULL,
    made_on date NOT NULL,
    addressee text NOT NULL CHECK (addressee <> ''),
    due_on date,
    since date NOT NULL,
    measures text[] NOT NULL,
    status text NOT NULL CHECK (
        status IN ('open', 'accepted', 'partly', 'rejected', 'done', 'unseen', 'withdrawn')
    ),
    reason text NOT NULL,
    decided_by text NOT NULL,
    decided_at timestamptz NOT NULL,
    by uuid NOT NULL REFERENCES accounts,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (recommendation, version),
    CHECK ((words = '') = (read_on IS NULL)),
    CHECK (measures <@ ARRAY['index', 'deployments', 'complaints']),
    CHECK (status = 'open' OR (reason <> '' AND decided_by <> ''))
);
CREATE INDEX recommendation_changes_by ON recommendation_changes (by);
CREATE TRIGGER recommendation_changes_stay BEFORE UPDATE OR DELETE ON recommendation_changes
    FOR EACH ROW EXECUTE FUNCTION never_again();

-- What the force, or whom else it was made to, answered on a day: appended, never overwritten.
CREATE TABLE recommendation_answers (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    recommendation integer NOT NULL REFERENCES recommendations,
    said_on date NOT NULL,
    said_by text NOT NULL CHECK (said_by <> ''),
    words text NOT NULL CHECK (words <> ''),
    address text NOT NULL,
    by uuid NOT NULL REFERENCES accounts,
    at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (recommendation, said_on, said_by, words)
);
CREATE INDEX recommendation_answers_by ON recommendation_answers (by);
CREATE TRIGGER recommendation_answers_stay BEFORE UPDATE OR DELETE ON recommendation_answers
    FOR EACH ROW EXECUTE FUNCTION never_again();
