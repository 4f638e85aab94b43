-- Keys by which a program reads what the account that made them may read. Only digests are stored.
CREATE TABLE api_keys (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    name text NOT NULL,
    scopes text[] NOT NULL,
    key_digest bytea NOT NULL UNIQUE,
    made_on date NOT NULL,
    expires_on date NOT NULL,
    last_used_on date
);
CREATE INDEX api_keys_account ON api_keys (account);
