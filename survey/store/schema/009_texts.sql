-- What residents wrote, and what people and machines read in each text.

-- Words as written, in one place only, so that erasure has one place to go.
CREATE TABLE texts (
    id uuid PRIMARY KEY DEFAULT hour_id(now()),
    response uuid REFERENCES responses ON DELETE CASCADE,
    complaint uuid REFERENCES complaints ON DELETE CASCADE,
    item text NOT NULL,
    body text NOT NULL,
    language text NOT NULL,
    due boolean NOT NULL DEFAULT true, -- whether the worker still has to code it
    CHECK (num_nonnulls(response, complaint) = 1)
);
CREATE INDEX texts_response ON texts (response);
CREATE INDEX texts_complaint ON texts (complaint);
CREATE INDEX texts_due ON texts (id) WHERE due;

-- The vectors of a text and its sentences, stored so that a new codebook can be applied without
-- reading anything again. They reveal something of the text, so they are deleted with it.
CREATE TABLE passages (
    text uuid PRIMARY KEY REFERENCES texts ON DELETE CASCADE,
    reader text NOT NULL,
    spans jsonb NOT NULL,
    vectors bytea NOT NULL
);

-- The vectors of a second, larger reader, which themes are found in where an installation has one.
-- Those of the sentence model stay in `passages`: everything else compares these. They reveal
-- something of the text, so they are deleted with it.
CREATE TABLE theme_passages (
    text uuid PRIMARY KEY REFERENCES texts ON DELETE CASCADE,
    reader text NOT NULL,
    spans jsonb NOT NULL,
    vectors bytea NOT NULL
);

-- What a person decided to mask in a text; a later decision is a further row.
CREATE TABLE redactions (
    text uuid NOT NULL REFERENCES texts ON DELETE CASCADE,
    number integer NOT NULL CHECK (number > 0),
    spans jsonb NOT NULL,
    redacted text NOT NULL,
    account uuid NOT NULL REFERENCES accounts,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (text, number)
);
CREATE INDEX redactions_account ON redactions (account);
CREATE TRIGGER redactions_stay BEFORE UPDATE ON redactions
    FOR EACH ROW EXECUTE FUNCTION never_again();

-- What a machine wrote down of a sound that came with a complaint, for the handler of the case. It
-- is no text of the case until a person accepts it; then the words are in `texts` alone. A file
-- that is deleted takes them with it, there too.
CREATE TABLE transcripts (
    attachment uuid PRIMARY KEY REFERENCES attachments (id) ON DELETE CASCADE,
    state text NOT NULL DEFAULT 'waiting'
        CHECK (state IN ('waiting', 'ready', 'failed', 'accepted', 'discarded')),
    starts integer NOT NULL DEFAULT 1, -- how often a worker began to listen
    started_at timestamptz NOT NULL DEFAULT now(),
    failure text NOT NULL DEFAULT '',
    heard jsonb,
    words text NOT NULL DEFAULT '',
    text uuid UNIQUE REFERENCES texts ON DELETE CASCADE,
    changed double precision CHECK (changed >= 0),
    decided_by uuid REFERENCES accounts,
    decided_at timestamptz,
    CHECK ((decided_by IS NULL) = (decided_at IS NULL))
);
CREATE INDEX transcripts_decided_by ON transcripts (decided_by);

CREATE FUNCTION erase_spoken_text() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM texts WHERE id = OLD.text;
    RETURN NULL;
END $$;
CREATE TRIGGER transcripts_are_erased AFTER DELETE ON transcripts
    FOR EACH ROW WHEN (OLD.text IS NOT NULL) EXECUTE FUNCTION erase_spoken_text();

-- Tags that the people who made a survey give to what was written.
CREATE TABLE text_tags (
    text uuid NOT NULL REFERENCES texts ON DELETE CASCADE,
    tag text NOT NULL CHECK (length(tag) BETWEEN 1 AND 40),
    account uuid NOT NULL REFERENCES accounts,
    PRIMARY KEY (text, tag)
);
CREATE INDEX text_tags_account ON text_tags (account);

-- The codebook. A version stays as it is, but for one thing: words that their writer has erased
-- leave its examples. Only erasure sets soundings.erasing, for its own transaction.
CREATE TABLE codebooks (
    version integer PRIMARY KEY CHECK (version > 0),
    definition jsonb NOT NULL,
    accepted_by uuid REFERENCES accounts,
    accepted_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX codebooks_accepted_by ON codebooks (accepted_by);
CREATE TRIGGER codebooks_stay BEFORE DELETE OR UPDATE OF version, accepted_by, accepted_at
    ON codebooks FOR EACH ROW EXECUTE FUNCTION never_again();
CREATE TRIGGER codebooks_definition_stays BEFORE UPDATE OF definition ON codebooks FOR EACH ROW
    WHEN (current_setting('soundings.erasing', true) IS DISTINCT FROM 'on')
    EXECUTE FUNCTION never_again();

-- The next version of the codebook while people work on it: one for all of them. Its revision is
-- never given twice, so that nobody saves over a draft that they have not seen.
CREATE TABLE codebook_draft (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    revision bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    definition jsonb NOT NULL,
    edited_by uuid REFERENCES accounts,
    edited_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX codebook_draft_edited_by ON codebook_draft (edited_by);

-- What a machine would change; it changes nothing until a person has accepted it.
CREATE TABLE proposals (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    codebook integer NOT NULL REFERENCES codebooks,
    key text NOT NULL,
    definition jsonb NOT NULL,
    state text NOT NULL DEFAULT 'open'
        CHECK (state IN ('open', 'accepted', 'declined', 'overtaken')),
    made_at timestamptz NOT NULL DEFAULT now(),
    decided_by uuid REFERENCES accounts,
    decided_at timestamptz
);
CREATE INDEX proposals_codebook ON proposals (codebook);
CREATE INDEX proposals_decided_by ON proposals (decided_by);
CREATE UNIQUE INDEX proposals_once ON proposals (key, md5(definition::text));

-- What a machine found in the texts of one day. Quotes are stored as the ids of their texts, so
-- that what is erased is not quoted any more.
CREATE TABLE discoveries (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    found_at timestamptz NOT NULL DEFAULT now(),
    discovery jsonb NOT NULL
);

-- What one coder, human or machine, read in a text under one version of the codebook.
CREATE TABLE codings (
    text uuid NOT NULL REFERENCES texts ON DELETE CASCADE,
    coder text NOT NULL,
    coder_version text NOT NULL,
    codebook integer NOT NULL REFERENCES codebooks,
    language text NOT NULL,
    redacted text NOT NULL,
    spans jsonb NOT NULL,
    sentiment jsonb,
    themes jsonb NOT NULL,
    coded_at timestamptz NOT NULL DEFAULT date_trunc('hour', now()),
    comment_type text
        CHECK (comment_type IN ('experience', 'complaint', 'praise', 'suggestion', 'question')),
    PRIMARY KEY (text, coder_version, codebook)
);
CREATE INDEX codings_codebook ON codings (codebook);
CREATE INDEX codings_themes ON codings USING gin (themes jsonb_path_ops); -- the texts of a theme

-- How many texts left a theme for another when a version was applied to those that were there;
-- '' is no theme.
CREATE TABLE recodings (
    codebook integer NOT NULL REFERENCES codebooks,
    was text NOT NULL,
    became text NOT NULL,
    texts integer NOT NULL CHECK (texts > 0),
    PRIMARY KEY (codebook, was, became)
);

-- Words of cases as the inbox finds them: without personal data, as a person decided or else the
-- machine suggests.
CREATE TABLE case_words (
    text uuid PRIMARY KEY REFERENCES texts ON DELETE CASCADE,
    words tsvector NOT NULL
);
CREATE INDEX case_words_words ON case_words USING gin (words);

-- What is searched for: words as they stand, and of English words their stems.
CREATE FUNCTION words_of(redacted text, language text) RETURNS tsvector LANGUAGE sql IMMUTABLE
RETURN to_tsvector('simple', redacted)
       || CASE WHEN language = 'en' THEN to_tsvector('english', redacted) ELSE ''::tsvector END;

CREATE FUNCTION keep_case_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO case_words
    SELECT t.id, words_of(NEW.redacted, t.language) FROM texts t
     WHERE t.id = NEW.text AND t.complaint IS NOT NULL
       AND (TG_TABLE_NAME = 'redactions' OR NOT EXISTS (SELECT FROM redactions r WHERE r.text = t.id))
        ON CONFLICT (text) DO UPDATE SET words = excluded.words;
    RETURN NULL;
END $$;
CREATE TRIGGER codings_are_found AFTER INSERT OR UPDATE OF redacted ON codings
    FOR EACH ROW EXECUTE FUNCTION keep_case_words();
CREATE TRIGGER redactions_are_found AFTER INSERT ON redactions
    FOR EACH ROW EXECUTE FUNCTION keep_case_words();

-- A text with its last codes; the columns are the same for a response and a complaint.
CREATE VIEW last_codings AS
SELECT t.id, t.body, d.redacted, d.coder_version AS redaction, d.themes,
       coalesce(r.may_quote, c.may_quote) AS consent, coalesce(r.area, c.area) AS area,
       coalesce(r.mode, 'complaints') AS stream,
       (coalesce(r.received_at, c.received_at) AT TIME ZONE 'Europe/London')::date AS received_on
  FROM texts t
  LEFT JOIN responses r ON r.id = t.response
  LEFT JOIN complaints c ON c.id = t.complaint
  JOIN LATERAL (SELECT redacted, coder_version, themes FROM codings WHERE codings.text = t.id
                 ORDER BY codebook DESC, coded_at DESC, coder_version DESC LIMIT 1) d ON true;

-- A place in a redacted text and no words of its own: when the text is erased, nothing of it stays
-- here but the place, so that an edition can name the quote that has lost its source.
CREATE TABLE quotes (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    text uuid REFERENCES texts ON DELETE SET NULL,
    theme text NOT NULL,
    received_on date NOT NULL,
    start_at integer NOT NULL CHECK (start_at >= 0),
    end_at integer NOT NULL CHECK (end_at > start_at),
    sha256 text NOT NULL,
    redaction text NOT NULL,
    proposed_by uuid NOT NULL REFERENCES accounts,
    proposed_at timestamptz NOT NULL DEFAULT now(),
    approved_by uuid REFERENCES accounts,
    approved_at timestamptz,
    withdrawn_by uuid REFERENCES accounts,
    withdrawn_at timestamptz,
    CHECK ((approved_by IS NULL) = (approved_at IS NULL)),
    CHECK ((withdrawn_by IS NULL) = (withdrawn_at IS NULL))
);
CREATE INDEX quotes_text ON quotes (text);
CREATE INDEX quotes_received ON quotes (received_on) WHERE withdrawn_at IS NULL;
CREATE INDEX quotes_proposed_by ON quotes (proposed_by);
CREATE INDEX quotes_approved_by ON quotes (approved_by);
CREATE INDEX quotes_withdrawn_by ON quotes (withdrawn_by);
CREATE TRIGGER quotes_stay BEFORE DELETE OR UPDATE OF theme, received_on, start_at, end_at, sha256,
    redaction, proposed_by ON quotes FOR EACH ROW EXECUTE FUNCTION never_again();
