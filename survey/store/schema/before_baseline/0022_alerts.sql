-- What a person reported at once: no name, no story. It is kept as it was said.
CREATE TABLE raised_alerts (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    kind text NOT NULL CHECK (kind IN ('under_18', 'death', 'serious_injury')),
    area text NOT NULL REFERENCES areas,
    on_day date NOT NULL,
    by uuid NOT NULL REFERENCES accounts,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX raised_alerts_area ON raised_alerts (area);
CREATE INDEX raised_alerts_by ON raised_alerts (by);
CREATE TRIGGER raised_alerts_stay BEFORE UPDATE OR DELETE ON raised_alerts
    FOR EACH ROW EXECUTE FUNCTION never_again();
-- Who looks after an alert, and what is done about it: the last line of a key counts.
CREATE TABLE alert_assignments (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL,
    owner text NOT NULL,
    action text NOT NULL,
    by uuid NOT NULL REFERENCES accounts,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX alert_assignments_key ON alert_assignments (key, id);
CREATE INDEX alert_assignments_by ON alert_assignments (by);
CREATE TRIGGER alert_assignments_stay BEFORE UPDATE OR DELETE ON alert_assignments
    FOR EACH ROW EXECUTE FUNCTION never_again();
