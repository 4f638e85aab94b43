-- The day on which a code was made, so that an edition counts those who were asked by its end. Codes
-- from before have none: they count always.
ALTER TABLE invitations ADD COLUMN drawn_on date;
ALTER TABLE invitations ALTER COLUMN drawn_on SET DEFAULT (now() AT TIME ZONE 'Europe/London')::date;

-- Why letters were not answered, as far as somebody wrote it down: how many of a borough, never which.
CREATE TABLE letter_outcomes (
    instrument text NOT NULL REFERENCES surveys,
    stratum text NOT NULL,
    outcome text NOT NULL
        CHECK (outcome IN ('refused', 'not_reached', 'unable', 'undelivered', 'ineligible')),
    letters integer NOT NULL CHECK (letters >= 0),
    PRIMARY KEY (instrument, stratum, outcome)
);
