-- What the working group writes often, under a name: a start for a message to a person.
CREATE TABLE reply_templates (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 60),
    body text NOT NULL CHECK (length(body) BETWEEN 1 AND 5000)
);
