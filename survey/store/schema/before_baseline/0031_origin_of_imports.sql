-- Where an import's figures are public already. 'publisher': its publisher has put out this very
-- table, which anybody may read here too. All others are told by editions alone: 'reports' are rows
-- that we add up, 'forms' came one by one, 'plain' came in a format of ours, 'demo' is invented.
-- Of what was imported before, it is not known.
ALTER TABLE imports ADD COLUMN origin text NOT NULL DEFAULT 'unknown'
    CHECK (origin IN ('publisher', 'reports', 'forms', 'plain', 'demo', 'unknown'));
ALTER TABLE imports ALTER COLUMN origin DROP DEFAULT;
