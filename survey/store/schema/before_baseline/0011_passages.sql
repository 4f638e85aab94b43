-- The vectors of a text and its sentences, kept so that a new codebook can be applied without
-- reading anything again. They tell about the text, so they go with it.
CREATE TABLE passages (
    text uuid PRIMARY KEY REFERENCES texts ON DELETE CASCADE,
    reader text NOT NULL,
    spans jsonb NOT NULL,
    vectors bytea NOT NULL
);
ALTER TABLE codings ADD COLUMN comment_type text
    CHECK (comment_type IN ('experience', 'complaint', 'praise', 'suggestion', 'question'));
