-- Figures on cases that left as a file: one for each quarter, kept as it was first taken, so that no
-- two files of the same days can be set against each other.
CREATE TABLE case_figures (
    start_on date PRIMARY KEY,
    end_on date NOT NULL CHECK (end_on > start_on),
    figures jsonb NOT NULL,
    taken_at timestamptz NOT NULL DEFAULT now(),
    by uuid REFERENCES accounts
);
CREATE INDEX case_figures_by ON case_figures (by);
CREATE TRIGGER case_figures_stay BEFORE UPDATE OR DELETE ON case_figures
    FOR EACH ROW EXECUTE FUNCTION never_again();
