-- Each file is a version as known on a day; a restated figure stands beside the old one.
CREATE TABLE imports (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source text NOT NULL,
    file text NOT NULL,
    sha256 text NOT NULL,
    known_on date NOT NULL,
    notes text[] NOT NULL,
    account uuid REFERENCES accounts,
    imported_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (source, sha256)
);
CREATE INDEX imports_account ON imports (account);
CREATE TABLE deployment_counts (
    import bigint NOT NULL REFERENCES imports ON DELETE CASCADE,
    source text NOT NULL,
    area text NOT NULL REFERENCES areas,
    start_on date NOT NULL,
    end_on date NOT NULL CHECK (end_on >= start_on),
    measure text NOT NULL CHECK (measure IN ('officer_reports', 'subjects', 'incidents')),
    tactic text NOT NULL,
    category text NOT NULL,
    count integer NOT NULL CHECK (count >= 0),
    PRIMARY KEY (import, area, start_on, end_on, measure, tactic, category)
);
CREATE INDEX deployment_counts_area ON deployment_counts (area);
CREATE INDEX deployment_counts_period ON deployment_counts (source, start_on, end_on);
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
