-- How many texts have the same last codes, so that a page about all texts reads some thousand rows.
-- Each row is a number to add or subtract: whoever codes texts only inserts, and waits for nobody.
-- survey/store/coding/codes.py makes one row of those that are alike.
CREATE TABLE text_counts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    stream text NOT NULL,
    instrument text NOT NULL,
    codebook integer NOT NULL,
    tone text NOT NULL,
    themes text[] NOT NULL,
    texts bigint NOT NULL CHECK (texts <> 0)
);
INSERT INTO text_counts (stream, instrument, codebook, tone, themes, texts)
SELECT stream, instrument, codebook, tone, themes, count(*)
  FROM current_codings GROUP BY 1, 2, 3, 4, 5;

CREATE FUNCTION count_added_texts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO text_counts (stream, instrument, codebook, tone, themes, texts)
    SELECT stream, instrument, codebook, tone, themes, count(*)
      FROM added GROUP BY 1, 2, 3, 4, 5;
    RETURN NULL;
END $$;
CREATE FUNCTION count_changed_texts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO text_counts (stream, instrument, codebook, tone, themes, texts)
    SELECT stream, instrument, codebook, tone, themes, sum(n)
      FROM (SELECT *, 1 AS n FROM added UNION ALL SELECT *, -1 FROM gone) changed
     GROUP BY 1, 2, 3, 4, 5 HAVING sum(n) <> 0;
    RETURN NULL;
END $$;
CREATE FUNCTION count_deleted_texts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO text_counts (stream, instrument, codebook, tone, themes, texts)
    SELECT stream, instrument, codebook, tone, themes, -count(*)
      FROM gone GROUP BY 1, 2, 3, 4, 5;
    RETURN NULL;
END $$;
CREATE TRIGGER current_codings_added AFTER INSERT ON current_codings
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_added_texts();
CREATE TRIGGER current_codings_changed AFTER UPDATE ON current_codings
    REFERENCING OLD TABLE AS gone NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION count_changed_texts();
CREATE TRIGGER current_codings_gone AFTER DELETE ON current_codings
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION count_deleted_texts();

-- The order of the inbox: by deadline, none last, then the newest.
CREATE INDEX complaints_in_order
    ON complaints ((coalesce(due_on, '9999-01-01'::date)), received_at DESC, id DESC);
