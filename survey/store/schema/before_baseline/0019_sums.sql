-- Sums over people alike (survey/sums.py says what each number is): an edition reads these and
-- never the answers. Of people who were not drawn, stratum and PSU are '' and the probability 0.
CREATE TABLE answer_sums (
    instrument text NOT NULL,
    version integer NOT NULL,
    mode text NOT NULL,
    area text NOT NULL REFERENCES areas,
    since date NOT NULL CHECK (since = greatest(date_trunc('week', since), date_trunc('month', since))),
    stratum text NOT NULL,
    psu text NOT NULL,
    probability double precision NOT NULL,
    kind text[] NOT NULL,
    persons bigint NOT NULL CHECK (persons > 0),
    sums bigint[] NOT NULL,
    PRIMARY KEY (instrument, version, since, area, stratum, psu, probability, kind),
    FOREIGN KEY (instrument, version, mode) REFERENCES instruments (slug, version, mode)
);
CREATE INDEX answer_sums_instrument ON answer_sums (instrument, version, mode);
CREATE INDEX answer_sums_area ON answer_sums (area);
CREATE INDEX answer_sums_since ON answer_sums (since);
CREATE FUNCTION add_each(bigint[], bigint[]) RETURNS bigint[] LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(array_agg(coalesce(a, 0) + coalesce(b, 0) ORDER BY i), '{}')
      FROM unnest($1, $2) WITH ORDINALITY AS u (a, b, i)
$$;
-- What is in the sums has to be taken out of them before it may change or go.
ALTER TABLE responses ADD COLUMN summed boolean NOT NULL DEFAULT false;
CREATE INDEX responses_to_be_summed ON responses (id) WHERE NOT summed;
CREATE FUNCTION stays_as_summed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a response that is in the sums stays as it is: take it out first'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER responses_stay_as_summed BEFORE DELETE OR UPDATE OF
    instrument, version, mode, area, answers, stratum, psu, probability, received_at
    ON responses FOR EACH ROW WHEN (OLD.summed) EXECUTE FUNCTION stays_as_summed();
-- One week of the index as it was estimated from the sums; gone as soon as one of them changes.
CREATE TABLE index_weeks (
    week date NOT NULL CHECK (extract(isodow FROM week) = 1),
    basis text NOT NULL,
    body jsonb NOT NULL,
    PRIMARY KEY (week, basis)
);
CREATE FUNCTION forget_index_weeks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
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
INSERT INTO pgqueuer (priority, status, entrypoint) SELECT 0, 'queued', 'code_texts'
 WHERE EXISTS (SELECT FROM responses);
