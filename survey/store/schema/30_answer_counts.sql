-- How often each answer was given, so that a page about a survey reads a few hundred rows and not a
-- million responses. They count the responses that are in answer_sums: a trigger keeps both together.

CREATE TABLE answer_counts (
    instrument text NOT NULL,
    version integer NOT NULL,
    item text NOT NULL,
    answer text NOT NULL, -- '' is how many people answered at all
    answers bigint NOT NULL,
    PRIMARY KEY (instrument, version, item, answer),
    FOREIGN KEY (instrument, version) REFERENCES instruments (slug, version)
);

-- Responses to a survey, in any version, by the Monday of their week in London.
CREATE TABLE week_counts (
    instrument text NOT NULL REFERENCES surveys (slug),
    week date NOT NULL CHECK (extract(isodow FROM week) = 1),
    answers bigint NOT NULL,
    PRIMARY KEY (instrument, week)
);

CREATE FUNCTION week_of(at timestamptz) RETURNS date LANGUAGE sql STABLE PARALLEL SAFE
RETURN date_trunc('week', at AT TIME ZONE 'Europe/London')::date;

-- The questions of a version that have few answers to choose from: others would have a row for every
-- date or number that anybody gave.
CREATE FUNCTION counted_questions(definition jsonb) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN ARRAY(
    SELECT jsonb_path_query(definition, 'strict $.** ? (@.type == "choice" || @.type == "choices"
               || @.type == "agreement" || @.type == "scale" || @.type == "range"
               || @.type == "consent").name') #>> '{}'
    UNION
    SELECT jsonb_path_query(definition, 'strict $.** ? (@.type == "grid").rows[*].name') #>> '{}'
);

-- What a response adds to answer_counts, once each: its questions, and every answer; each of several
-- choices counts.
CREATE FUNCTION counted_answers(answers jsonb, questions text[])
RETURNS TABLE (item text, answer text) LANGUAGE sql IMMUTABLE PARALLEL SAFE BEGIN ATOMIC
    SELECT a.key, one.answer
      FROM jsonb_each(answers) a
     CROSS JOIN LATERAL (
           SELECT '' AS answer
            UNION ALL
           -- The CASE, because PostgreSQL refuses to take apart what is not an array.
           SELECT jsonb_array_elements_text(
                      CASE jsonb_typeof(a.value) WHEN 'array' THEN a.value ELSE '[]' END)
            UNION ALL
           SELECT a.value #>> '{}' WHERE jsonb_typeof(a.value) NOT IN ('array', 'object', 'null')
           ) one
     WHERE a.key = ANY (questions);
END;

-- Materialised, here and below, or the questions would be looked for again for every response.
WITH asked AS MATERIALIZED (
    SELECT slug, version, counted_questions(definition) AS questions FROM instruments
)
INSERT INTO answer_counts
SELECT r.instrument, r.version, c.item, c.answer, count(*)
  FROM responses r JOIN asked i ON (i.slug, i.version) = (r.instrument, r.version)
 CROSS JOIN LATERAL counted_answers(r.answers, i.questions) c
 WHERE r.summed
 GROUP BY 1, 2, 3, 4;
INSERT INTO week_counts
SELECT instrument, week_of(received_at), count(*) FROM responses WHERE summed GROUP BY 1, 2;

-- In a fixed order, so that two workers never wait for each other in a circle.
CREATE FUNCTION count_summed_answers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH asked AS MATERIALIZED (
        SELECT slug, version, counted_questions(definition) AS questions FROM instruments
         WHERE (slug, version) IN (SELECT instrument, version FROM after_update)
    )
    INSERT INTO answer_counts AS kept
    SELECT r.instrument, r.version, c.item, c.answer, sum(CASE WHEN r.summed THEN 1 ELSE -1 END)
      FROM after_update r
      JOIN before_update b ON b.id = r.id AND b.summed <> r.summed
      JOIN asked i ON (i.slug, i.version) = (r.instrument, r.version)
     CROSS JOIN LATERAL counted_answers(r.answers, i.questions) c
     GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
        ON CONFLICT (instrument, version, item, answer)
        DO UPDATE SET answers = kept.answers + excluded.answers;
    INSERT INTO week_counts AS kept
    SELECT r.instrument, week_of(r.received_at), sum(CASE WHEN r.summed THEN 1 ELSE -1 END)
      FROM after_update r JOIN before_update b ON b.id = r.id AND b.summed <> r.summed
     GROUP BY 1, 2 ORDER BY 1, 2
        ON CONFLICT (instrument, week) DO UPDATE SET answers = kept.answers + excluded.answers;
    RETURN NULL;
END $$;
CREATE TRIGGER responses_are_counted AFTER UPDATE ON responses
    REFERENCING OLD TABLE AS before_update NEW TABLE AS after_update
    FOR EACH STATEMENT EXECUTE FUNCTION count_summed_answers();
