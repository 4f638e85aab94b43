-- Months of answers that were written as Parquet files (docs/decisions/0029-archive.md).

-- The files hold exactly the answers that are in answer_sums. A change of a month's sums makes its
-- files stale: they hold an answer that was erased or corrected since, or lack one.
CREATE TABLE archive_months (
    month date PRIMARY KEY CHECK (month = date_trunc('month', month)),
    place text NOT NULL CHECK (place <> ''), -- the folder or address that holds all months
    files jsonb NOT NULL,
    persons bigint NOT NULL CHECK (persons > 0),
    stale boolean NOT NULL DEFAULT false,
    written_on date NOT NULL DEFAULT current_date
);

-- By name after the triggers of 04_responses.sql, whose lock keeps changes apart from the moment in
-- which a month is recorded. Only a rebuild of the sums from the same answers sets
-- soundings.same_answers, for its own transaction.
CREATE FUNCTION mark_stale_months() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('soundings.same_answers', true) IS DISTINCT FROM 'on' THEN
        WITH marked AS (
            UPDATE archive_months SET stale = true
             WHERE NOT stale
               AND month IN (SELECT date_trunc('month', since)::date FROM changed)
            RETURNING 1
        )
        INSERT INTO jobs (kind) SELECT 'archive_months' WHERE EXISTS (SELECT FROM marked);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER archive_after_added AFTER INSERT ON answer_sums
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION mark_stale_months();
CREATE TRIGGER archive_after_moved AFTER UPDATE ON answer_sums
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION mark_stale_months();
CREATE TRIGGER archive_after_gone AFTER DELETE ON answer_sums
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION mark_stale_months();
