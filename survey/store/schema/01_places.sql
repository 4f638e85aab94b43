-- Where people live. One city an installation; another city is another folder of the same files.
CREATE TABLE cities (
    name text PRIMARY KEY,
    attribution text[] NOT NULL,
    boundaries jsonb,
    synthetic boolean NOT NULL DEFAULT false,
    alone boolean NOT NULL DEFAULT true UNIQUE CHECK (alone) -- so that there is one row at most
);

-- Boroughs, and the area "Not stated".
CREATE TABLE areas (
    code text PRIMARY KEY,
    position integer NOT NULL,
    definition jsonb NOT NULL
);

-- Postcode districts, each with the boroughs in which it lies.
CREATE TABLE districts (
    name text PRIMARY KEY,
    areas text[] NOT NULL
);

CREATE TABLE populations (
    area text NOT NULL REFERENCES areas,
    year integer NOT NULL,
    dimension text NOT NULL CHECK (dimension IN ('total', 'age_sex', 'ethnicity')),
    category text NOT NULL,
    persons integer NOT NULL CHECK (persons >= 0),
    source text NOT NULL,
    published text NOT NULL,
    PRIMARY KEY (area, year, dimension, category)
);
