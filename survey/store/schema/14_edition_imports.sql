-- The newest import when an edition was made: a file that came later on the same day revises what the
-- edition said, and is no new data.
ALTER TABLE edition_inputs ADD COLUMN last_import bigint;
UPDATE edition_inputs p SET last_import = (
    SELECT coalesce(max(i.id), 0) FROM imports i, editions e
     WHERE (e.kind, e.start_on, e.number) = (p.kind, p.start_on, p.number)
       AND i.imported_at <= e.made_at
);

-- As before, and of the imports up to `newest` alone.
DROP FUNCTION standing_figures(date, bigint);
CREATE FUNCTION standing_figures(
    known_by date, last_import bigint, newest bigint DEFAULT 9223372036854775807
)
RETURNS TABLE (
    source text, start_on date, end_on date, measure text, dimension text, import bigint
) LANGUAGE sql STABLE AS $$
    SELECT DISTINCT ON (t.source, t.start_on, t.end_on, t.measure, t.dimension)
           t.source, t.start_on, t.end_on, t.measure, t.dimension, t.import
      FROM told_figures t JOIN imports i ON i.id = t.import
     WHERE (i.known_on, i.id) <= (known_by, last_import) AND i.id <= newest
     ORDER BY t.source, t.start_on, t.end_on, t.measure, t.dimension, i.known_on DESC, i.id DESC
$$;
