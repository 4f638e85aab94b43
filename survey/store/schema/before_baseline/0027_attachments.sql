-- A file that a resident sent. The mark is what the answer holds, and the only way to the file
-- before a response has taken it; after that the organiser's address of it is `id`, which tells
-- neither mark nor order. What no response takes is forgotten. No name, no minute, no device.
CREATE TABLE attachments (
    mark text PRIMARY KEY CHECK (mark ~ '^[a-z2-7]{26}$'),
    id uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    instrument text NOT NULL REFERENCES surveys,
    item text NOT NULL,
    media_type text NOT NULL CHECK (media_type IN
        ('image/jpeg', 'image/png', 'image/webp', 'image/gif', 'application/pdf')),
    body bytea NOT NULL,
    size integer NOT NULL GENERATED ALWAYS AS (octet_length(body)) STORED
        CHECK (size BETWEEN 1 AND 8000000),
    expires_at timestamptz DEFAULT date_trunc('hour', now()) + interval '3 hours',
    response uuid REFERENCES responses ON DELETE CASCADE,
    CHECK ((response IS NULL) <> (expires_at IS NULL)),
    CHECK (expires_at = date_trunc('hour', expires_at))
);
ALTER TABLE attachments ALTER COLUMN body SET STORAGE EXTERNAL; -- these files are squeezed already
CREATE INDEX attachments_instrument ON attachments (instrument);
CREATE INDEX attachments_response ON attachments (response);
CREATE INDEX attachments_waiting ON attachments (expires_at) INCLUDE (size) WHERE response IS NULL;
