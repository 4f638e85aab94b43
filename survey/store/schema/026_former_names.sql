-- What areas were called before they were renamed: a list of the code of an area, its name, and the
-- last day of that name.
ALTER TABLE cities ADD COLUMN former_names jsonb NOT NULL DEFAULT '[]';
