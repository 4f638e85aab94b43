-- Whether a version is under limits (35_limits.sql). It is in the row that every answer refers to and
-- holds until it is stored: so the first limit waits for the answers that are on their way, counts them,
-- and those that come later with none of it known are not stored without it.
ALTER TABLE instruments ADD COLUMN limited boolean NOT NULL DEFAULT false;
UPDATE instruments SET limited = true WHERE slug IN (SELECT survey FROM survey_limits);

-- What a draft was before each change that was undone, so that it can be done again. The next new
-- change deletes them.
CREATE TABLE undone_steps (
    slug text NOT NULL REFERENCES instrument_drafts ON DELETE CASCADE,
    place integer NOT NULL, -- the highest was undone last
    act text NOT NULL,
    content jsonb NOT NULL,
    PRIMARY KEY (slug, place)
);

-- Answers that look like spam wait here until an organiser counts them or throws them away. They are
-- no responses: nothing that counts responses can meet them.
CREATE TABLE held_answers (
    reference text PRIMARY KEY,
    survey text NOT NULL REFERENCES surveys,
    version integer NOT NULL,
    area text NOT NULL REFERENCES areas,
    language text NOT NULL,
    answers jsonb NOT NULL,
    texts jsonb NOT NULL,
    may_quote text NOT NULL CHECK (may_quote IN ('no', 'yes', 'withdrawn')),
    -- Many came from one connection in a short time, or a field was filled in that no person sees.
    why text NOT NULL CHECK (why IN ('burst', 'decoy')),
    received_at timestamptz NOT NULL DEFAULT date_trunc('hour', now()),
    FOREIGN KEY (survey, version) REFERENCES instruments (slug, version),
    CHECK (received_at = date_trunc('hour', received_at))
);
CREATE INDEX held_answers_survey ON held_answers (survey, version);
CREATE INDEX held_answers_area ON held_answers (area);
