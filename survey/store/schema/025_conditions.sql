-- A condition is a recommendation on which a trial was approved; the outcome report is about these.
ALTER TABLE recommendation_changes ADD COLUMN is_condition boolean NOT NULL DEFAULT false;

-- The third kind of edition: a trial over its whole life.
ALTER TABLE editions DROP CONSTRAINT editions_kind_check,
    ADD CONSTRAINT editions_kind_check CHECK (kind IN ('weekly', 'monthly', 'outcome'));
