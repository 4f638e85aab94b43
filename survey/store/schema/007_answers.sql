-- Answers of residents, and the sums and counts from which editions and pages are made.

-- What a resident has typed and not yet sent; found only with the key in the resident's browser.
CREATE TABLE drafts (
    key_digest bytea PRIMARY KEY,
    content jsonb NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX drafts_expiry ON drafts (expires_at);

-- The id of what arrives: a UUID of version 7 (RFC 9562) whose time is the full hour and whose
-- other bits are random. New rows then go next to each other in an index, and no id reveals the
-- minute or the order within the hour.
CREATE FUNCTION hour_id(at timestamptz) RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE
RETURN (lpad(to_hex(extract(epoch FROM date_trunc('hour', at))::bigint * 1000), 12, '0')
        || '7' || substr(gen_random_uuid()::text, 16))::uuid;

-- Times on the resident's side are stored to the hour. The mode is part of the key that ties a
-- response to its instrument, so a sampled answer can never be stored as an open one.
CREATE TABLE responses (
    id uuid PRIMARY KEY DEFAULT hour_id(now()),
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
    -- Whether the words may be quoted: asked on the form, counted as no until the person says yes.
    may_quote text NOT NULL DEFAULT 'no' CHECK (may_quote IN ('no', 'yes', 'withdrawn')),
    summed boolean NOT NULL DEFAULT false, -- whether it is in answer_sums
    -- Whether it counts toward the thresholds from which live results are shown. Decided when it
    -- arrives, by how many came from one source: no source is stored.
    opens_results boolean NOT NULL DEFAULT true,
    FOREIGN KEY (instrument, version, mode) REFERENCES instruments (slug, version, mode),
    CHECK ((mode = 'sampled') = (num_nulls(stratum, psu, probability) = 0)),
    CONSTRAINT responses_without_design
        CHECK ((mode <> 'sampled') = (num_nulls(stratum, psu, probability) = 3)),
    CHECK (received_at = date_trunc('hour', received_at))
);
-- The newest answers to a survey are found by it too, without a further index entry for each
-- answer.
CREATE INDEX responses_instrument ON responses (instrument, version, mode, received_at);
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

-- New answers are not noted here, since storing them must stay fast: a job reads them when their
-- hour is over.
CREATE FUNCTION note_response_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM note_event(TG_ARGV[0], OLD.instrument, OLD.id);
    RETURN NULL;
END $$;
CREATE TRIGGER responses_changes_noted AFTER UPDATE OF answers, area, language ON responses
    FOR EACH ROW WHEN ((OLD.answers, OLD.area, OLD.language)
                       IS DISTINCT FROM (NEW.answers, NEW.area, NEW.language))
    EXECUTE FUNCTION note_response_event('response.changed');
CREATE TRIGGER responses_erasures_noted AFTER DELETE ON responses
    FOR EACH ROW EXECUTE FUNCTION note_response_event('response.erased');

-- Marks by which a request that is sent twice is known again, made with a key that is not here.
-- They are forgotten after hours, so they have a small table of their own, and an index finds old
-- ones.
CREATE TABLE request_marks (
    request_key bytea PRIMARY KEY,
    request_body bytea NOT NULL,
    reference text NOT NULL, -- of the response
    received_at timestamptz NOT NULL DEFAULT date_trunc('hour', now()),
    CHECK (received_at = date_trunc('hour', received_at))
);
CREATE INDEX request_marks_received ON request_marks (received_at, reference);

-- Answers to a survey that were erased, here or where it came from, for the package in which the
-- survey is moved: a digest of the answer's random id, which nobody can guess as a reference can
-- be. A package of an older version has salted digests of references: they stay what they were, and
-- count for its own survey only.
CREATE TABLE survey_erasures (
    survey text NOT NULL REFERENCES surveys (slug),
    salt bytea NOT NULL,
    mark bytea NOT NULL,
    PRIMARY KEY (survey, salt, mark)
);

-- Answers that look like spam wait here until an organiser counts them or throws them away. They
-- are no responses: nothing that counts responses can meet them.
CREATE TABLE held_answers (
    reference text PRIMARY KEY,
    survey text NOT NULL REFERENCES surveys,
    version integer NOT NULL,
    area text NOT NULL REFERENCES areas,
    language text NOT NULL,
    answers jsonb NOT NULL,
    texts jsonb NOT NULL,
    may_quote text NOT NULL CHECK (may_quote IN ('no', 'yes', 'withdrawn')),
    -- Many came from one connection in a short time, a field was filled in that no person sees, or
    -- the solution of the puzzle was missing (survey_settings.asks_proof).
    why text NOT NULL CHECK (why IN ('burst', 'decoy', 'unproven')),
    received_at timestamptz NOT NULL DEFAULT date_trunc('hour', now()),
    FOREIGN KEY (survey, version) REFERENCES instruments (slug, version),
    CHECK (received_at = date_trunc('hour', received_at))
);
CREATE INDEX held_answers_survey ON held_answers (survey, version);
CREATE INDEX held_answers_area ON held_answers (area);

-- Uploads of many answers at once, each of which can be undone whole.
CREATE TABLE answer_uploads (
    -- Made with the page that asks, so that it is stored once however often it is sent.
    id uuid PRIMARY KEY,
    survey text NOT NULL REFERENCES surveys,
    number integer NOT NULL, -- by which people call it: 1, 2, 3 in each survey
    made_on date NOT NULL DEFAULT (now() AT TIME ZONE 'Europe/London')::date,
    answers integer NOT NULL CHECK (answers > 0), -- how many were stored
    undone_on date,
    UNIQUE (survey, number)
);

-- Which answers came with an upload, and a keyed mark of the row each was read from, by which a
-- file that is sent again is noticed. An answer that is erased takes its mark with it.
CREATE TABLE uploaded_answers (
    reference text PRIMARY KEY,
    upload uuid NOT NULL REFERENCES answer_uploads,
    row_mark bytea NOT NULL
);
CREATE INDEX uploaded_answers_upload ON uploaded_answers (upload);
CREATE INDEX uploaded_answers_mark ON uploaded_answers (row_mark);

-- What phones sent, by the digest of the id that each phone made for an answer: the id is random,
-- so nobody can work it out from the digest. Without a reference the answer was erased or corrected
-- since, and stays away even if a phone sends it once more.
CREATE TABLE phone_answers (
    instance_digest bytea PRIMARY KEY,
    content_digest bytea,
    reference text,
    CHECK (content_digest IS NOT NULL OR reference IS NULL)
);
CREATE UNIQUE INDEX phone_answers_reference ON phone_answers (reference);

-- Files that an answer names and that its phone has still to send, in a request of their own.
CREATE TABLE phone_files (
    mark text PRIMARY KEY, -- of the attachment that it will be
    instance_digest bytea NOT NULL REFERENCES phone_answers ON DELETE CASCADE,
    name_digest bytea NOT NULL,
    item text NOT NULL
);
CREATE INDEX phone_files_answer ON phone_files (instance_digest);

-- Answers that the people who made a survey have marked.
CREATE TABLE answer_flags (
    response uuid PRIMARY KEY REFERENCES responses ON DELETE CASCADE,
    account uuid NOT NULL REFERENCES accounts
);
CREATE INDEX answer_flags_account ON answer_flags (account);

-- Sums over people alike (the program's module of sums says what each number is): an edition reads
-- these and never the answers. Cells share few places and few kinds of people, so each place and
-- kind is written once and has a number: reading texts took longest. Of people who were not drawn,
-- stratum and PSU are '' and the probability 0.
CREATE TABLE answer_draws (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    area text NOT NULL REFERENCES areas,
    stratum text NOT NULL,
    psu text NOT NULL,
    probability double precision NOT NULL,
    UNIQUE (area, stratum, psu, probability)
);

-- The kinds of people, each a list of groups such as {16-24,male}.
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

-- The sum of two lists of numbers, place by place; the shorter one goes on with zeros.
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
-- lock until the end of the transaction, and who would store a week has to find nobody.
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

-- Months of answers that were written as Parquet files (docs/decisions/0029-archive.md). The files
-- hold exactly the answers that are in answer_sums. A change of a month's sums makes its files
-- stale: they hold an answer that was erased or corrected since, or lack one.
CREATE TABLE archive_months (
    month date PRIMARY KEY CHECK (month = date_trunc('month', month)),
    place text NOT NULL CHECK (place <> ''), -- the folder or address that holds all months
    files jsonb NOT NULL,
    persons bigint NOT NULL CHECK (persons > 0),
    stale boolean NOT NULL DEFAULT false,
    written_on date NOT NULL DEFAULT current_date
);

-- By name after the triggers above, whose lock keeps changes apart from the moment in which a month
-- is recorded. Only a rebuild of the sums from the same answers sets soundings.same_answers, for
-- its own transaction.
CREATE FUNCTION mark_stale_months() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('soundings.same_answers', true) IS DISTINCT FROM 'on' THEN
        WITH marked AS (
            UPDATE archive_months SET stale = true
             WHERE NOT stale
               AND month IN (SELECT date_trunc('month', since)::date FROM changed)
            RETURNING 1
        )
        INSERT INTO jobs (kind) SELECT 'archive_months' WHERE EXISTS (SELECT FROM marked);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER archive_after_added AFTER INSERT ON answer_sums
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION mark_stale_months();
CREATE TRIGGER archive_after_moved AFTER UPDATE ON answer_sums
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION mark_stale_months();
CREATE TRIGGER archive_after_gone AFTER DELETE ON answer_sums
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION mark_stale_months();

-- How often each answer was given, so that a page about a survey reads a few hundred rows and not a
-- million responses. They count the responses that are in answer_sums: a trigger keeps both
-- together.
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

-- The Monday of the week in London.
CREATE FUNCTION week_of(at timestamptz) RETURNS date LANGUAGE sql STABLE PARALLEL SAFE
RETURN date_trunc('week', at AT TIME ZONE 'Europe/London')::date;

-- The questions of a version that have few answers to choose from: others would have a row for
-- every date or number that anybody gave.
CREATE FUNCTION counted_questions(definition jsonb) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN ARRAY(
    SELECT jsonb_path_query(definition, 'strict $.** ? (@.type == "choice" || @.type == "choices"
               || @.type == "agreement" || @.type == "scale" || @.type == "range"
               || @.type == "consent").name') #>> '{}'
    UNION
    SELECT jsonb_path_query(definition, 'strict $.** ? (@.type == "grid").rows[*].name') #>> '{}'
);

-- What a response adds to answer_counts, once each: its questions, and every answer; each of
-- several choices counts.
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

-- What is counted anew. In a fixed order, so that two workers never wait for each other in a
-- circle. The questions are materialised, or they would be looked for again for every response.
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

-- A count that falls to nobody goes: a row that says 0 still says what somebody answered, and after
-- an erasure nothing may.
CREATE FUNCTION delete_empty_counts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM answer_counts
     WHERE answers = 0
       AND (instrument, version) IN (SELECT instrument, version FROM after_update WHERE NOT summed);
    DELETE FROM week_counts
     WHERE answers = 0 AND instrument IN (SELECT instrument FROM after_update WHERE NOT summed);
    RETURN NULL;
END $$;
-- By name after responses_are_counted, which has locked what is 0 now.
CREATE TRIGGER responses_are_uncounted AFTER UPDATE ON responses
    REFERENCING NEW TABLE AS after_update
    FOR EACH STATEMENT EXECUTE FUNCTION delete_empty_counts();

-- The figures as they are shown. They move only when ten people or more have come or gone, so that
-- nobody who looks twice sees what one person answered; no table in it counts fewer than ten
-- people.
CREATE TABLE shown_results (
    instrument text PRIMARY KEY REFERENCES surveys (slug),
    body jsonb,
    -- Single answers and texts are shown that came before these hours. They move when ten more have
    -- come in hours that are over: of who answered just now, nobody can tell which answer is
    -- theirs.
    answers_until timestamptz CHECK (answers_until = date_trunc('hour', answers_until)),
    words_until timestamptz CHECK (words_until = date_trunc('hour', words_until))
);

-- From this hour on people were told, before they wrote, that whoever made the survey reads what
-- they write. Until then the pages said that only the working group does; a new database never said
-- so.
CREATE TABLE own_words_promise (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    since timestamptz NOT NULL CHECK (since = date_trunc('hour', since))
);
INSERT INTO own_words_promise (since) VALUES ('-infinity');
