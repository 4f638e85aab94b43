-- What people whose case was closed said about how it was handled.

-- Only sums of a quarter: no case, no hour, no language. A quarter is final once its last day to
-- answer is over; then it never changes, and only then an edition may read it.
CREATE TABLE closed_case_quarters (
    quarter date PRIMARY KEY CHECK (quarter = date_trunc('quarter', quarter)::date),
    answered integer NOT NULL CHECK (answered > 0),
    closed integer,
    returned integer,
    CHECK ((closed IS NULL) = (returned IS NULL)),
    CHECK (closed >= returned AND returned >= answered)
);
CREATE FUNCTION final_quarter_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.closed IS NOT NULL THEN
        RAISE EXCEPTION 'closed_case_quarters is kept as it is: % refused', TG_OP USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER closed_case_quarters_stay BEFORE UPDATE ON closed_case_quarters
    FOR EACH ROW EXECUTE FUNCTION final_quarter_stays();

CREATE TABLE closed_case_sums (
    quarter date NOT NULL REFERENCES closed_case_quarters ON DELETE CASCADE,
    question text NOT NULL,
    answer text NOT NULL,
    people integer NOT NULL CHECK (people > 0),
    PRIMARY KEY (quarter, question, answer)
);

-- Whose owner has answered, so that nobody answers twice. It says nothing of what, and is deleted
-- when the quarter is final.
CREATE TABLE closed_case_answered (
    complaint uuid NOT NULL REFERENCES complaints ON DELETE CASCADE,
    quarter date NOT NULL CHECK (quarter = date_trunc('quarter', quarter)::date),
    PRIMARY KEY (complaint, quarter)
);
