-- Complaints as cases: what was said, what happened to it, who handles it, and the files of
-- residents. And what staff report at once.

-- A case is followed with its number and a passphrase of which only an Argon2 hash is stored;
-- nobody knows who complained unless they left an address. The columns from `status` to
-- `same_person` are what the events of the case add up to, for the inbox: written with each event,
-- by the rules of what may follow on what.
CREATE TABLE complaints (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    reference text NOT NULL UNIQUE,
    instrument text NOT NULL,
    version integer NOT NULL,
    area text NOT NULL REFERENCES areas,
    language text NOT NULL,
    happened_on date,
    answers jsonb NOT NULL,
    received_at timestamptz NOT NULL DEFAULT date_trunc('hour', now()),
    request_key bytea UNIQUE,
    request_body bytea,
    may_quote text NOT NULL DEFAULT 'no' CHECK (may_quote IN ('no', 'yes', 'withdrawn')),
    passphrase_hash text,
    channel text NOT NULL DEFAULT 'online'
        CHECK (channel IN ('online', 'phone', 'paper', 'in_person')),
    status text NOT NULL DEFAULT 'new' CHECK (status IN
        ('new', 'open', 'waiting', 'decided', 'closed', 'disputed', 'merged')),
    handler uuid REFERENCES accounts,
    due_on date,
    merged_into uuid REFERENCES complaints ON DELETE SET NULL,
    same_person boolean NOT NULL DEFAULT false,
    FOREIGN KEY (instrument, version) REFERENCES instruments (slug, version),
    CHECK (received_at = date_trunc('hour', received_at))
);
CREATE INDEX complaints_instrument ON complaints (instrument, version);
CREATE INDEX complaints_received ON complaints (received_at, id);
CREATE INDEX complaints_area ON complaints (area);
CREATE INDEX complaints_handler ON complaints (handler);
CREATE INDEX complaints_merged_into ON complaints (merged_into);
CREATE INDEX complaints_due ON complaints (due_on, id) WHERE due_on IS NOT NULL;
-- The mark of a request that is sent twice; those of other answers are in request_marks.
CREATE INDEX complaints_marked ON complaints (received_at) WHERE request_key IS NOT NULL;
-- The order of the inbox: by deadline, none last, then the newest.
CREATE INDEX complaints_in_order
    ON complaints ((coalesce(due_on, '9999-01-01'::date)), received_at DESC, id DESC);

-- A new case, for the webhooks that want it.
CREATE FUNCTION note_new_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM note_event('case.created', NEW.instrument, NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER complaints_arrivals_noted AFTER INSERT ON complaints
    FOR EACH ROW EXECUTE FUNCTION note_new_case();

-- What happened to a case, for the webhooks that want it.
CREATE FUNCTION note_case_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM note_event(TG_ARGV[0], OLD.instrument, OLD.id);
    RETURN NULL;
END $$;
CREATE TRIGGER complaints_status_noted AFTER UPDATE OF status ON complaints
    FOR EACH ROW WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION note_case_event('case.status');
CREATE TRIGGER complaints_erasures_noted AFTER DELETE ON complaints
    FOR EACH ROW EXECUTE FUNCTION note_case_event('case.erased');

-- What each complaint is about.
CREATE TABLE allegations (
    complaint uuid NOT NULL REFERENCES complaints ON DELETE CASCADE,
    kind text NOT NULL,
    PRIMARY KEY (complaint, kind)
);

-- Events are only appended; the primary key is the guard against two people at once.
CREATE TABLE case_events (
    complaint uuid NOT NULL REFERENCES complaints ON DELETE CASCADE,
    version integer NOT NULL CHECK (version > 0),
    event jsonb NOT NULL,
    account uuid REFERENCES accounts,
    at timestamptz NOT NULL DEFAULT date_trunc('hour', now()),
    PRIMARY KEY (complaint, version)
);
CREATE INDEX case_events_account ON case_events (account);
CREATE TRIGGER case_events_stay BEFORE UPDATE ON case_events
    FOR EACH ROW EXECUTE FUNCTION never_again();

-- An event goes only with its whole case (erasure deletes the complaint, which is gone by then).
CREATE FUNCTION goes_with_its_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM complaints WHERE id = OLD.complaint) THEN
        RAISE EXCEPTION 'case_events is kept as it is: DELETE refused' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER case_events_go_with_their_case BEFORE DELETE ON case_events
    FOR EACH ROW EXECUTE FUNCTION goes_with_its_case();

-- A change is any event after the first, with which the case came.
CREATE FUNCTION note_case_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM note_event('case.changed', instrument, id) FROM complaints WHERE id = NEW.complaint;
    RETURN NULL;
END $$;
CREATE TRIGGER case_events_noted AFTER INSERT ON case_events
    FOR EACH ROW WHEN (NEW.version > 1) EXECUTE FUNCTION note_case_change();

-- Name and addresses of who complained, sealed with a key that is not in this database. Outside the
-- seal stands only whether emails may be sent.
CREATE TABLE case_contacts (
    complaint uuid PRIMARY KEY REFERENCES complaints ON DELETE CASCADE,
    sealed bytea NOT NULL,
    by_mail boolean NOT NULL
);

-- A browser that opened a case, until the end of the hour in which it may still be in use.
CREATE TABLE case_keys (
    key_digest bytea PRIMARY KEY,
    complaint uuid NOT NULL REFERENCES complaints ON DELETE CASCADE,
    expires_at timestamptz NOT NULL CHECK (expires_at = date_trunc('hour', expires_at))
);
CREATE INDEX case_keys_complaint ON case_keys (complaint);
CREATE INDEX case_keys_expiry ON case_keys (expires_at);

-- On which days a case was opened, and by whom: its owner, or staff by role. The owner sees it, and
-- it says how many come back with their number. No name, no hour and no device.
CREATE TABLE case_openings (
    complaint uuid NOT NULL REFERENCES complaints ON DELETE CASCADE,
    opened_on date NOT NULL,
    by text NOT NULL CHECK (by IN ('owner', 'handler', 'reviewer', 'administrator')),
    PRIMARY KEY (complaint, opened_on, by)
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

-- The complaint as it was before the person who sent it corrected it.
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

-- Mails about a case: to who complained (`account` is null) or to who works on it. The address of
-- the first is in the seal only. No minute: only the hour in which it was asked for is stored.
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

-- A file that a resident sent with an answer or a complaint. Until it is sent it expires and can be
-- found only by its mark, which the answer holds; later staff find it by `id`, which reveals
-- neither mark nor order. A file that waits for the virus scanner is given to nobody. No name,
-- minute or device. A file of a case is encrypted once it is attached (`sealed`).
CREATE TABLE attachments (
    mark text PRIMARY KEY CHECK (mark ~ '^[a-z2-7]{26}$'),
    id uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    instrument text NOT NULL REFERENCES surveys,
    item text NOT NULL,
    media_type text NOT NULL CHECK (media_type ~ '^(image|audio|video|application)/[a-z0-9.+-]+$'),
    body bytea NOT NULL,
    size integer NOT NULL GENERATED ALWAYS AS (octet_length(body)) STORED,
    expires_at timestamptz DEFAULT date_trunc('hour', now()) + interval '3 hours',
    response uuid REFERENCES responses ON DELETE CASCADE,
    complaint uuid REFERENCES complaints ON DELETE CASCADE,
    scan text NOT NULL DEFAULT 'not_scanned'
        CHECK (scan IN ('waiting', 'clean', 'infected', 'not_scanned')),
    sealed boolean NOT NULL DEFAULT false,
    CONSTRAINT attachments_belong CHECK (num_nonnulls(response, complaint, expires_at) = 1),
    CHECK (expires_at = date_trunc('hour', expires_at))
);
-- Encrypted, the largest is 28 bytes longer. Not validated: databases of 2026 got this check
-- without reading all files again.
ALTER TABLE attachments ADD CHECK (size BETWEEN 1 AND 32000100) NOT VALID;
-- These files are compressed already: PostgreSQL need not try.
ALTER TABLE attachments ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE INDEX attachments_instrument ON attachments (instrument);
CREATE INDEX attachments_response ON attachments (response);
CREATE INDEX attachments_complaint ON attachments (complaint);
CREATE INDEX attachments_unscanned ON attachments (mark) WHERE scan = 'waiting';
CREATE INDEX attachments_waiting ON attachments (expires_at) INCLUDE (size)
    WHERE expires_at IS NOT NULL;
CREATE INDEX attachments_sounds ON attachments (id)
    WHERE complaint IS NOT NULL AND media_type LIKE 'audio/%';
CREATE INDEX attachments_unsealed ON attachments (mark) WHERE complaint IS NOT NULL AND NOT sealed;

-- Views of the inbox that somebody named.
CREATE TABLE saved_views (
    account uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    name text NOT NULL,
    query text NOT NULL,
    PRIMARY KEY (account, name)
);

-- What the working group writes often, under a name: a start for a message to a person.
CREATE TABLE reply_templates (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 60),
    body text NOT NULL CHECK (length(body) BETWEEN 1 AND 5000)
);

-- Figures on cases that left as a file: one row for each quarter, as it was first taken, so that no
-- two files of the same days can be compared to find one case.
CREATE TABLE case_figures (
    start_on date PRIMARY KEY,
    end_on date NOT NULL CHECK (end_on > start_on),
    figures jsonb NOT NULL,
    taken_at timestamptz NOT NULL DEFAULT now(),
    by uuid REFERENCES accounts
);
CREATE INDEX case_figures_by ON case_figures (by);
CREATE TRIGGER case_figures_stay BEFORE UPDATE OR DELETE ON case_figures
    FOR EACH ROW EXECUTE FUNCTION never_again();

-- That a case was erased: where it came from and in which week, so that totals can be explained.
-- No number, no kind, no word of it.
CREATE TABLE erased_cases (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    area text NOT NULL REFERENCES areas,
    received_week date NOT NULL CHECK (received_week = date_trunc('week', received_week)::date),
    erased_week date NOT NULL CHECK (erased_week = date_trunc('week', erased_week)::date)
);
CREATE INDEX erased_cases_area ON erased_cases (area);

-- What was erased, so that restoring an older backup can erase it again: a salted digest of the
-- reference, and no time. Whoever holds a reference can ask whether it was erased, and nothing
-- else.
CREATE TABLE erasure_marks (
    salt bytea NOT NULL,
    mark bytea NOT NULL,
    PRIMARY KEY (salt, mark)
);

-- What a person reported at once: no name, no story. It stays as it was reported.
CREATE TABLE raised_alerts (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    kind text NOT NULL CHECK (kind IN ('under_18', 'death', 'serious_injury')),
    area text NOT NULL REFERENCES areas,
    on_day date NOT NULL,
    by uuid NOT NULL REFERENCES accounts,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX raised_alerts_area ON raised_alerts (area);
CREATE INDEX raised_alerts_by ON raised_alerts (by);
CREATE TRIGGER raised_alerts_stay BEFORE UPDATE OR DELETE ON raised_alerts
    FOR EACH ROW EXECUTE FUNCTION never_again();

-- What was reported by mistake: the report stays, with who withdrew it and why.
CREATE TABLE raised_alerts_taken_back (
    alert uuid PRIMARY KEY REFERENCES raised_alerts,
    why text NOT NULL CHECK (why <> ''),
    by uuid NOT NULL REFERENCES accounts,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX raised_alerts_taken_back_by ON raised_alerts_taken_back (by);
CREATE TRIGGER raised_alerts_taken_back_stay BEFORE UPDATE OR DELETE ON raised_alerts_taken_back
    FOR EACH ROW EXECUTE FUNCTION never_again();

-- Who looks after an alert, and what is done about it: the last row of a key counts.
CREATE TABLE alert_assignments (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL,
    owner text NOT NULL,
    action text NOT NULL,
    by uuid NOT NULL REFERENCES accounts,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX alert_assignments_key ON alert_assignments (key, id);
CREATE INDEX alert_assignments_by ON alert_assignments (by);
CREATE TRIGGER alert_assignments_stay BEFORE UPDATE OR DELETE ON alert_assignments
    FOR EACH ROW EXECUTE FUNCTION never_again();
