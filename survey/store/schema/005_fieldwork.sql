-- Work with people one by one: sample points that interviewers visit, and people whom the police
-- met.

-- A point that interviewers go to is known by the reference that the organiser's sample has for it,
-- such as A017: no name and no address. An interviewer is a group of collectors, whose secret
-- address opens the list of their points.
CREATE TABLE sample_points (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    survey text NOT NULL REFERENCES surveys (slug),
    reference text NOT NULL CHECK (reference ~ '^[A-Za-z0-9/-]{1,20}$' AND reference ~ '[0-9]'),
    code_digest bytea NOT NULL UNIQUE REFERENCES invitations,
    interviewer uuid REFERENCES collector_groups,
    -- An answer came by its code since it is a point: only then can the interview be sent back.
    answered boolean NOT NULL DEFAULT false,
    sent_back text, -- why, until another interview comes
    sent_back_on date,
    UNIQUE (survey, reference),
    CHECK (num_nulls(sent_back, sent_back_on) IN (0, 2))
);
CREATE INDEX sample_points_interviewer ON sample_points (interviewer);

-- What came of each visit.
CREATE TABLE point_visits (
    point uuid NOT NULL REFERENCES sample_points ON DELETE CASCADE,
    day date NOT NULL,
    part text NOT NULL CHECK (part IN ('morning', 'afternoon', 'evening')),
    outcome text NOT NULL,
    PRIMARY KEY (point, day, part)
);

-- Which answer came from a point, under a digest of its access code itself, which is stored
-- nowhere: so the database alone cannot say it, and whoever sends the interview again can.
CREATE TABLE point_answers (
    mark bytea PRIMARY KEY,
    reference text NOT NULL UNIQUE
);

-- A survey of people whom the police met asks one by one, and each has a code of its own
-- (member_codes), so that whoever was not asked cannot answer. A wave of asking is one file of
-- encounters, of which nothing is stored but what is here. The file with the codes is given back to
-- whoever sent it, with names and addresses that we never keep.
CREATE TABLE encounter_waves (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    survey text NOT NULL REFERENCES surveys,
    made_on date NOT NULL DEFAULT (now() AT TIME ZONE 'Europe/London')::date,
    first_day date NOT NULL,
    last_day date NOT NULL CHECK (last_day >= first_day),
    rules jsonb NOT NULL,     -- who was not to be asked, and how many days had to pass
    left_out jsonb NOT NULL,  -- how many were not asked, by reason
    outcomes jsonb NOT NULL DEFAULT '{}', -- how many invitations came to nothing, by why
    reminded_on date,
    ended jsonb -- the sums over people, which take the place of their rows when a wave ends
);
CREATE INDEX encounter_waves_survey ON encounter_waves (survey);

-- Who was asked in a wave that has not ended: nothing that names a person, and no answer.
CREATE TABLE encounters (
    code_digest bytea PRIMARY KEY REFERENCES member_codes ON DELETE CASCADE,
    wave uuid NOT NULL REFERENCES encounter_waves ON DELETE CASCADE,
    kind text NOT NULL,
    area text NOT NULL REFERENCES areas,
    groups jsonb NOT NULL -- such as {"age": "25-34"}
);
CREATE INDEX encounters_wave ON encounters (wave);
CREATE INDEX encounters_area ON encounters (area);

-- Whom we asked, under a keyed mark of the reference, so that nobody is asked twice for one
-- encounter. Without the file and the key a mark says nothing; it goes after a year.
CREATE TABLE asked_encounters (
    survey text NOT NULL REFERENCES surveys,
    mark bytea NOT NULL,
    asked_on date NOT NULL,
    PRIMARY KEY (survey, mark)
);
CREATE INDEX asked_encounters_day ON asked_encounters (asked_on);
