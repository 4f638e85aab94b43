-- What a draft was before each of its last changes, so that they can be taken back one by one.
CREATE TABLE draft_steps (
    slug text NOT NULL REFERENCES instrument_drafts ON DELETE CASCADE,
    revision integer NOT NULL,
    act text NOT NULL,
    content jsonb NOT NULL,
    PRIMARY KEY (slug, revision)
);
