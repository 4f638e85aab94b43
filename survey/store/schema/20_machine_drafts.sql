-- What a language model on the operator's own machine drafts: a name of a group of texts with one
-- sentence, or a summary. It counts for nothing until a person accepts it. What was sent is stored
-- as places in redacted texts and as hashes, never as words.
CREATE TABLE machine_drafts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('name', 'summary')),
    subject text NOT NULL,
    since date,
    until date,
    state text NOT NULL DEFAULT 'waiting'
        CHECK (state IN ('waiting', 'ready', 'failed', 'accepted', 'discarded')),
    starts integer NOT NULL DEFAULT 0, -- how often a worker began to write it
    started_at timestamptz,
    failure text NOT NULL DEFAULT '',
    sent jsonb,
    asked_by uuid NOT NULL REFERENCES accounts,
    asked_at timestamptz NOT NULL DEFAULT now(),
    decided_by uuid REFERENCES accounts,
    decided_at timestamptz,
    CHECK ((kind = 'summary') = (num_nulls(since, until) = 0)),
    CHECK ((decided_by IS NULL) = (decided_at IS NULL))
);
CREATE INDEX machine_drafts_asked_by ON machine_drafts (asked_by);
CREATE INDEX machine_drafts_decided_by ON machine_drafts (decided_by);
CREATE INDEX machine_drafts_subject ON machine_drafts (subject);
CREATE UNIQUE INDEX machine_drafts_waiting ON machine_drafts (kind, subject) WHERE state = 'waiting';

CREATE TABLE machine_draft_passages (
    draft bigint NOT NULL REFERENCES machine_drafts ON DELETE CASCADE,
    number integer NOT NULL CHECK (number > 0),
    text uuid NOT NULL REFERENCES texts ON DELETE CASCADE,
    start_at integer NOT NULL CHECK (start_at >= 0),
    end_at integer NOT NULL CHECK (end_at > start_at),
    sha256 text NOT NULL,
    redaction text NOT NULL,
    PRIMARY KEY (draft, number)
);
CREATE INDEX machine_draft_passages_text ON machine_draft_passages (text);

-- The sentences that came back: those that passed the guard, and those that it dropped.
CREATE TABLE machine_draft_lines (
    draft bigint NOT NULL REFERENCES machine_drafts ON DELETE CASCADE,
    number integer NOT NULL CHECK (number >= 0),
    words text NOT NULL,
    passages integer[] NOT NULL,
    dropped text NOT NULL DEFAULT '',
    accepted text,
    PRIMARY KEY (draft, number)
);

-- When a text is erased, so is every sentence that may hold words of it: those that cite it, and
-- those that were dropped, because nobody knows where their words came from.
CREATE FUNCTION erase_lines_of_passage() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM machine_draft_lines
     WHERE draft = OLD.draft AND (dropped <> '' OR OLD.number = ANY (passages));
    RETURN NULL;
END $$;
CREATE TRIGGER machine_draft_passages_are_erased AFTER DELETE ON machine_draft_passages
    FOR EACH ROW EXECUTE FUNCTION erase_lines_of_passage();
