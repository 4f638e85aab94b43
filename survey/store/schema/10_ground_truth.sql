-- What is known to be true of a made-up city; the editions of a demonstration print it.
ALTER TABLE cities ADD COLUMN ground_truth text NOT NULL DEFAULT '';
