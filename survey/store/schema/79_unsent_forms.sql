-- What people of the staff pages sent after their session had ended, encrypted, until they sign in
-- again. Apart from residents' drafts, so that neither can take the room of the other.
CREATE TABLE unsent_forms (
    key_digest bytea PRIMARY KEY,
    sealed text NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX unsent_forms_expiry ON unsent_forms (expires_at);
