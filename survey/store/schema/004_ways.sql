-- How people come to a survey and how their answers come back: links, letters, tablets, phones,
-- paper.

-- The ways on which people come to a survey, each with a short link of its own.
CREATE TABLE survey_ways (
    code text PRIMARY KEY CHECK (code ~ '^[2-9A-Z]{7}$'),
    slug text NOT NULL REFERENCES surveys ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN
        ('address', 'link', 'poster', 'card', 'whatsapp', 'mail', 'embed', 'named')),
    name text NOT NULL DEFAULT '' CHECK ((name <> '') = (kind = 'named')),
    UNIQUE (slug, kind, name)
);

-- How many began and how many sent, by way and week. Two counters that are only ever added to: a
-- row names no answer and no device, has no day and no hour, and nothing in an answer leads to it.
-- So even a count of 1 says that somebody began in that week, and not who. How many sent is shown
-- from the usual floor on only, because who sees one answer by its week could else see how it came.
CREATE TABLE way_weeks (
    code text NOT NULL REFERENCES survey_ways ON DELETE CASCADE,
    week date NOT NULL CHECK (extract(isodow FROM week) = 1),
    begun integer NOT NULL DEFAULT 0 CHECK (begun >= 0),
    sent integer NOT NULL DEFAULT 0 CHECK (sent >= 0),
    PRIMARY KEY (code, week)
);

-- Who was drawn, with what chance. A used code says nothing about the answer that it opened.
CREATE TABLE invitations (
    code_digest bytea PRIMARY KEY,
    instrument text NOT NULL,
    version integer NOT NULL,
    mode text NOT NULL DEFAULT 'sampled' CHECK (mode = 'sampled'),
    stratum text NOT NULL,
    psu text NOT NULL,
    probability double precision NOT NULL CHECK (probability > 0 AND probability <= 1),
    used boolean NOT NULL DEFAULT false,
    -- The day on which the code was made, so that an edition counts those who were asked by its
    -- end. Codes from before this was known have none: they count always.
    drawn_on date DEFAULT (now() AT TIME ZONE 'Europe/London')::date,
    FOREIGN KEY (instrument, version, mode) REFERENCES instruments (slug, version, mode)
);
CREATE INDEX invitations_instrument ON invitations (instrument, version, mode);

-- Why letters were not answered, as far as somebody wrote it down: how many of an area, never
-- which.
CREATE TABLE letter_outcomes (
    instrument text NOT NULL REFERENCES surveys,
    stratum text NOT NULL,
    outcome text NOT NULL
        CHECK (outcome IN ('refused', 'not_reached', 'unable', 'undelivered', 'ineligible')),
    letters integer NOT NULL CHECK (letters >= 0),
    PRIMARY KEY (instrument, stratum, outcome)
);

-- The link by which a device asks a survey as a kiosk: one a survey, until its organiser ends it.
-- The code opens what waits on the device; neither opens anything here.
CREATE TABLE kiosks (
    survey text PRIMARY KEY REFERENCES surveys (slug) ON DELETE CASCADE,
    token text NOT NULL UNIQUE,
    code text NOT NULL
);

-- Marks of answers that came from kiosks, made with a key that is not here: a device may be without
-- a line for weeks after an answer arrived whose receipt was lost. They name no answer.
CREATE TABLE kiosk_marks (
    mark bytea PRIMARY KEY,
    received_on date NOT NULL DEFAULT current_date
);
CREATE INDEX kiosk_marks_received ON kiosk_marks (received_on);

-- Groups of people who collect answers with ODK Collect or another program that speaks OpenRosa.
-- Each group has an address with a secret key. The key is found by its digest; sealed with a key
-- that is not here, it can be shown to the organiser again.
CREATE TABLE collector_groups (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    instrument text NOT NULL REFERENCES surveys (slug),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
    key_digest bytea NOT NULL UNIQUE,
    sealed_key text NOT NULL,
    -- How many its phones sent; no answer says which group it came from.
    answers bigint NOT NULL DEFAULT 0,
    revoked boolean NOT NULL DEFAULT false,
    made_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX collector_groups_survey ON collector_groups (instrument);

-- Where to send forms on paper.
CREATE TABLE paper_settings (
    survey text PRIMARY KEY REFERENCES surveys,
    send_to text NOT NULL DEFAULT '', -- the lines of an address
    twice boolean NOT NULL DEFAULT false -- whether each numbered form is typed in by two people
);

-- Which numbers were printed.
CREATE TABLE paper_batches (
    survey text NOT NULL REFERENCES surveys,
    first_number integer NOT NULL CHECK (first_number > 0),
    last_number integer NOT NULL CHECK (last_number >= first_number),
    made_on date NOT NULL DEFAULT (now() AT TIME ZONE 'Europe/London')::date,
    PRIMARY KEY (survey, first_number)
);

-- Forms that were typed in. What was typed waits here until two copies agree or somebody decides,
-- and is deleted once it counts: nothing then says which answer came from which form.
CREATE TABLE paper_forms (
    survey text NOT NULL REFERENCES surveys,
    number integer NOT NULL,
    first_copy jsonb,
    -- Of the page on which it was typed, so that the same page sent twice is one copy.
    first_key text,
    second_copy jsonb,
    counted boolean NOT NULL DEFAULT false,
    PRIMARY KEY (survey, number),
    CHECK (NOT counted OR num_nonnulls(first_copy, first_key, second_copy) = 0),
    CHECK (num_nulls(first_copy, first_key) IN (0, 2)
           AND (second_copy IS NULL OR first_copy IS NOT NULL))
);
