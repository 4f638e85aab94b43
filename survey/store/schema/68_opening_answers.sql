-- Whether an answer counts toward the thresholds from which live results are shown. Decided when it
-- arrives, by how many came from one source: no source is stored.
ALTER TABLE responses ADD COLUMN opens_results boolean NOT NULL DEFAULT true;
