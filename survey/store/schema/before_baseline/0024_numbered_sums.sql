-- Cells share few places and few kinds of people: each is written once and has a number, so that an
-- edition reads numbers instead of texts.
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
INSERT INTO answer_draws (area, stratum, psu, probability)
    SELECT DISTINCT area, stratum, psu, probability FROM answer_sums ORDER BY 1, 2, 3, 4;
INSERT INTO answer_kinds (kind) SELECT DISTINCT kind FROM answer_sums ORDER BY 1;
ALTER TABLE answer_sums RENAME TO in_words;
ALTER INDEX answer_sums_pkey RENAME TO in_words_pkey;
CREATE TABLE answer_sums (
    instrument text NOT NULL,
    version integer NOT NULL,
    mode text NOT NULL,
    since date NOT NULL CHECK (since = greatest(date_trunc('week', since), date_trunc('month', since))),
    draw integer NOT NULL REFERENCES answer_draws,
    kind integer NOT NULL REFERENCES answer_kinds,
    persons bigint NOT NULL CHECK (persons > 0),
    sums bigint[] NOT NULL,
    PRIMARY KEY (instrument, version, since, draw, kind),
    FOREIGN KEY (instrument, version, mode) REFERENCES instruments (slug, version, mode)
);
INSERT INTO answer_sums
    SELECT instrument, version, mode, since, d.id, k.id, persons, sums
      FROM in_words JOIN answer_draws d USING (area, stratum, psu, probability)
           JOIN answer_kinds k USING (kind);
DROP TABLE in_words;
CREATE INDEX answer_sums_instrument ON answer_sums (instrument, version, mode);
CREATE INDEX answer_sums_since ON answer_sums (since);
CREATE INDEX answer_sums_draw ON answer_sums (draw);
CREATE INDEX answer_sums_kind ON answer_sums (kind);
CREATE TRIGGER answer_sums_added AFTER INSERT ON answer_sums
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION forget_index_weeks();
CREATE TRIGGER answer_sums_moved AFTER UPDATE ON answer_sums
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION forget_index_weeks();
CREATE TRIGGER answer_sums_gone AFTER DELETE ON answer_sums
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION forget_index_weeks();
