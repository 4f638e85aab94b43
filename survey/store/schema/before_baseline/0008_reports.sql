-- The body is kept as the bytes that were hashed.
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
-- What the calendar has asked for, so that it asks once.
CREATE TABLE calendar (
    key text PRIMARY KEY,
    asked_at timestamptz NOT NULL DEFAULT now()
);
