-- People who sign in, and what was done by whom. Residents have no accounts.
CREATE TABLE accounts (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email text NOT NULL CHECK (email = lower(email)) UNIQUE,
    name text NOT NULL,
    role text NOT NULL CHECK (role IN ('organiser', 'reviewer', 'administrator')),
    password_hash text,
    active boolean NOT NULL DEFAULT true,
    made_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE sessions (
    key_digest bytea PRIMARY KEY,
    account uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_account ON sessions (account);
CREATE INDEX sessions_expiry ON sessions (expires_at);

-- A link that signs one person in once, for the demonstration and for a first password.
CREATE TABLE sign_in_links (
    key_digest bytea PRIMARY KEY,
    account uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    expires_at timestamptz NOT NULL
);
CREATE INDEX sign_in_links_account ON sign_in_links (account);

-- Refuses a change, as a trigger of every table whose rows are records of what happened.
CREATE FUNCTION never_again() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is kept as it is: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TABLE audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    account uuid REFERENCES accounts,
    act text NOT NULL,
    subject text NOT NULL,
    detail jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_account ON audit (account);
CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION never_again();
