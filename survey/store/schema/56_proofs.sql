-- Whether the devices of those who answer solve a small puzzle, so that a flood costs whoever sends it.
ALTER TABLE survey_settings ADD COLUMN asks_proof boolean NOT NULL DEFAULT false;

-- Answers without its solution wait as others do that look like spam.
ALTER TABLE held_answers DROP CONSTRAINT held_answers_why_check;
ALTER TABLE held_answers ADD CONSTRAINT held_answers_why_check
    CHECK (why IN ('burst', 'decoy', 'unproven'));
