-- Of residents of 16 and older, how many are disabled, where a census says so.
DO $$
DECLARE old text;
BEGIN
    -- By what it says: its name depends on the version in which a database was made.
    SELECT conname INTO old FROM pg_constraint
     WHERE contype = 'c' AND conrelid = 'populations'::regclass
       AND pg_get_constraintdef(oid) LIKE '%dimension = ANY%';
    EXECUTE format('ALTER TABLE populations DROP CONSTRAINT %I', old);
END $$;
ALTER TABLE populations ADD CONSTRAINT populations_dimension
    CHECK (dimension IN ('total', 'age_sex', 'ethnicity', 'disability'));
