-- What residents wrote, and what people and machines read in it.

-- Words as written, in one place only, so that erasure has one place to go.
CREATE TABLE texts (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
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

-- The vectors of a text and its sentences, stored so that a new codebook can be applied without
-- reading anything again. They reveal something of the text, so they are deleted with it.
CREATE TABLE passages (
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

-- Words of cases as the inbox finds them: without personal data, as a person decided or else the
-- machine suggests.
CREATE TABLE case_words (
    text uuid PRIMARY KEY REFERENCES texts ON DELETE CASCADE,
    words tsvector NOT NULL
);
CREATE INDEX case_words_words ON case_words USING gin (words);
CREATE FUNCTION words_of(redacted text, language text) RETURNS tsvector LANGUAGE sql IMMUTABLE
RETURN to_tsvector('simple', redacted) || CASE WHEN language = 'en' THEN to_tsvector('english', redacted)
                                               ELSE ''::tsvector END;
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

-- Texts that are one text, edited. Who wrote them is neither asked nor stored.
CREATE TABLE campaigns (
    id uuid PRIMARY KEY,
    central uuid REFERENCES texts ON DELETE SET NULL,
    dismissed_by uuid REFERENCES accounts,
    dismissed_at timestamptz,
    CHECK ((dismissed_by IS NULL) = (dismissed_at IS NULL))
);
CREATE INDEX campaigns_central ON campaigns (central);
CREATE INDEX campaigns_dismissed_by ON campaigns (dismissed_by);
CREATE TABLE campaign_members (
    text uuid PRIMARY KEY REFERENCES texts ON DELETE CASCADE,
    campaign uuid NOT NULL REFERENCES campaigns ON DELETE CASCADE
);
CREATE INDEX campaign_members_campaign ON campaign_members (campaign);

-- Two people code a random sample of each quarter's texts without seeing the machine's codes. The
-- seed is drawn once: with the texts and codes of that day it gives the same sample for ever.
CREATE TABLE double_coding_samples (
    quarter date PRIMARY KEY
        CHECK (extract(day FROM quarter) = 1 AND extract(month FROM quarter) IN (1, 4, 7, 10)),
    seed bigint NOT NULL,
    codebook integer NOT NULL REFERENCES codebooks,
    texts integer NOT NULL CHECK (texts > 0),
    drawn_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX double_coding_samples_codebook ON double_coding_samples (codebook);
CREATE TRIGGER double_coding_samples_stay BEFORE UPDATE OR DELETE ON double_coding_samples
    FOR EACH ROW EXECUTE FUNCTION never_again();
-- A text was received in one quarter, so it is in one sample at most; it leaves when it is erased.
CREATE TABLE double_coding_texts (
    text uuid PRIMARY KEY REFERENCES texts ON DELETE CASCADE,
    quarter date NOT NULL REFERENCES double_coding_samples,
    stratum text NOT NULL,
    probability double precision NOT NULL CHECK (probability > 0 AND probability <= 1)
);
CREATE INDEX double_coding_texts_quarter ON double_coding_texts (quarter);
CREATE TRIGGER double_coding_texts_stay BEFORE UPDATE ON double_coding_texts
    FOR EACH ROW EXECUTE FUNCTION never_again();
-- Two seats a text, so that no third person can code it however many click at once.
CREATE TABLE labels (
    text uuid NOT NULL REFERENCES double_coding_texts ON DELETE CASCADE,
    account uuid NOT NULL REFERENCES accounts,
    seat smallint NOT NULL CHECK (seat IN (1, 2)),
    label jsonb NOT NULL CHECK (jsonb_typeof(label) = 'object'),
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (text, account),
    UNIQUE (text, seat)
);
CREATE INDEX labels_account ON labels (account);
CREATE TRIGGER labels_stay BEFORE UPDATE ON labels
    FOR EACH ROW EXECUTE FUNCTION never_again();
CREATE TABLE resolutions (
    text uuid PRIMARY KEY REFERENCES double_coding_texts ON DELETE CASCADE,
    account uuid NOT NULL REFERENCES accounts,
    label jsonb NOT NULL CHECK (jsonb_typeof(label) = 'object'),
    note text NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX resolutions_account ON resolutions (account);
CREATE TRIGGER resolutions_stay BEFORE UPDATE ON resolutions
    FOR EACH ROW EXECUTE FUNCTION never_again();
-- How the machine's confidence in a tone is corrected, fitted on labels; a coder names the one it
-- used.
CREATE TABLE recalibrations (
    version integer PRIMARY KEY CHECK (version > 0),
    definition jsonb NOT NULL,
    fitted_by uuid REFERENCES accounts,
    fitted_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX recalibrations_fitted_by ON recalibrations (fitted_by);
CREATE TRIGGER recalibrations_stay BEFORE UPDATE OR DELETE ON recalibrations
    FOR EACH ROW EXECUTE FUNCTION never_again();

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
