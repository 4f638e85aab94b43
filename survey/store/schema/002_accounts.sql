-- People who sign in, and what was done by whom. Residents have no accounts.

-- Refuses a change, as a trigger of every table whose rows are records of what happened.
CREATE FUNCTION never_again() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is kept as it is: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'integrity_constraint_violation';
END $$;

-- A statistician checks published figures, with the weighted answers behind an edition. A
-- scrutineer is a member of a scrutiny panel.
CREATE TABLE accounts (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email text NOT NULL CHECK (email = lower(email)) UNIQUE,
    name text NOT NULL,
    role text NOT NULL
        CHECK (role IN ('organiser', 'reviewer', 'administrator', 'statistician', 'scrutineer')),
    password_hash text,
    active boolean NOT NULL DEFAULT true,
    made_at timestamptz NOT NULL DEFAULT now()
);

-- `used_at` is when a session was last used, to within ten minutes: it ends when it is not used for
-- a while.
CREATE TABLE sessions (
    key_digest bytea PRIMARY KEY,
    account uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    expires_at timestamptz NOT NULL,
    used_at timestamptz NOT NULL DEFAULT now()
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

-- What people of the staff pages sent after their session had ended, encrypted, until they sign in
-- again. Apart from residents' drafts, so that neither can take the room of the other.
CREATE TABLE unsent_forms (
    key_digest bytea PRIMARY KEY,
    sealed text NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX unsent_forms_expiry ON unsent_forms (expires_at);

-- A new way into an account, which its owner should know of: shown on their own page for 30 days,
-- and sent to them by email once.
CREATE TABLE account_news (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    news text NOT NULL CHECK (news IN ('password', 'link', 'key')),
    asked_at timestamptz NOT NULL DEFAULT now(),
    due_at timestamptz NOT NULL DEFAULT now(),
    handed_at timestamptz,
    tries integer NOT NULL DEFAULT 0,
    outcome text CHECK (outcome IN ('sent', 'refused', 'unknown'))
);
CREATE INDEX account_news_account ON account_news (account);
CREATE INDEX account_news_waiting ON account_news (due_at) WHERE handed_at IS NULL;

-- Who did what. Nothing in it is ever changed or deleted.
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
