-- What a machine found in the texts of one day. Quotes are kept as the texts they come from, so
-- that what is erased is not quoted any more.
CREATE TABLE discoveries (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    found_at timestamptz NOT NULL DEFAULT now(),
    discovery jsonb NOT NULL
);
-- The texts under a theme figure.
CREATE INDEX codings_themes ON codings USING gin (themes jsonb_path_ops);
