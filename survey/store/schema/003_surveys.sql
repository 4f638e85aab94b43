-- Surveys: who owns them, their published versions and drafts, and what may change after
-- publishing.

-- A slug belongs to somebody from its first draft on: to an account, or to the house (no account).
-- Who may do what with a survey depends on this and on nothing else. A survey has one mode for
-- good: what anybody may answer, what people drawn by chance answer, and what people say whom the
-- police met and who were asked one by one, are never pooled, not even by a later version.
--
-- A survey can be handed over from one account to another. The row itself remembers whose it was
-- last, whatever program changed it; the audit log has who did it, and every time before.
CREATE TABLE surveys (
    slug text PRIMARY KEY,
    mode text NOT NULL CONSTRAINT surveys_mode CHECK (mode IN ('sampled', 'open', 'met')),
    kind text NOT NULL DEFAULT 'survey' CHECK (kind IN ('survey', 'feedback', 'complaint')),
    owner uuid REFERENCES accounts,
    house boolean GENERATED ALWAYS AS (owner IS NULL) STORED,
    former_owner uuid REFERENCES accounts,
    handed_over_at timestamptz,
    UNIQUE (slug, mode),
    UNIQUE (slug, kind),
    CHECK ((former_owner IS NULL) = (handed_over_at IS NULL))
);
CREATE INDEX surveys_owner ON surveys (owner);
CREATE INDEX surveys_former_owner ON surveys (former_owner);

-- What is built in stays so, what a group has never becomes it, and the kind of a survey stays once
-- a version of it is published.
CREATE FUNCTION survey_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.owner IS NULL) <> (NEW.owner IS NULL)
       OR (OLD.kind <> NEW.kind AND EXISTS (SELECT FROM instruments WHERE slug = OLD.slug)) THEN
        RAISE EXCEPTION 'a survey stays built in or not, and keeps its kind'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.owner <> NEW.owner THEN
        NEW.former_owner := OLD.owner;
        NEW.handed_over_at := now();
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER surveys_stay BEFORE UPDATE ON surveys
    FOR EACH ROW EXECUTE FUNCTION survey_stays();

-- The published versions of each survey. `limited` is whether a version is under limits
-- (survey_limits). It is in the row that every answer refers to and holds until it is stored: so
-- the first limit waits for the answers that are on their way, counts them, and those that come
-- later with none of it known are not stored without it.
CREATE TABLE instruments (
    slug text NOT NULL CHECK (slug ~ '^[a-z0-9][a-z0-9-]{1,59}$'),
    version integer NOT NULL CHECK (version > 0),
    mode text NOT NULL CONSTRAINT instruments_mode CHECK (mode IN ('sampled', 'open', 'met')),
    kind text NOT NULL CHECK (kind IN ('survey', 'feedback', 'complaint')),
    definition jsonb NOT NULL,
    closed boolean NOT NULL DEFAULT false,
    owner uuid REFERENCES accounts,
    published_at timestamptz NOT NULL DEFAULT now(),
    limited boolean NOT NULL DEFAULT false,
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

-- What a draft was before each change that was undone, so that it can be done again. The next new
-- change deletes them.
CREATE TABLE undone_steps (
    slug text NOT NULL REFERENCES instrument_drafts ON DELETE CASCADE,
    place integer NOT NULL, -- the highest was undone last
    act text NOT NULL,
    content jsonb NOT NULL,
    PRIMARY KEY (slug, place)
);

-- How a survey is handed out, and who asks: what may change after publishing without a new version,
-- because it is no part of what was asked.
CREATE TABLE survey_settings (
    slug text PRIMARY KEY REFERENCES surveys ON DELETE CASCADE,
    -- Fields of the instrument that hold instead of those of its newest version: whether it is
    -- listed, who asks, how to reach them, the last words and the next step.
    shown jsonb NOT NULL DEFAULT '{}',
    password_hash text NOT NULL DEFAULT '', -- Argon2
    embedded_by text[] NOT NULL DEFAULT '{}', -- origins of the websites that may show its card
    logo bytea,
    logo_tag text NOT NULL DEFAULT '', -- of the picture, so that a browser may remember it
    -- Whether the devices of those who answer solve a small puzzle, so that a flood costs whoever
    -- sends it.
    asks_proof boolean NOT NULL DEFAULT false,
    CHECK ((logo IS NULL) = (logo_tag = ''))
);

-- What an organiser sets for a survey and may change after publishing, so it is no part of a
-- version. Surveys without a row have no limits, and their answers are stored without asking for
-- any.
CREATE TABLE survey_limits (
    survey text PRIMARY KEY REFERENCES surveys,
    opens date,  -- these two come before the days of the version
    closes date CHECK (closes >= opens),
    -- How each person answers once: not at all, by a mark on the device, by a code each.
    one_each text NOT NULL DEFAULT 'none' CHECK (one_each IN ('none', 'device', 'code'))
);

-- At most so many answers from an area and from groups of people, such as {"age": "16-24"}; from
-- everybody if neither is given. `answers` says how many are stored, those of all versions; whoever
-- changes it holds the row of survey_limits.
CREATE TABLE quotas (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    survey text NOT NULL REFERENCES survey_limits,
    area text REFERENCES areas,
    groups jsonb NOT NULL DEFAULT '{}',
    most integer NOT NULL CHECK (most > 0),
    answers integer NOT NULL DEFAULT 0 CHECK (answers >= 0),
    UNIQUE NULLS NOT DISTINCT (survey, area, groups)
);
CREATE INDEX quotas_area ON quotas (area);

-- Codes of an open survey, one for each member. They are apart from invitations, which have a
-- chance of being drawn: so no answer by one of these can be taken for one of a sample. A used code
-- says nothing about the answer that it opened.
CREATE TABLE member_codes (
    code_digest bytea PRIMARY KEY,
    survey text NOT NULL REFERENCES survey_limits,
    used boolean NOT NULL DEFAULT false,
    made_on date NOT NULL DEFAULT (now() AT TIME ZONE 'Europe/London')::date
);
CREATE INDEX member_codes_survey ON member_codes (survey);
