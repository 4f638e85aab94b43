CREATE TABLE complaints (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    reference text NOT NULL UNIQUE,
    instrument text NOT NULL,
    version integer NOT NULL,
    area text NOT NULL REFERENCES areas,
    language text NOT NULL,
    happened_on date,
    answers jsonb NOT NULL,
    received_at timestamptz NOT NULL DEFAULT date_trunc('hour', now()),
    request_key bytea UNIQUE,
    request_body bytea,
    FOREIGN KEY (instrument, version) REFERENCES instruments (slug, version),
    CHECK (received_at = date_trunc('hour', received_at))
);
CREATE INDEX complaints_instrument ON complaints (instrument, version);
CREATE INDEX complaints_received ON complaints (received_at, id);
CREATE INDEX complaints_area ON complaints (area);
CREATE TABLE allegations (
    complaint uuid NOT NULL REFERENCES complaints ON DELETE CASCADE,
    kind text NOT NULL,
    PRIMARY KEY (complaint, kind)
);
-- Events are only appended; the primary key is the guard against two people at once.
CREATE TABLE case_events (
    complaint uuid NOT NULL REFERENCES complaints ON DELETE CASCADE,
    version integer NOT NULL CHECK (version > 0),
    event jsonb NOT NULL,
    account uuid REFERENCES accounts,
    at timestamptz NOT NULL DEFAULT date_trunc('hour', now()),
    PRIMARY KEY (complaint, version)
);
CREATE INDEX case_events_account ON case_events (account);
CREATE TRIGGER case_events_stay BEFORE UPDATE ON case_events
    FOR EACH ROW EXECUTE FUNCTION never_again();
