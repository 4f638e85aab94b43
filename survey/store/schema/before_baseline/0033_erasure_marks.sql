-- What was erased, so that restoring an older backup can erase it again: a salted digest of the
-- reference, and no time. Whoever holds a reference can ask whether it was erased, and nothing else.
CREATE TABLE erasure_marks (
    salt bytea NOT NULL,
    mark bytea NOT NULL,
    PRIMARY KEY (salt, mark)
);
