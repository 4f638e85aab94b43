-- The page of a published edition as anybody reads it, compressed: rendered once a language, and once
-- for the address with a number and the one without. The tag is the digest of all that it shows: a
-- page of another tag is never served, so what is stored here cannot be out of date.
CREATE TABLE edition_pages (
    kind text NOT NULL,
    start_on date NOT NULL,
    number integer NOT NULL,
    language text NOT NULL,
    by_number boolean NOT NULL,
    tag text NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (kind, start_on, number, language, by_number),
    FOREIGN KEY (kind, start_on, number) REFERENCES editions
);
-- Compressed already: PostgreSQL need not try again.
ALTER TABLE edition_pages ALTER COLUMN body SET STORAGE EXTERNAL;
