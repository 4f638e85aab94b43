-- How a panel marks a record: by colour and reasons ({}), or by steps and a score. A meeting keeps
-- the scheme of the day on which its seed was fixed.
ALTER TABLE scrutiny_panels ADD COLUMN scheme jsonb NOT NULL DEFAULT '{}';
ALTER TABLE scrutiny_meetings ADD COLUMN scheme jsonb NOT NULL DEFAULT '{}';
-- What was said of each step (met, not_met, unsure); the colour follows from the score.
ALTER TABLE scrutiny_marks
    ADD COLUMN score integer,
    ADD COLUMN steps jsonb NOT NULL DEFAULT '{}';
-- Whether there was body-worn video, or why not; '' where a meeting was held before this was asked.
ALTER TABLE scrutiny_joint_marks
    ADD COLUMN score integer,
    ADD COLUMN steps jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN video text NOT NULL DEFAULT '';
