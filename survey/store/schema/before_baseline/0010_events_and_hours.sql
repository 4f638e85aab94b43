-- An event goes only with its whole case (erasure deletes the complaint, which is gone by then).
CREATE FUNCTION goes_with_its_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM complaints WHERE id = OLD.complaint) THEN
        RAISE EXCEPTION 'case_events is kept as it is: DELETE refused' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER case_events_go_with_their_case BEFORE DELETE ON case_events
    FOR EACH ROW EXECUTE FUNCTION goes_with_its_case();
-- The job that a response asks for must not tell the minute at which the response came.
ALTER TABLE pgqueuer
    ALTER COLUMN created SET DEFAULT date_trunc('hour', now()),
    ALTER COLUMN updated SET DEFAULT date_trunc('hour', now()),
    ALTER COLUMN heartbeat SET DEFAULT date_trunc('hour', now()),
    ALTER COLUMN execute_after SET DEFAULT date_trunc('hour', now());
ALTER TABLE pgqueuer_log ALTER COLUMN created SET DEFAULT date_trunc('hour', now());
