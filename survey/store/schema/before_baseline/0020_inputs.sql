-- What an edition was made from, so that it can be made again anywhere. Answers that are erased
-- take the inputs that hold them along: the edition stands and can no longer be made again.
CREATE TABLE edition_inputs (
    kind text NOT NULL,
    start_on date NOT NULL,
    number integer NOT NULL,
    first_on date NOT NULL,
    end_on date NOT NULL CHECK (end_on >= first_on),
    sha256 text NOT NULL,
    body bytea,
    destroyed_on date,
    PRIMARY KEY (kind, start_on, number),
    FOREIGN KEY (kind, start_on, number) REFERENCES editions,
    CHECK ((body IS NULL) = (destroyed_on IS NOT NULL))
);
