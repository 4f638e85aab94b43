-- Webhooks: a program of somebody else is told that something happened to an answer or a case. And keys
-- with which a program sends answers to one survey.

ALTER TABLE api_keys ADD COLUMN survey text REFERENCES surveys ON DELETE CASCADE;
ALTER TABLE api_keys ADD CHECK (('send answers' = ANY (scopes)) = (survey IS NOT NULL));
CREATE INDEX api_keys_survey ON api_keys (survey);

CREATE TABLE webhooks (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    survey text NOT NULL REFERENCES surveys ON DELETE CASCADE, -- the complaint form for cases
    account uuid NOT NULL REFERENCES accounts, -- who set it, and must still be allowed to
    address text NOT NULL CHECK (length(address) BETWEEN 1 AND 500),
    events text[] NOT NULL CHECK (cardinality(events) > 0),
    sealed_secret text NOT NULL, -- signs the messages; sealed with a key that is not here
    state text NOT NULL DEFAULT 'on' CHECK (state IN ('on', 'off', 'failing', 'gone', 'forbidden')),
    read_until timestamptz NOT NULL DEFAULT date_trunc('hour', now()), -- answers before it have their messages
    -- Of tries that failed since the last one that did not.
    failures integer NOT NULL DEFAULT 0,
    failing_since timestamptz,
    next_try_at timestamptz NOT NULL DEFAULT now(),
    CHECK (read_until = date_trunc('hour', read_until))
);
CREATE INDEX webhooks_survey ON webhooks (survey);
CREATE INDEX webhooks_account ON webhooks (account);

-- What was, or will be, sent to a webhook. `subject` follows from the id of the answer or case and that
-- of the webhook: the same one has the same subject at one receiver, another at the next, and nothing
-- leads back from it. A message is sent when its hour is over.
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

CREATE FUNCTION event_subject(webhook uuid, thing uuid) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN substr(encode(sha256(uuid_send(webhook) || uuid_send(thing)), 'hex'), 1, 32)::uuid;

-- Notes an event for each webhook of the survey that wants it; twice within an hour is once.
CREATE FUNCTION note_event(happened text, of_survey text, thing uuid) RETURNS void LANGUAGE sql AS $$
    INSERT INTO webhook_messages (webhook, event, subject)
    SELECT id, happened, event_subject(id, thing) FROM webhooks
     WHERE survey = of_survey AND state = 'on' AND happened = ANY (events)
        ON CONFLICT DO NOTHING
$$;

-- New answers are not noted here, since storing them must stay fast: a job reads them when their hour is
-- over.
CREATE FUNCTION note_response_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM note_event(TG_ARGV[0], OLD.instrument, OLD.id);
    RETURN NULL;
END $$;
CREATE TRIGGER responses_changes_noted AFTER UPDATE OF answers, area, language ON responses
    FOR EACH ROW WHEN ((OLD.answers, OLD.area, OLD.language)
                       IS DISTINCT FROM (NEW.answers, NEW.area, NEW.language))
    EXECUTE FUNCTION note_response_event('response.changed');
CREATE TRIGGER responses_erasures_noted AFTER DELETE ON responses
    FOR EACH ROW EXECUTE FUNCTION note_response_event('response.erased');

CREATE FUNCTION note_new_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM note_event('case.created', NEW.instrument, NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER complaints_arrivals_noted AFTER INSERT ON complaints
    FOR EACH ROW EXECUTE FUNCTION note_new_case();
CREATE FUNCTION note_case_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM note_event(TG_ARGV[0], OLD.instrument, OLD.id);
    RETURN NULL;
END $$;
CREATE TRIGGER complaints_status_noted AFTER UPDATE OF status ON complaints
    FOR EACH ROW WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION note_case_event('case.status');
CREATE TRIGGER complaints_erasures_noted AFTER DELETE ON complaints
    FOR EACH ROW EXECUTE FUNCTION note_case_event('case.erased');
CREATE FUNCTION note_case_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM note_event('case.changed', instrument, id) FROM complaints WHERE id = NEW.complaint;
    RETURN NULL;
END $$;
CREATE TRIGGER case_events_noted AFTER INSERT ON case_events
    FOR EACH ROW WHEN (NEW.version > 1) EXECUTE FUNCTION note_case_change();
