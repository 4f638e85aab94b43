-- Times on the resident's side are kept to the hour. The stream is part of the key that ties a
-- response to its instrument, so a sampled answer can never be kept as an open one.
CREATE TABLE responses (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    reference text NOT NULL UNIQUE,
    instrument text NOT NULL,
    version integer NOT NULL,
    mode text NOT NULL,
    area text NOT NULL REFERENCES areas,
    language text NOT NULL,
    answers jsonb NOT NULL,
    stratum text,
    psu text,
    probability double precision,
    received_at timestamptz NOT NULL DEFAULT date_trunc('hour', now()),
    request_key bytea UNIQUE,
    request_body bytea,
    FOREIGN KEY (instrument, version, mode) REFERENCES instruments (slug, version, mode),
    CHECK ((mode = 'sampled') = (num_nulls(stratum, psu, probability) = 0)),
    CHECK ((mode = 'open') = (num_nulls(stratum, psu, probability) = 3)),
    CHECK (received_at = date_trunc('hour', received_at))
);
CREATE INDEX responses_instrument ON responses (instrument, version, mode);
CREATE INDEX responses_received ON responses (received_at, id);
CREATE INDEX responses_area ON responses (area);
