-- What an organiser sets for a survey and may change after publishing, so it is no part of a version.
-- Surveys without a row have no limits, and their answers are stored without asking for any.
CREATE TABLE survey_limits (
    survey text PRIMARY KEY REFERENCES surveys,
    opens date,  -- these two come before the days of the version
    closes date CHECK (closes >= opens),
    -- How each person answers once: not at all, by a mark on the device, by a code each.
    one_each text NOT NULL DEFAULT 'none' CHECK (one_each IN ('none', 'device', 'code'))
);

-- At most so many answers from a borough and from groups of people, such as {"age": "16-24"}; from
-- everybody if neither is given. `answers` says how many are stored, those of all versions; whoever
-- changes it holds the row of survey_limits.
CREATE TABLE quotas (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    survey text NOT NULL REFERENCES survey_limits,
    area text REFERENCES areas,
    groups jsonb NOT NULL DEFAULT '{}',
    most integer NOT NULL CHECK (most > 0),
    answers integer NOT NULL DEFAULT 0 CHECK (answers >= 0),
    UNIQUE NULLS NOT DISTINCT (survey, area, groups)
);
CREATE INDEX quotas_area ON quotas (area);

-- Codes of an open survey, one for each member. They are apart from invitations, which have a chance
-- of being drawn: so no answer by one of these can be taken for one of a sample. A used code says
-- nothing about the answer that it opened.
CREATE TABLE member_codes (
    code_digest bytea PRIMARY KEY,
    survey text NOT NULL REFERENCES survey_limits,
    used boolean NOT NULL DEFAULT false,
    made_on date NOT NULL DEFAULT (now() AT TIME ZONE 'Europe/London')::date
);
CREATE INDEX member_codes_survey ON member_codes (survey);
