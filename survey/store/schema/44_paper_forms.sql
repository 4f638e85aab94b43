-- Forms on paper: where to send them, which numbers were printed, and what was typed in from them.
CREATE TABLE paper_settings (
    survey text PRIMARY KEY REFERENCES surveys,
    send_to text NOT NULL DEFAULT '', -- the lines of an address
    twice boolean NOT NULL DEFAULT false -- whether each numbered form is typed in by two people
);

CREATE TABLE paper_batches (
    survey text NOT NULL REFERENCES surveys,
    first_number integer NOT NULL CHECK (first_number > 0),
    last_number integer NOT NULL CHECK (last_number >= first_number),
    made_on date NOT NULL DEFAULT (now() AT TIME ZONE 'Europe/London')::date,
    PRIMARY KEY (survey, first_number)
);

-- Forms that were typed in. What was typed waits here until two copies agree or somebody decides, and
-- is deleted once it counts: nothing then says which answer came from which form.
CREATE TABLE paper_forms (
    survey text NOT NULL REFERENCES surveys,
    number integer NOT NULL,
    first_copy jsonb,
    first_key text, -- of the page on which it was typed, so that the same page sent twice is one copy
    second_copy jsonb,
    counted boolean NOT NULL DEFAULT false,
    PRIMARY KEY (survey, number),
    CHECK (NOT counted OR num_nonnulls(first_copy, first_key, second_copy) = 0),
    CHECK (num_nulls(first_copy, first_key) IN (0, 2) AND (second_copy IS NULL OR first_copy IS NOT NULL))
);
