-- A third kind of survey, of people whom the police met and who were asked one by one. What they
-- answer is never pooled with what anybody may send or what people drawn by chance say. Each has a
-- code of its own (member_codes), so that whoever was not asked cannot answer.
DO $$
DECLARE old record;
BEGIN
    -- By what they say: their names depend on the version in which a database was made.
    FOR old IN
        SELECT conrelid::regclass AS place, conname FROM pg_constraint
         WHERE contype = 'c' AND conrelid IN ('surveys'::regclass, 'instruments'::regclass)
           AND pg_get_constraintdef(oid) LIKE '%mode = ANY%'
        UNION ALL
        SELECT conrelid::regclass, conname FROM pg_constraint
         WHERE contype = 'c' AND conrelid = 'responses'::regclass
           AND pg_get_constraintdef(oid) LIKE '%mode = ''open''%num_nulls%'
    LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', old.place, old.conname);
    END LOOP;
END $$;
ALTER TABLE surveys ADD CONSTRAINT surveys_mode CHECK (mode IN ('sampled', 'open', 'met'));
ALTER TABLE instruments ADD CONSTRAINT instruments_mode CHECK (mode IN ('sampled', 'open', 'met'));
ALTER TABLE responses ADD CONSTRAINT responses_without_design
    CHECK ((mode <> 'sampled') = (num_nulls(stratum, psu, probability) = 3));

-- A wave of asking: one file of encounters, of which nothing is stored but what is here. The file
-- with the codes is given back to whoever sent it, with names and addresses that we never keep.
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
