-- How a survey is handed out, and who asks: what may change after publishing without a new version,
-- because it is no part of what was asked.
CREATE TABLE survey_settings (
    slug text PRIMARY KEY REFERENCES surveys ON DELETE CASCADE,
    -- Fields of the instrument that hold instead of those of its newest version: whether it is listed,
    -- who asks, how to reach them, the last words and the next step.
    shown jsonb NOT NULL DEFAULT '{}',
    password_hash text NOT NULL DEFAULT '', -- Argon2
    embedded_by text[] NOT NULL DEFAULT '{}', -- origins of the websites that may show its card
    logo bytea,
    logo_tag text NOT NULL DEFAULT '', -- of the picture, so that a browser may remember it
    CHECK ((logo IS NULL) = (logo_tag = ''))
);

-- The ways on which people come to a survey, each with a short link of its own.
CREATE TABLE survey_ways (
    code text PRIMARY KEY CHECK (code ~ '^[2-9A-Z]{7}$'),
    slug text NOT NULL REFERENCES surveys ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN
        ('address', 'link', 'poster', 'card', 'whatsapp', 'mail', 'embed', 'named')),
    name text NOT NULL DEFAULT '' CHECK ((name <> '') = (kind = 'named')),
    UNIQUE (slug, kind, name)
);

-- How many began and how many sent, by way and week. Two counters that are only ever added to: a row
-- names no answer and no device, has no day and no hour, and nothing in an answer leads to it. So
-- even a count of 1 says that somebody began in that week, and not who. How many sent is shown from
-- the usual floor on only, because who sees one answer by its week could else see how it came.
CREATE TABLE way_weeks (
    code text NOT NULL REFERENCES survey_ways ON DELETE CASCADE,
    week date NOT NULL CHECK (extract(isodow FROM week) = 1),
    begun integer NOT NULL DEFAULT 0 CHECK (begun >= 0),
    sent integer NOT NULL DEFAULT 0 CHECK (sent >= 0),
    PRIMARY KEY (code, week)
);
