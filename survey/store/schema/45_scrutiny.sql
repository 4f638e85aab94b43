-- Community scrutiny panels: people of a community judge records of the use of force, or of stops
-- and searches, that were drawn by chance. Of a file only the drawn records are stored.
ALTER TABLE accounts DROP CONSTRAINT accounts_role_check,
    ADD CONSTRAINT accounts_role_check
    CHECK (role IN ('organiser', 'reviewer', 'administrator', 'statistician', 'scrutineer'));

CREATE TABLE scrutiny_panels (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL UNIQUE,
    about text NOT NULL DEFAULT '',
    areas text[] NOT NULL DEFAULT '{}', -- codes of boroughs; none means the whole city
    rule jsonb NOT NULL, -- how records are drawn, and what a record may show
    reasons text[] NOT NULL, -- what members may give as the reason of a mark
    made_on date NOT NULL DEFAULT (now() AT TIME ZONE 'Europe/London')::date,
    closed boolean NOT NULL DEFAULT false
);

-- Training and vetting are noted by their days alone.
CREATE TABLE scrutiny_members (
    panel uuid NOT NULL REFERENCES scrutiny_panels,
    account uuid NOT NULL REFERENCES accounts,
    chairs boolean NOT NULL DEFAULT false,
    term_from date NOT NULL,
    term_to date NOT NULL, -- the last day
    trained_on date,
    vetted_on date,
    PRIMARY KEY (panel, account),
    CHECK (term_to >= term_from)
);
CREATE INDEX scrutiny_members_account ON scrutiny_members (account);

-- What a member says of themselves, if they want to, so that the panel can be compared with the
-- census of its area: the category by dimension, such as sex or ethnicity.
CREATE TABLE scrutiny_descriptions (
    panel uuid NOT NULL,
    account uuid NOT NULL,
    groups jsonb NOT NULL,
    PRIMARY KEY (panel, account),
    FOREIGN KEY (panel, account) REFERENCES scrutiny_members
);

-- Area, rule and reasons are copied from the panel when the seed is fixed, and do not change from
-- then on. Each step has its time: none can be taken twice or out of order.
CREATE TABLE scrutiny_meetings (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    panel uuid NOT NULL REFERENCES scrutiny_panels,
    number integer NOT NULL CHECK (number > 0), -- 1, 2, 3 in each panel
    held_on date NOT NULL,
    areas text[],
    rule jsonb,
    reasons text[],
    seed text,
    seeded_at timestamptz,
    sealed_sha256 text, -- of the file, if the force had handed it over before the seed was fixed
    file_name text,
    file_sha256 text,
    drawn_at timestamptz,
    drawn_sha256 text, -- of the references drawn, in order
    draw jsonb, -- the strata with their numbers, and how many records were left out and why
    marking_at timestamptz, -- when members began to mark alone
    alone_closed_at timestamptz, -- when they had all marked, and saw what the others had said
    closed_at timestamptz,
    cancelled_at timestamptz,
    cancelled_because text,
    UNIQUE (panel, number),
    CHECK (num_nulls(areas, rule, reasons, seed, seeded_at) IN (0, 5)),
    CHECK (num_nulls(file_name, file_sha256, drawn_at, drawn_sha256, draw) IN (0, 5)),
    CHECK (num_nulls(cancelled_at, cancelled_because) IN (0, 2)),
    CHECK (drawn_at IS NULL OR seeded_at IS NOT NULL),
    CHECK (marking_at IS NULL OR drawn_at IS NOT NULL),
    CHECK (alone_closed_at IS NULL OR marking_at IS NOT NULL),
    CHECK (closed_at IS NULL OR alone_closed_at IS NOT NULL)
);

-- Who takes part in a meeting. The seat stands for a member wherever marks are counted.
CREATE TABLE scrutiny_attendance (
    meeting uuid NOT NULL REFERENCES scrutiny_meetings,
    account uuid NOT NULL REFERENCES accounts,
    seat integer NOT NULL CHECK (seat > 0),
    PRIMARY KEY (meeting, account),
    UNIQUE (meeting, seat)
);
CREATE INDEX scrutiny_attendance_account ON scrutiny_attendance (account);

-- The records drawn, with the fields that the rule lets them show; texts are masked before they
-- are stored, and the words under a mask are nowhere.
CREATE TABLE scrutiny_records (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    meeting uuid NOT NULL REFERENCES scrutiny_meetings,
    number integer NOT NULL CHECK (number > 0),
    reference text NOT NULL,
    stratum text NOT NULL,
    fields jsonb NOT NULL,
    UNIQUE (meeting, number),
    UNIQUE (meeting, reference)
);

CREATE TABLE scrutiny_marks (
    record uuid NOT NULL REFERENCES scrutiny_records,
    account uuid NOT NULL REFERENCES accounts,
    colour text NOT NULL CHECK (colour IN ('green', 'amber', 'red', 'unsure')),
    reasons text[] NOT NULL DEFAULT '{}',
    words text NOT NULL DEFAULT '',
    watched_video boolean NOT NULL DEFAULT false,
    PRIMARY KEY (record, account)
);
CREATE INDEX scrutiny_marks_account ON scrutiny_marks (account);

-- A member who knows somebody in a record steps aside: they neither see nor mark it.
CREATE TABLE scrutiny_conflicts (
    record uuid NOT NULL REFERENCES scrutiny_records,
    account uuid NOT NULL REFERENCES accounts,
    stepped_on date NOT NULL DEFAULT (now() AT TIME ZONE 'Europe/London')::date,
    PRIMARY KEY (record, account)
);
CREATE INDEX scrutiny_conflicts_account ON scrutiny_conflicts (account);

CREATE TABLE scrutiny_joint_marks (
    record uuid PRIMARY KEY REFERENCES scrutiny_records,
    colour text NOT NULL CHECK (colour IN ('green', 'amber', 'red', 'unsure')),
    reasons text[] NOT NULL DEFAULT '{}',
    words text NOT NULL DEFAULT '',
    minority jsonb NOT NULL DEFAULT '[]' -- views that differ: colour and words, without a name
);
