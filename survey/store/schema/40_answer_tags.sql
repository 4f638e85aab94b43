-- What the people who made a survey see of its answers: figures that move in steps, what people wrote
-- with tags of their own, and answers that they marked.

-- The figures as they are shown. They move only when ten people or more have come or gone, so that
-- nobody who looks twice sees what one person answered; no table in it counts fewer than ten people.
CREATE TABLE shown_results (
    instrument text PRIMARY KEY REFERENCES surveys (slug),
    body jsonb,
    -- Single answers and texts are shown that came before these hours. They move when ten more have
    -- come in hours that are over: of who answered just now, nobody can tell which answer is theirs.
    answers_until timestamptz CHECK (answers_until = date_trunc('hour', answers_until)),
    words_until timestamptz CHECK (words_until = date_trunc('hour', words_until))
);

-- From this hour on people were told, before they wrote, that whoever made the survey reads what they
-- write. Until then the pages said that only the working group does. A page that was open when this
-- version started may be sent within two hours, and times are stored to the hour.
CREATE TABLE own_words_promise (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    since timestamptz NOT NULL CHECK (since = date_trunc('hour', since))
);
INSERT INTO own_words_promise (since)
SELECT CASE WHEN EXISTS (SELECT FROM responses) OR EXISTS (SELECT FROM drafts)
            THEN date_trunc('hour', now()) + interval '4 hours' ELSE '-infinity' END;

CREATE TABLE text_tags (
    text uuid NOT NULL REFERENCES texts ON DELETE CASCADE,
    tag text NOT NULL CHECK (length(tag) BETWEEN 1 AND 40),
    account uuid NOT NULL REFERENCES accounts,
    PRIMARY KEY (text, tag)
);
CREATE INDEX text_tags_account ON text_tags (account);

CREATE TABLE answer_flags (
    response uuid PRIMARY KEY REFERENCES responses ON DELETE CASCADE,
    account uuid NOT NULL REFERENCES accounts
);
CREATE INDEX answer_flags_account ON answer_flags (account);

-- The newest answers to a survey are found without a further index entry for each answer.
DROP INDEX responses_instrument;
CREATE INDEX responses_instrument ON responses (instrument, version, mode, received_at);
CREATE INDEX current_codings_instrument ON current_codings (instrument, received_at, text);
