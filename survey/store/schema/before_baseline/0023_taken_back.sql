-- What was reported by mistake: the report stays, with who took it back and why.
CREATE TABLE raised_alerts_taken_back (
    alert uuid PRIMARY KEY REFERENCES raised_alerts,
    why text NOT NULL CHECK (why <> ''),
    by uuid NOT NULL REFERENCES accounts,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX raised_alerts_taken_back_by ON raised_alerts_taken_back (by);
CREATE TRIGGER raised_alerts_taken_back_stay BEFORE UPDATE OR DELETE ON raised_alerts_taken_back
    FOR EACH ROW EXECUTE FUNCTION never_again();
