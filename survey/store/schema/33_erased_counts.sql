-- A count that falls to nobody goes: a row that says 0 still says what somebody answered, and after an
-- erasure nothing may.
DELETE FROM answer_counts WHERE answers = 0;
DELETE FROM week_counts WHERE answers = 0;

CREATE FUNCTION delete_empty_counts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM answer_counts
     WHERE answers = 0
       AND (instrument, version) IN (SELECT instrument, version FROM after_update WHERE NOT summed);
    DELETE FROM week_counts
     WHERE answers = 0 AND instrument IN (SELECT instrument FROM after_update WHERE NOT summed);
    RETURN NULL;
END $$;
-- By name after responses_are_counted, which has locked what is 0 now.
CREATE TRIGGER responses_are_uncounted AFTER UPDATE ON responses
    REFERENCING NEW TABLE AS after_update
    FOR EACH STATEMENT EXECUTE FUNCTION delete_empty_counts();
