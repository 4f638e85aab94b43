-- Answers of residents, and the sums from which editions are made.

-- What a resident has typed and not yet sent; found only with the key in the resident's browser.
CREATE TABLE drafts (
    key_digest bytea PRIMARY KEY,
    content jsonb NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX drafts_expiry ON drafts (expires_at);

-- Times on the resident's side are stored to the hour. The mode is part of the key that ties a
-- response to its instrument, so a sampled answer can never be stored as an open one.
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
    -- Marks by which a request that is sent twice is known again, made with a key that is not here.
    request_key bytea UNIQUE,
    request_body bytea,
    -- Whether the words may be quoted: asked on the form, counted as no until the person says yes.
    may_quote text NOT NULL DEFAULT 'no' CHECK (may_quote IN ('no', 'yes', 'withdrawn')),
    summed boolean NOT NULL DEFAULT false, -- whether it is in answer_sums
    FOREIGN KEY (instrument, version, mode) REFERENCES instruments (slug, version, mode),
    CHECK ((mode = 'sampled') = (num_nulls(stratum, psu, probability) = 0)),
    CHECK ((mode = 'open') = (num_nulls(stratum, psu, probability) = 3)),
    CHECK (received_at = date_trunc('hour', received_at))
);
CREATE INDEX responses_instrument ON responses (instrument, version, mode);
CREATE INDEX responses_received ON responses (received_at, id);
CREATE INDEX responses_area ON responses (area);
CREATE INDEX responses_to_be_summed ON responses (id) WHERE NOT summed;

-- What is in the sums has to be taken out of them before it may change or go.
CREATE FUNCTION stays_as_summed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a response that is in the sums stays as it is: take it out first'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER responses_stay_as_summed BEFORE DELETE OR UPDATE OF
    instrument, version, mode, area, answers, stratum, psu, probability, received_at
    ON responses FOR EACH ROW WHEN (OLD.summed) EXECUTE FUNCTION stays_as_summed();

-- Sums over people alike (survey/surveys/sums.py says what each number is): an edition reads these
-- and never the answers. Cells share few places and few kinds of people, so each place and kind is
-- written once and has a number: reading texts took longest. Of people who were not drawn, stratum
-- and PSU are '' and the probability 0.
CREATE TABLE answer_draws (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    area text NOT NULL REFERENCES areas,
    stratum text NOT NULL,
    psu text NOT NULL,
    probability double precision NOT NULL,
    UNIQUE (area, stratum, psu, probability)
);
CREATE TABLE answer_kinds (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text[] NOT NULL UNIQUE
);
-- The 1 at the end of some names is left from an earlier table of this name: databases of 2026 have
-- it.
CREATE TABLE answer_sums (
    instrument text NOT NULL,
    version integer NOT NULL,
    mode text NOT NULL,
    since date NOT NULL CONSTRAINT answer_sums_since_check1
        CHECK (since = greatest(date_trunc('week', since), date_trunc('month', since))),
    draw integer NOT NULL REFERENCES answer_draws,
    kind integer NOT NULL REFERENCES answer_kinds,
    persons bigint NOT NULL CONSTRAINT answer_sums_persons_check1 CHECK (persons > 0),
    sums bigint[] NOT NULL,
    PRIMARY KEY (instrument, version, since, draw, kind),
    CONSTRAINT answer_sums_instrument_version_mode_fkey1
        FOREIGN KEY (instrument, version, mode) REFERENCES instruments (slug, version, mode)
);
CREATE INDEX answer_sums_instrument ON answer_sums (instrument, version, mode);
CREATE INDEX answer_sums_since ON answer_sums (since);
CREATE INDEX answer_sums_draw ON answer_sums (draw);
CREATE INDEX answer_sums_kind ON answer_sums (kind);

CREATE FUNCTION add_each(bigint[], bigint[]) RETURNS bigint[] LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(array_agg(coalesce(a, 0) + coalesce(b, 0) ORDER BY i), '{}')
      FROM unnest($1, $2) WITH ORDINALITY AS u (a, b, i)
$$;

-- One week of the index as it was estimated from the sums; deleted as soon as one of them changes.
CREATE TABLE index_weeks (
    week date NOT NULL CHECK (extract(isodow FROM week) = 1),
    basis text NOT NULL,
    body jsonb NOT NULL,
    PRIMARY KEY (week, basis)
);
-- A week must not be stored from sums that somebody is changing: who changes sums holds a shared
-- lock until the end of the transaction, and who would store a week has to find nobody
-- (survey/store/surveys/sums.py).
CREATE FUNCTION forget_index_weeks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(5502);
    DELETE FROM index_weeks
     WHERE week IN (SELECT date_trunc('week', since)::date FROM changed);
    RETURN NULL;
END $$;
CREATE TRIGGER answer_sums_added AFTER INSERT ON answer_sums
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION forget_index_weeks();
CREATE TRIGGER answer_sums_moved AFTER UPDATE ON answer_sums
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION forget_index_weeks();
CREATE TRIGGER answer_sums_gone AFTER DELETE ON answer_sums
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION forget_index_weeks();
