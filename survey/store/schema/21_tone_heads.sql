-- What the machine learned about tone from texts that two people coded, how well it reads those that
-- it did not learn from, and how that grows with the number of labels. A later head is a further row.
CREATE TABLE tone_heads (
    number integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    definition jsonb NOT NULL,
    checked jsonb NOT NULL,
    curves jsonb NOT NULL,
    fitted_at timestamptz NOT NULL DEFAULT now()
);
CREATE TRIGGER tone_heads_stay BEFORE UPDATE OR DELETE ON tone_heads
    FOR EACH ROW EXECUTE FUNCTION never_again();
-- How tone is read since a person decided so: by a head, or without one as the machine comes. The
-- newest row is in force, and the version of a coder ends with its number. It replaces the
-- recalibrations, which stay for the audit and are not applied any more.
CREATE TABLE tone_readings (
    version integer PRIMARY KEY CHECK (version > 0),
    head integer REFERENCES tone_heads,
    decided_by uuid REFERENCES accounts,
    decided_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX tone_readings_head ON tone_readings (head);
CREATE INDEX tone_readings_decided_by ON tone_readings (decided_by);
CREATE TRIGGER tone_readings_stay BEFORE UPDATE OR DELETE ON tone_readings
    FOR EACH ROW EXECUTE FUNCTION never_again();
