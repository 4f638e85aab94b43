-- Where people live: the city, its areas and postcode districts, and how many people live there.

-- One city an installation; another city is another folder of the same files.
CREATE TABLE cities (
    name text PRIMARY KEY,
    attribution text[] NOT NULL,
    boundaries jsonb,
    synthetic boolean NOT NULL DEFAULT false,
    alone boolean NOT NULL DEFAULT true UNIQUE CHECK (alone), -- so that there is one row at most
    -- What is known to be true of a made-up city; the editions of a demonstration print it.
    ground_truth text NOT NULL DEFAULT ''
);

-- Boroughs, and the area "Not stated".
CREATE TABLE areas (
    code text PRIMARY KEY,
    position integer NOT NULL,
    definition jsonb NOT NULL
);

-- Postcode districts, each with the areas in which it lies.
CREATE TABLE districts (
    name text PRIMARY KEY,
    areas text[] NOT NULL
);

-- How many people live in an area, as a census or an estimate says. `disability` is of residents of
-- 16 and older: how many are disabled, where a census says so.
CREATE TABLE populations (
    area text NOT NULL REFERENCES areas,
    year integer NOT NULL,
    dimension text NOT NULL CONSTRAINT populations_dimension
        CHECK (dimension IN ('total', 'age_sex', 'ethnicity', 'disability')),
    category text NOT NULL,
    persons integer NOT NULL CHECK (persons >= 0),
    source text NOT NULL,
    published text NOT NULL,
    PRIMARY KEY (area, year, dimension, category)
);
