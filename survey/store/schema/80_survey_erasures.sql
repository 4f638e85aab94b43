-- Answers to a survey that were erased, here or where it came from, for the package in which the
-- survey is moved: a digest of the answer's random id, which nobody can guess as a reference can be.
-- A package of an older version has salted digests of references: they stay what they were, and
-- count for its own survey only.
CREATE TABLE survey_erasures (
    survey text NOT NULL REFERENCES surveys (slug),
    salt bytea NOT NULL,
    mark bytea NOT NULL,
    PRIMARY KEY (survey, salt, mark)
);
