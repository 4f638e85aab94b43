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
    UNIQUE (slug, version, mode)
);
CREATE INDEX instruments_owner ON instruments (owner);
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
-- Who was drawn, with what chance. A used code says nothing of the answer it opened.
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
-- What a resident has typed and not yet sent; found only with the key in the resident's browser.
CREATE TABLE drafts (
    key_digest bytea PRIMARY KEY,
    content jsonb NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX drafts_expiry ON drafts (expires_at);
