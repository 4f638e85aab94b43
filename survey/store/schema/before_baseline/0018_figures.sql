-- A stop and search is none of the three measures of force.
ALTER TABLE deployment_counts
    DROP CONSTRAINT deployment_counts_measure_check,
    ADD CONSTRAINT deployment_counts_measure_check
        CHECK (measure IN ('officer_reports', 'subjects', 'incidents', 'searches'));
-- What each import speaks for: a period, measure and dimension (such as 'age'). It takes the place
-- of an earlier one there, cells that vanished included; what it does not tell stands.
CREATE TABLE told_figures (
    import bigint NOT NULL REFERENCES imports ON DELETE CASCADE,
    source text NOT NULL,
    start_on date NOT NULL,
    end_on date NOT NULL,
    measure text NOT NULL,
    dimension text NOT NULL,
    PRIMARY KEY (import, start_on, end_on, measure, dimension)
);
INSERT INTO told_figures
SELECT DISTINCT import, source, start_on, end_on, measure, split_part(category, ':', 1)
  FROM deployment_counts;
CREATE FUNCTION standing_figures(known_by date, last_import bigint)
RETURNS TABLE (
    source text, start_on date, end_on date, measure text, dimension text, import bigint
) LANGUAGE sql STABLE AS $$
    SELECT DISTINCT ON (t.source, t.start_on, t.end_on, t.measure, t.dimension)
           t.source, t.start_on, t.end_on, t.measure, t.dimension, t.import
      FROM told_figures t JOIN imports i ON i.id = t.import
     WHERE (i.known_on, i.id) <= (known_by, last_import)
     ORDER BY t.source, t.start_on, t.end_on, t.measure, t.dimension, i.known_on DESC, i.id DESC
$$;
