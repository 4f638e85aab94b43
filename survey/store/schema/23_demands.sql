-- Something that is asked, the texts that are about it, and who is for or against it.
CREATE TABLE demands (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    sentence text NOT NULL UNIQUE CHECK (sentence <> ''),
    themes jsonb NOT NULL CHECK (jsonb_typeof(themes) = 'array'),
    words jsonb NOT NULL CHECK (jsonb_typeof(words) = 'array'),
    codebook integer NOT NULL REFERENCES codebooks,
    campaign uuid REFERENCES campaigns ON DELETE SET NULL,
    seed bigint NOT NULL, -- of the order in which texts are labelled
    opened_by uuid NOT NULL REFERENCES accounts,
    opened_at timestamptz NOT NULL DEFAULT now(),
    reported_by uuid REFERENCES accounts, -- who decided that editions report it
    reported_at timestamptz,
    CHECK ((reported_by IS NULL) = (reported_at IS NULL))
);
CREATE INDEX demands_codebook ON demands (codebook);
CREATE INDEX demands_campaign ON demands (campaign);
CREATE INDEX demands_opened_by ON demands (opened_by);
CREATE INDEX demands_reported_by ON demands (reported_by);

-- The texts about a demand, their place (0 to 1) in its order by chance, and the stance that the
-- machine read, as the head learned from so many labels.
CREATE TABLE demand_texts (
    demand uuid NOT NULL REFERENCES demands ON DELETE CASCADE,
    text uuid NOT NULL REFERENCES texts ON DELETE CASCADE,
    chance double precision NOT NULL CHECK (chance >= 0 AND chance < 1),
    stance text CHECK (stance IN ('for', 'against', 'conditions', 'none')),
    sureness double precision CHECK (sureness >= 0 AND sureness <= 1),
    labels integer,
    PRIMARY KEY (demand, text),
    CHECK (num_nonnulls(stance, sureness, labels) IN (0, 3))
);
CREATE INDEX demand_texts_text ON demand_texts (text);

-- What a person said; a later label of the same text is a further row, and the last one counts.
CREATE TABLE stance_labels (
    demand uuid NOT NULL REFERENCES demands ON DELETE CASCADE,
    text uuid NOT NULL REFERENCES texts ON DELETE CASCADE,
    number integer NOT NULL CHECK (number > 0),
    stance text NOT NULL CHECK (stance IN ('for', 'against', 'conditions', 'none')),
    account uuid NOT NULL REFERENCES accounts,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (demand, text, number)
);
CREATE INDEX stance_labels_text ON stance_labels (text);
CREATE INDEX stance_labels_account ON stance_labels (account);
CREATE TRIGGER stance_labels_stay BEFORE UPDATE ON stance_labels
    FOR EACH ROW EXECUTE FUNCTION never_again();
CREATE VIEW held_stance_labels AS
SELECT DISTINCT ON (demand, text) demand, text, stance, account, at FROM stance_labels
 ORDER BY demand, text, number DESC;

-- How well each head read: which labels it learned from is how many there were.
CREATE TABLE stance_heads (
    demand uuid NOT NULL REFERENCES demands ON DELETE CASCADE,
    labels integer NOT NULL CHECK (labels > 0),
    reading jsonb NOT NULL CHECK (jsonb_typeof(reading) = 'object'),
    fitted_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (demand, labels)
);
CREATE TRIGGER stance_heads_stay BEFORE UPDATE ON stance_heads
    FOR EACH ROW EXECUTE FUNCTION never_again();
