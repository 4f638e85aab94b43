-- A case is followed with its number and a passphrase of which only an Argon2 hash is kept; who
-- lodged it stays unknown unless they left an address. What its events add up to stands beside
-- them, for the inbox: written with each event, by the rules of survey/complaints.py.
ALTER TABLE complaints
    ADD COLUMN passphrase_hash text,
    ADD COLUMN channel text NOT NULL DEFAULT 'online'
        CHECK (channel IN ('online', 'phone', 'paper', 'in_person')),
    ADD COLUMN status text NOT NULL DEFAULT 'new' CHECK (status IN
        ('new', 'open', 'waiting', 'decided', 'closed', 'disputed', 'merged')),
    ADD COLUMN handler uuid REFERENCES accounts,
    ADD COLUMN due_on date,
    ADD COLUMN merged_into uuid REFERENCES complaints ON DELETE SET NULL,
    ADD COLUMN same_person boolean NOT NULL DEFAULT false;
CREATE INDEX complaints_handler ON complaints (handler);
CREATE INDEX complaints_merged_into ON complaints (merged_into);
CREATE INDEX complaints_due ON complaints (due_on, id) WHERE due_on IS NOT NULL;
UPDATE complaints c SET status = CASE l.kind WHEN 'acknowledged' THEN 'open' WHEN 'reopened' THEN 'open'
           WHEN 'outcome' THEN 'decided' WHEN 'closed' THEN 'closed' ELSE 'new' END
  FROM (SELECT DISTINCT ON (complaint) complaint, event ->> 'kind' AS kind
          FROM case_events ORDER BY complaint, version DESC) l
 WHERE l.complaint = c.id;
-- Name and addresses of who lodged it, sealed with a key that is not in this database; whether an
-- e-mail may be sent is all that is told outside the seal.
CREATE TABLE case_contacts (
    complaint uuid PRIMARY KEY REFERENCES complaints ON DELETE CASCADE,
    sealed bytea NOT NULL,
    by_mail boolean NOT NULL
);
-- A browser that opened a case, until the hour is over in which it may still be at it.
CREATE TABLE case_keys (
    key_digest bytea PRIMARY KEY,
    complaint uuid NOT NULL REFERENCES complaints ON DELETE CASCADE,
    expires_at timestamptz NOT NULL CHECK (expires_at = date_trunc('hour', expires_at))
);
CREATE INDEX case_keys_complaint ON case_keys (complaint);
CREATE INDEX case_keys_expiry ON case_keys (expires_at);
-- How often a number was tried in an hour, whether there is such a case or not.
CREATE TABLE case_attempts (
    number_digest bytea NOT NULL,
    hour timestamptz NOT NULL CHECK (hour = date_trunc('hour', hour)),
    tries integer NOT NULL,
    PRIMARY KEY (number_digest, hour)
);
-- What the person and the working group wrote to each other; each came with an event.
CREATE TABLE case_messages (
    complaint uuid NOT NULL REFERENCES complaints ON DELETE CASCADE,
    version integer NOT NULL,
    body text NOT NULL,
    language text NOT NULL,
    PRIMARY KEY (complaint, version),
    FOREIGN KEY (complaint, version) REFERENCES case_events ON DELETE CASCADE
);
-- The record as it stood before its owner corrected it.
CREATE TABLE case_earlier (
    complaint uuid NOT NULL REFERENCES complaints ON DELETE CASCADE,
    version integer NOT NULL,
    area text NOT NULL REFERENCES areas,
    answers jsonb NOT NULL,
    allegations text[] NOT NULL,
    texts jsonb NOT NULL,
    PRIMARY KEY (complaint, version),
    FOREIGN KEY (complaint, version) REFERENCES case_events ON DELETE CASCADE
);
CREATE INDEX case_earlier_area ON case_earlier (area);
-- What a person decided to mask of a text, each decision beside those before it.
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
INSERT INTO case_words
SELECT DISTINCT ON (t.id) t.id, words_of(d.redacted, t.language)
  FROM texts t JOIN codings d ON d.text = t.id
 WHERE t.complaint IS NOT NULL
 ORDER BY t.id, d.codebook DESC, d.coded_at DESC, d.coder_version DESC;
-- Mails on a case: to who lodged it (`account` is null) or to who works on it. The address of the
-- first stands in the seal only. No minute: the hour is all that is kept of when it was asked for.
CREATE TABLE case_mails (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    complaint uuid NOT NULL REFERENCES complaints ON DELETE CASCADE,
    version integer NOT NULL,
    account uuid REFERENCES accounts,
    asked_at timestamptz NOT NULL DEFAULT date_trunc('hour', now()),
    due_at timestamptz NOT NULL DEFAULT date_trunc('hour', now()),
    handed_at timestamptz,
    tries integer NOT NULL DEFAULT 0,
    outcome text CHECK (outcome IN ('sent', 'refused', 'unknown')),
    UNIQUE NULLS NOT DISTINCT (complaint, version, account),
    FOREIGN KEY (complaint, version) REFERENCES case_events ON DELETE CASCADE
);
CREATE INDEX case_mails_account ON case_mails (account);
CREATE INDEX case_mails_waiting ON case_mails (due_at) WHERE handed_at IS NULL;
CREATE TABLE saved_views (
    account uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    name text NOT NULL,
    query text NOT NULL,
    PRIMARY KEY (account, name)
);
-- That a case was erased: where it came from and in which week, so that totals stay explainable.
-- No number, no kind, no word of it.
CREATE TABLE erased_cases (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    area text NOT NULL REFERENCES areas,
    received_week date NOT NULL CHECK (received_week = date_trunc('week', received_week)::date),
    erased_week date NOT NULL CHECK (erased_week = date_trunc('week', erased_week)::date)
);
CREATE INDEX erased_cases_area ON erased_cases (area);
-- Files of complaints: sound and moving pictures too, and larger ones. A file that waits for the
-- scanner is given to nobody.
ALTER TABLE attachments
    ADD COLUMN complaint uuid REFERENCES complaints ON DELETE CASCADE,
    ADD COLUMN scan text NOT NULL DEFAULT 'not_scanned'
        CHECK (scan IN ('waiting', 'clean', 'infected', 'not_scanned')),
    DROP CONSTRAINT attachments_media_type_check,
    DROP CONSTRAINT attachments_size_check,
    DROP CONSTRAINT attachments_check,
    ADD CHECK (media_type ~ '^(image|audio|video|application)/[a-z0-9.+-]+$'),
    ADD CHECK (size BETWEEN 1 AND 32000000),
    ADD CONSTRAINT attachments_belong CHECK (num_nonnulls(response, complaint, expires_at) = 1);
CREATE INDEX attachments_complaint ON attachments (complaint);
CREATE INDEX attachments_unscanned ON attachments (mark) WHERE scan = 'waiting';
DROP INDEX attachments_waiting;
CREATE INDEX attachments_waiting ON attachments (expires_at) INCLUDE (size) WHERE expires_at IS NOT NULL;
