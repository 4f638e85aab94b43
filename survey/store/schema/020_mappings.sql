-- What the columns of a publisher's tables mean, kept for the next file.
CREATE TABLE column_mappings (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    mapping jsonb NOT NULL,
    account uuid REFERENCES accounts,
    saved_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX column_mappings_account ON column_mappings (account);

-- A file that somebody chose and whose columns are being matched; deleted once it is imported, by
-- whoever chose it, or after a week. `mapping` has no source until its columns were said.
CREATE TABLE held_tables (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account uuid NOT NULL REFERENCES accounts,
    file text NOT NULL,
    content bytea NOT NULL,
    known_on date NOT NULL,
    mapping jsonb NOT NULL,
    follows integer REFERENCES column_mappings ON DELETE SET NULL,
    expires_at timestamptz NOT NULL DEFAULT now() + interval '7 days'
);
CREATE INDEX held_tables_account ON held_tables (account);
CREATE INDEX held_tables_follows ON held_tables (follows);
CREATE INDEX held_tables_expires ON held_tables (expires_at);
