-- Days that the working group marks on the series of editions, such as a change of policy.
CREATE TABLE marked_events (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    day date NOT NULL,
    label text NOT NULL CHECK (label <> ''),
    note text NOT NULL DEFAULT '',
    UNIQUE (day, label)
);
