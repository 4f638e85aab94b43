-- Groups of people who collect answers with ODK Collect or another program that speaks OpenRosa. Each
-- group has an address with a secret key. The key is found by its digest; sealed with a key that is not
-- here, it can be shown to the organiser again.
CREATE TABLE collector_groups (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    instrument text NOT NULL REFERENCES surveys (slug),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
    key_digest bytea NOT NULL UNIQUE,
    sealed_key text NOT NULL,
    answers bigint NOT NULL DEFAULT 0, -- how many its phones sent; no answer says which group it came from
    revoked boolean NOT NULL DEFAULT false,
    made_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX collector_groups_survey ON collector_groups (instrument);

-- What phones sent, by the digest of the id that each phone made for an answer: the id is random, so
-- nobody can work it out from the digest. Without a reference the answer was erased or corrected
-- since, and stays away even if a phone sends it once more.
CREATE TABLE phone_answers (
    instance_digest bytea PRIMARY KEY,
    content_digest bytea,
    reference text,
    CHECK (content_digest IS NOT NULL OR reference IS NULL)
);
CREATE UNIQUE INDEX phone_answers_reference ON phone_answers (reference);

-- Files that an answer names and that its phone has still to send, in a request of their own.
CREATE TABLE phone_files (
    mark text PRIMARY KEY, -- of the attachment that it will be
    instance_digest bytea NOT NULL REFERENCES phone_answers ON DELETE CASCADE,
    name_digest bytea NOT NULL,
    item text NOT NULL
);
CREATE INDEX phone_files_answer ON phone_files (instance_digest);
