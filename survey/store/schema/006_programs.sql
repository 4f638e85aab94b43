-- Programs of other people: the keys by which they read and send, and webhooks, by which they are
-- told.

-- Keys by which a program reads what the account that made them may read, or sends answers to one
-- survey. Only digests are stored.
CREATE TABLE api_keys (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    name text NOT NULL,
    scopes text[] NOT NULL,
    key_digest bytea NOT NULL UNIQUE,
    made_on date NOT NULL,
    expires_on date NOT NULL,
    last_used_on date,
    survey text REFERENCES surveys ON DELETE CASCADE,
    CHECK (('send answers' = ANY (scopes)) = (survey IS NOT NULL))
);
CREATE INDEX api_keys_account ON api_keys (account);
CREATE INDEX api_keys_survey ON api_keys (survey);

-- A program of somebody else is told that something happened to an answer or a case.
CREATE TABLE webhooks (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    survey text NOT NULL REFERENCES surveys ON DELETE CASCADE, -- the complaint form for cases
    account uuid NOT NULL REFERENCES accounts, -- who set it, and must still be allowed to
    address text NOT NULL CHECK (length(address) BETWEEN 1 AND 500),
    events text[] NOT NULL CHECK (cardinality(events) > 0),
    sealed_secret text NOT NULL, -- signs the messages; sealed with a key that is not here
    state text NOT NULL DEFAULT 'on' CHECK (state IN ('on', 'off', 'failing', 'gone', 'forbidden')),
    -- Answers before it have their messages.
    read_until timestamptz NOT NULL DEFAULT date_trunc('hour', now()),
    -- Of tries that failed since the last one that did not.
    failures integer NOT NULL DEFAULT 0,
    failing_since timestamptz,
    next_try_at timestamptz NOT NULL DEFAULT now(),
    CHECK (read_until = date_trunc('hour', read_until))
);
CREATE INDEX webhooks_survey ON webhooks (survey);
CREATE INDEX webhooks_account ON webhooks (account);

-- What was, or will be, sent to a webhook. `subject` follows from the id of the answer or case and
-- that of the webhook: the same one has the same subject at one receiver, another at the next, and
-- nothing leads back from it. A message is sent when its hour is over.
CREATE TABLE webhook_messages (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    webhook uuid NOT NULL REFERENCES webhooks ON DELETE CASCADE,
    event text NOT NULL,
    subject uuid NOT NULL,
    hour timestamptz NOT NULL DEFAULT date_trunc('hour', now()),
    sent boolean NOT NULL DEFAULT false,
    tries integer NOT NULL DEFAULT 0,
    outcome text NOT NULL DEFAULT '', -- of the last try: a status such as 200, or a word
    tried_at timestamptz,
    UNIQUE (webhook, event, subject, hour),
    CHECK (hour = date_trunc('hour', hour))
);
CREATE INDEX webhook_messages_waiting ON webhook_messages (webhook, id) WHERE NOT sent;
CREATE INDEX webhook_messages_hour ON webhook_messages (hour);

-- What stands for an answer or case in the messages of a webhook.
CREATE FUNCTION event_subject(webhook uuid, thing uuid) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN substr(encode(sha256(uuid_send(webhook) || uuid_send(thing)), 'hex'), 1, 32)::uuid;

-- Notes an event for each webhook of the survey that wants it; twice within an hour is once.
CREATE FUNCTION note_event(happened text, of_survey text, thing uuid) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO webhook_messages (webhook, event, subject)
    SELECT id, happened, event_subject(id, thing) FROM webhooks
     WHERE survey = of_survey AND state = 'on' AND happened = ANY (events)
        ON CONFLICT DO NOTHING
$$;
