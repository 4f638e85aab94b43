-- What a machine wrote down of a sound that came with a complaint, for the handler of the case. It
-- is no text of the case until a person accepts it; then the words are in `texts` alone. A file
-- that is deleted takes them with it, there too.
CREATE TABLE transcripts (
    attachment uuid PRIMARY KEY REFERENCES attachments (id) ON DELETE CASCADE,
    state text NOT NULL DEFAULT 'waiting'
        CHECK (state IN ('waiting', 'ready', 'failed', 'accepted', 'discarded')),
    starts integer NOT NULL DEFAULT 1, -- how often a worker began to listen
    started_at timestamptz NOT NULL DEFAULT now(),
    failure text NOT NULL DEFAULT '',
    heard jsonb,
    words text NOT NULL DEFAULT '',
    text uuid UNIQUE REFERENCES texts ON DELETE CASCADE,
    changed double precision CHECK (changed >= 0),
    decided_by uuid REFERENCES accounts,
    decided_at timestamptz,
    CHECK ((decided_by IS NULL) = (decided_at IS NULL))
);
CREATE INDEX transcripts_decided_by ON transcripts (decided_by);
CREATE INDEX attachments_sounds ON attachments (id)
    WHERE complaint IS NOT NULL AND media_type LIKE 'audio/%';
CREATE FUNCTION erase_spoken_text() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM texts WHERE id = OLD.text;
    RETURN NULL;
END $$;
CREATE TRIGGER transcripts_are_erased AFTER DELETE ON transcripts
    FOR EACH ROW WHEN (OLD.text IS NOT NULL) EXECUTE FUNCTION erase_spoken_text();
