-- What is kept of a week may not have been read while somebody changes it: who changes sums says so
-- by a shared lock until the end, and who would keep a week has to find nobody (sums.may_keep).
CREATE OR REPLACE FUNCTION forget_index_weeks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(5502);
    DELETE FROM index_weeks
     WHERE week IN (SELECT date_trunc('week', since)::date FROM changed);
    RETURN NULL;
END $$;
