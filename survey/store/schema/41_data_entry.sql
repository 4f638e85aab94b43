-- Uploads of many answers at once, each of which can be undone whole.
CREATE TABLE answer_uploads (
    id uuid PRIMARY KEY, -- made with the page that asks, so that it is stored once however often it is sent
    survey text NOT NULL REFERENCES surveys,
    number integer NOT NULL, -- by which people call it: 1, 2, 3 in each survey
    made_on date NOT NULL DEFAULT (now() AT TIME ZONE 'Europe/London')::date,
    answers integer NOT NULL CHECK (answers > 0), -- how many were stored
    undone_on date,
    UNIQUE (survey, number)
);

-- Which answers came with an upload, and a keyed mark of the row each was read from, by which a file
-- that is sent again is noticed. An answer that is erased takes its mark with it.
CREATE TABLE uploaded_answers (
    reference text PRIMARY KEY,
    upload uuid NOT NULL REFERENCES answer_uploads,
    row_mark bytea NOT NULL
);
CREATE INDEX uploaded_answers_upload ON uploaded_answers (upload);
CREATE INDEX uploaded_answers_mark ON uploaded_answers (row_mark);
