-- The id of what arrives: a UUID of version 7 (RFC 9562) whose time is the full hour and whose
-- other bits are random. New rows then go next to each other in an index, and no id reveals the minute or
-- the order within the hour.
CREATE FUNCTION hour_id(at timestamptz) RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE
RETURN (lpad(to_hex(extract(epoch FROM date_trunc('hour', at))::bigint * 1000), 12, '0')
        || '7' || substr(gen_random_uuid()::text, 16))::uuid;
ALTER TABLE responses ALTER COLUMN id SET DEFAULT hour_id(now());
ALTER TABLE texts ALTER COLUMN id SET DEFAULT hour_id(now());

-- Marks by which a request that is sent twice is known again, made with a key that is not here.
-- They are forgotten after hours, so they have a small table of their own, and an index finds old ones.
CREATE TABLE request_marks (
    request_key bytea PRIMARY KEY,
    request_body bytea NOT NULL,
    reference text NOT NULL, -- of the response
    received_at timestamptz NOT NULL DEFAULT date_trunc('hour', now()),
    CHECK (received_at = date_trunc('hour', received_at))
);
CREATE INDEX request_marks_received ON request_marks (received_at, reference);
INSERT INTO request_marks
SELECT request_key, request_body, reference, received_at FROM responses
 WHERE num_nulls(request_key, request_body) = 0;
ALTER TABLE responses DROP COLUMN request_key, DROP COLUMN request_body;

-- Complaints are few and keep theirs; which of them have one is read from an index too.
CREATE INDEX complaints_marked ON complaints (received_at) WHERE request_key IS NOT NULL;
