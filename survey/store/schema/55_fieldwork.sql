-- Fieldwork: sample points that interviewers go to, and what came of each visit. A point is known by
-- the reference that the organiser's sample has for it, such as A017: no name and no address. An
-- interviewer is a group of collectors, whose secret address opens the list of their points.
CREATE TABLE sample_points (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    survey text NOT NULL REFERENCES surveys (slug),
    reference text NOT NULL CHECK (reference ~ '^[A-Za-z0-9/-]{1,20}$' AND reference ~ '[0-9]'),
    code_digest bytea NOT NULL UNIQUE REFERENCES invitations,
    interviewer uuid REFERENCES collector_groups,
    -- An answer came by its code since it is a point: only then can the interview be sent back.
    answered boolean NOT NULL DEFAULT false,
    sent_back text, -- why, until another interview comes
    sent_back_on date,
    UNIQUE (survey, reference),
    CHECK (num_nulls(sent_back, sent_back_on) IN (0, 2))
);
CREATE INDEX sample_points_interviewer ON sample_points (interviewer);

CREATE TABLE point_visits (
    point uuid NOT NULL REFERENCES sample_points ON DELETE CASCADE,
    day date NOT NULL,
    part text NOT NULL CHECK (part IN ('morning', 'afternoon', 'evening')),
    outcome text NOT NULL,
    PRIMARY KEY (point, day, part)
);

-- Which answer came from a point, under a digest of its access code itself, which is stored nowhere:
-- so the database alone cannot say it, and whoever sends the interview again can.
CREATE TABLE point_answers (
    mark bytea PRIMARY KEY,
    reference text NOT NULL UNIQUE
);
