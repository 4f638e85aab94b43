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
