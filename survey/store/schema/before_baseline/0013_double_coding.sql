-- Two people code a random sample of each quarter's texts without seeing the machine's codes. The
-- seed is drawn once: with the texts and codes of that day it gives the same sample for ever.
CREATE TABLE double_coding_samples (
    quarter date PRIMARY KEY
        CHECK (extract(day FROM quarter) = 1 AND extract(month FROM quarter) IN (1, 4, 7, 10)),
    seed bigint NOT NULL,
    codebook integer NOT NULL REFERENCES codebooks,
    texts integer NOT NULL CHECK (texts > 0),
    drawn_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX double_coding_samples_codebook ON double_coding_samples (codebook);
CREATE TRIGGER double_coding_samples_stay BEFORE UPDATE OR DELETE ON double_coding_samples
    FOR EACH ROW EXECUTE FUNCTION never_again();
-- A text was received in one quarter, so it is in one sample at most; it leaves when it is erased.
CREATE TABLE double_coding_texts (
    text uuid PRIMARY KEY REFERENCES texts ON DELETE CASCADE,
    quarter date NOT NULL REFERENCES double_coding_samples,
    stratum text NOT NULL,
    probability double precision NOT NULL CHECK (probability > 0 AND probability <= 1)
);
CREATE INDEX double_coding_texts_quarter ON double_coding_texts (quarter);
CREATE TRIGGER double_coding_texts_stay BEFORE UPDATE ON double_coding_texts
    FOR EACH ROW EXECUTE FUNCTION never_again();
-- Two seats a text, so that no third person can sit down however many press at once.
CREATE TABLE labels (
    text uuid NOT NULL REFERENCES double_coding_texts ON DELETE CASCADE,
    account uuid NOT NULL REFERENCES accounts,
    seat smallint NOT NULL CHECK (seat IN (1, 2)),
    label jsonb NOT NULL CHECK (jsonb_typeof(label) = 'object'),
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (text, account),
    UNIQUE (text, seat)
);
CREATE INDEX labels_account ON labels (account);
CREATE TRIGGER labels_stay BEFORE UPDATE ON labels
    FOR EACH ROW EXECUTE FUNCTION never_again();
CREATE TABLE resolutions (
    text uuid PRIMARY KEY REFERENCES double_coding_texts ON DELETE CASCADE,
    account uuid NOT NULL REFERENCES accounts,
    label jsonb NOT NULL CHECK (jsonb_typeof(label) = 'object'),
    note text NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX resolutions_account ON resolutions (account);
CREATE TRIGGER resolutions_stay BEFORE UPDATE ON resolutions
    FOR EACH ROW EXECUTE FUNCTION never_again();
-- How the machine's confidence in a tone is put right, fitted on labels; a coder names the one it used.
CREATE TABLE recalibrations (
    version integer PRIMARY KEY CHECK (version > 0),
    definition jsonb NOT NULL,
    fitted_by uuid REFERENCES accounts,
    fitted_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX recalibrations_fitted_by ON recalibrations (fitted_by);
CREATE TRIGGER recalibrations_stay BEFORE UPDATE OR DELETE ON recalibrations
    FOR EACH ROW EXECUTE FUNCTION never_again();
