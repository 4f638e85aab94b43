-- What other places like this one publish, as their sites gave it last.

-- `editions` are the newest of each kind; `failure` says why the last try brought nothing.
CREATE TABLE other_places (
    address text PRIMARY KEY,
    editions jsonb NOT NULL DEFAULT '[]',
    read_at timestamptz,
    failure text NOT NULL DEFAULT ''
);
