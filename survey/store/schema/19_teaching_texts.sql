-- Next to the random part of a quarter's sample is a small part whose labels teach the machine most.
-- Nobody drew it by chance, so it has no stratum and no probability, and no figure comes from it.
ALTER TABLE double_coding_texts
    ADD COLUMN purpose text NOT NULL DEFAULT 'estimate' CHECK (purpose IN ('estimate', 'teach')),
    ALTER COLUMN stratum DROP NOT NULL,
    ALTER COLUMN probability DROP NOT NULL,
    ADD CONSTRAINT double_coding_texts_chance CHECK (
        num_nonnulls(stratum, probability) = CASE purpose WHEN 'estimate' THEN 2 ELSE 0 END);
