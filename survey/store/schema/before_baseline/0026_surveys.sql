-- A survey has one way to be answered, for good: what anybody may answer and what people drawn by
-- chance answer are never pooled, not even by a later version.
CREATE TABLE surveys (
    slug text PRIMARY KEY,
    mode text NOT NULL CHECK (mode IN ('sampled', 'open')),
    UNIQUE (slug, mode)
);
INSERT INTO surveys (slug, mode)
SELECT DISTINCT ON (slug) slug, mode FROM instruments ORDER BY slug, version;
ALTER TABLE instruments ADD FOREIGN KEY (slug, mode) REFERENCES surveys (slug, mode);
CREATE INDEX instruments_survey ON instruments (slug, mode);
-- What an organiser is making: the next version of a survey, or a survey that is not yet one.
-- `revision` lets two people at one draft see each other's changes instead of undoing them.
CREATE TABLE instrument_drafts (
    slug text PRIMARY KEY CHECK (slug ~ '^[a-z0-9][a-z0-9-]{1,59}$'),
    content jsonb NOT NULL,
    revision integer NOT NULL DEFAULT 1,
    owner uuid REFERENCES accounts,
    changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX instrument_drafts_owner ON instrument_drafts (owner);
