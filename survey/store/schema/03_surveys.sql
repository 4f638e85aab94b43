-- Surveys: who owns them, their published versions, their drafts, and who was invited to answer.

-- A slug belongs to somebody from its first draft on: to an account, or to the house (no account).
-- Who may do what with a survey depends on this and on nothing else. A survey has one mode for
-- good: what anybody may answer and what people drawn by chance answer are never pooled, not even
-- by a later version.
CREATE TABLE surveys (
    slug text PRIMARY KEY,
    mode text NOT NULL CHECK (mode IN ('sampled', 'open')),
    kind text NOT NULL DEFAULT 'survey' CHECK (kind IN ('survey', 'feedback', 'complaint')),
    owner uuid REFERENCES accounts,
    house boolean GENERATED ALWAYS AS (owner IS NULL) STORED,
    UNIQUE (slug, mode),
    UNIQUE (slug, kind)
);
CREATE INDEX surveys_owner ON surveys (owner);

CREATE TABLE instruments (
    slug text NOT NULL CHECK (slug ~ '^[a-z0-9][a-z0-9-]{1,59}$'),
    version integer NOT NULL CHECK (version > 0),
    mode text NOT NULL CHECK (mode IN ('sampled', 'open')),
    kind text NOT NULL CHECK (kind IN ('survey', 'feedback', 'complaint')),
    definition jsonb NOT NULL,
    closed boolean NOT NULL DEFAULT false,
    owner uuid REFERENCES accounts,
    published_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (slug, version),
    UNIQUE (slug, version, mode),
    FOREIGN KEY (slug, mode) REFERENCES surveys (slug, mode)
);
-- Not validated, because a database of 2026 may hold versions of another kind that were published
-- before a survey had one kind. They stay as they are.
ALTER TABLE instruments ADD FOREIGN KEY (slug, kind) REFERENCES surveys (slug, kind) NOT VALID;
CREATE INDEX instruments_owner ON instruments (owner);
CREATE INDEX instruments_survey ON instruments (slug, mode);
CREATE INDEX instruments_kind ON instruments (slug, kind);

-- A survey never changes hands, and its kind not once a version of it is published.
CREATE FUNCTION survey_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.owner IS DISTINCT FROM NEW.owner
       OR (OLD.kind <> NEW.kind AND EXISTS (SELECT FROM instruments WHERE slug = OLD.slug)) THEN
        RAISE EXCEPTION 'a survey keeps its owner and its kind' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER surveys_stay BEFORE UPDATE ON surveys
    FOR EACH ROW EXECUTE FUNCTION survey_stays();

-- A published version never changes; only whether it takes answers does.
CREATE FUNCTION instrument_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.definition, OLD.mode, OLD.kind) IS DISTINCT FROM (NEW.definition, NEW.mode, NEW.kind) THEN
        RAISE EXCEPTION 'a published instrument never changes' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER instruments_stay BEFORE UPDATE ON instruments
    FOR EACH ROW EXECUTE FUNCTION instrument_stays();

-- What an organiser is making: the next version of a survey, or a survey that is not published yet.
-- `revision` lets two people at one draft see each other's changes instead of undoing them.
CREATE TABLE instrument_drafts (
    slug text PRIMARY KEY REFERENCES surveys CHECK (slug ~ '^[a-z0-9][a-z0-9-]{1,59}$'),
    content jsonb NOT NULL,
    revision integer NOT NULL DEFAULT 1,
    owner uuid REFERENCES accounts,
    changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX instrument_drafts_owner ON instrument_drafts (owner);

-- What a draft was before each of its last changes, so that they can be undone one by one.
CREATE TABLE draft_steps (
    slug text NOT NULL REFERENCES instrument_drafts ON DELETE CASCADE,
    revision integer NOT NULL,
    act text NOT NULL,
    content jsonb NOT NULL,
    PRIMARY KEY (slug, revision)
);

-- Who was drawn, with what chance. A used code says nothing about the answer that it opened.
CREATE TABLE invitations (
    code_digest bytea PRIMARY KEY,
    instrument text NOT NULL,
    version integer NOT NULL,
    mode text NOT NULL DEFAULT 'sampled' CHECK (mode = 'sampled'),
    stratum text NOT NULL,
    psu text NOT NULL,
    probability double precision NOT NULL CHECK (probability > 0 AND probability <= 1),
    used boolean NOT NULL DEFAULT false,
    FOREIGN KEY (instrument, version, mode) REFERENCES instruments (slug, version, mode)
);
CREATE INDEX invitations_instrument ON invitations (instrument, version, mode);
