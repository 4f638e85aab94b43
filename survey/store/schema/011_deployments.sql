-- Counts of the use of force and of searches, and perception figures, as publishers give them.

-- Each file is a version as known on a day; a restated figure is stored next to the old one.
CREATE TABLE imports (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source text NOT NULL,
    file text NOT NULL,
    sha256 text NOT NULL,
    known_on date NOT NULL,
    notes text[] NOT NULL,
    account uuid REFERENCES accounts,
    imported_at timestamptz NOT NULL DEFAULT now(),
    -- Where its figures are public already. 'publisher': its publisher has put out this very table,
    -- which anybody may read here too. All others are public through editions alone: 'reports' are
    -- rows that we add up, 'forms' came one by one, 'plain' came in a format of ours, 'demo' is
    -- made up. 'unknown' is what was imported before we asked.
    origin text NOT NULL
        CHECK (origin IN ('publisher', 'reports', 'forms', 'plain', 'demo', 'unknown')),
    UNIQUE (source, sha256)
);
CREATE INDEX imports_account ON imports (account);

-- Figures of one import. Which measures there are is decided in the program: those of force, and
-- what they are compared with, such as searches, arrests or people there by day.
CREATE TABLE deployment_counts (
    import bigint NOT NULL REFERENCES imports ON DELETE CASCADE,
    source text NOT NULL,
    area text NOT NULL REFERENCES areas,
    start_on date NOT NULL,
    end_on date NOT NULL CHECK (end_on >= start_on),
    measure text NOT NULL CHECK (measure ~ '^[a-z_]{1,40}$'),
    tactic text NOT NULL,
    category text NOT NULL,
    count integer NOT NULL CHECK (count >= 0),
    PRIMARY KEY (import, area, start_on, end_on, measure, tactic, category)
);
CREATE INDEX deployment_counts_area ON deployment_counts (area);
CREATE INDEX deployment_counts_period ON deployment_counts (source, start_on, end_on);

-- What each import covers: a period, measure and dimension (such as 'age'). It replaces an earlier
-- import there, cells that vanished included; what it does not cover stays as it was.
CREATE TABLE told_figures (
    import bigint NOT NULL REFERENCES imports ON DELETE CASCADE,
    source text NOT NULL,
    start_on date NOT NULL,
    end_on date NOT NULL,
    measure text NOT NULL,
    dimension text NOT NULL,
    PRIMARY KEY (import, start_on, end_on, measure, dimension)
);

-- For each of these the import that counts, as known on a day and no later than a given import; of
-- the imports up to `newest` alone.
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

-- Shares of survey answers as a publisher gives them, such as MOPAC's.
CREATE TABLE perceptions (
    import bigint NOT NULL REFERENCES imports ON DELETE CASCADE,
    area text NOT NULL REFERENCES areas,
    quarter_end date NOT NULL,
    item text NOT NULL,
    proportion double precision NOT NULL CHECK (proportion BETWEEN 0 AND 1),
    base integer CHECK (base > 0),
    window_months integer NOT NULL CHECK (window_months > 0),
    PRIMARY KEY (import, area, quarter_end, item)
);
CREATE INDEX perceptions_area ON perceptions (area);
