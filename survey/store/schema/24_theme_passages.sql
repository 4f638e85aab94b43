-- The vectors of a second, larger reader, which themes are found in where an installation has one.
-- Those of the sentence model stay in `passages`: everything else compares these. They reveal
-- something of the text, so they are deleted with it.
CREATE TABLE theme_passages (
    text uuid PRIMARY KEY REFERENCES texts ON DELETE CASCADE,
    reader text NOT NULL,
    spans jsonb NOT NULL,
    vectors bytea NOT NULL
);
