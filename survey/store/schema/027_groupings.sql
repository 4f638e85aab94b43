-- Groups of areas that are also looked at together, such as basic command units: a list of groupings,
-- each with its name and its groups (code, name, codes of areas).
ALTER TABLE cities ADD COLUMN groupings jsonb NOT NULL DEFAULT '[]';
