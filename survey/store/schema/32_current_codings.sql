-- Each coded text as it was last coded, in one narrow row with what lists and counts ask for: to find
-- it among all codings, and its answer or complaint, took seconds where there are many texts.
CREATE TABLE current_codings (
    text uuid PRIMARY KEY REFERENCES texts ON DELETE CASCADE,
    coder_version text NOT NULL,
    codebook integer NOT NULL REFERENCES codebooks,
    stream text NOT NULL, -- the mode of its survey, or complaints
    instrument text NOT NULL,
    area text NOT NULL REFERENCES areas,
    received_at timestamptz NOT NULL,
    tone text NOT NULL,
    comment_type text,
    themes text[] NOT NULL
);
CREATE INDEX current_codings_received ON current_codings (received_at, text);
CREATE INDEX current_codings_themes ON current_codings USING gin (themes);
CREATE INDEX current_codings_codebook ON current_codings (codebook);
CREATE INDEX current_codings_area ON current_codings (area);

CREATE VIEW newest_codings AS
SELECT DISTINCT ON (d.text) d.text, d.coder_version, d.codebook,
       coalesce(r.mode, 'complaints') AS stream,
       coalesce(r.instrument, c.instrument) AS instrument, coalesce(r.area, c.area) AS area,
       coalesce(r.received_at, c.received_at) AS received_at,
       coalesce(d.sentiment ->> 'label', 'not_scored') AS tone, d.comment_type,
       ARRAY(SELECT DISTINCT code ->> 'theme' FROM jsonb_array_elements(d.themes) code
              ORDER BY 1) AS themes
  FROM codings d
  JOIN texts t ON t.id = d.text
  LEFT JOIN responses r ON r.id = t.response
  LEFT JOIN complaints c ON c.id = t.complaint
 ORDER BY d.text, d.codebook DESC, d.coded_at DESC, d.coder_version DESC;
INSERT INTO current_codings SELECT * FROM newest_codings;

CREATE FUNCTION keep_current_codings() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ids uuid[] := ARRAY(SELECT DISTINCT text FROM changed);
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM current_codings WHERE text = ANY (ids);
    END IF;
    INSERT INTO current_codings
    SELECT n.* FROM newest_codings n WHERE n.text = ANY (ids) ORDER BY n.text
        ON CONFLICT (text) DO UPDATE
       SET coder_version = excluded.coder_version, codebook = excluded.codebook,
           tone = excluded.tone, comment_type = excluded.comment_type, themes = excluded.themes;
    RETURN NULL;
END $$;
CREATE TRIGGER codings_added AFTER INSERT ON codings
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION keep_current_codings();
CREATE TRIGGER codings_changed AFTER UPDATE ON codings
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION keep_current_codings();
CREATE TRIGGER codings_gone AFTER DELETE ON codings
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION keep_current_codings();

-- The borough of an answer stays as it is; that of a complaint may be corrected.
CREATE FUNCTION keep_area_of_codings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE current_codings SET area = NEW.area
     WHERE text IN (SELECT id FROM texts WHERE complaint = NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER complaints_corrected AFTER UPDATE OF area ON complaints
    FOR EACH ROW WHEN (OLD.area <> NEW.area) EXECUTE FUNCTION keep_area_of_codings();

-- A text belongs to one answer or complaint for ever; should that ever change, who may read it does.
CREATE FUNCTION keep_origin_of_codings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM current_codings WHERE text = NEW.id;
    INSERT INTO current_codings SELECT * FROM newest_codings WHERE text = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER texts_moved AFTER UPDATE OF response, complaint ON texts
    FOR EACH ROW WHEN ((OLD.response, OLD.complaint) IS DISTINCT FROM (NEW.response, NEW.complaint))
    EXECUTE FUNCTION keep_origin_of_codings();
