CREATE TABLE codebooks (
    version integer PRIMARY KEY CHECK (version > 0),
    definition jsonb NOT NULL,
    accepted_by uuid REFERENCES accounts,
    accepted_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX codebooks_accepted_by ON codebooks (accepted_by);
CREATE TRIGGER codebooks_stay BEFORE UPDATE OR DELETE ON codebooks
    FOR EACH ROW EXECUTE FUNCTION never_again();
-- Words as written, in one place only, so that erasure has one place to go.
CREATE TABLE texts (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    response uuid REFERENCES responses ON DELETE CASCADE,
    complaint uuid REFERENCES complaints ON DELETE CASCADE,
    item text NOT NULL,
    body text NOT NULL,
    language text NOT NULL,
    due boolean NOT NULL DEFAULT true,
    CHECK (num_nonnulls(response, complaint) = 1)
);
CREATE INDEX texts_response ON texts (response);
CREATE INDEX texts_complaint ON texts (complaint);
CREATE INDEX texts_due ON texts (id) WHERE due;
CREATE TABLE codings (
    text uuid NOT NULL REFERENCES texts ON DELETE CASCADE,
    coder text NOT NULL,
    coder_version text NOT NULL,
    codebook integer NOT NULL REFERENCES codebooks,
    language text NOT NULL,
    redacted text NOT NULL,
    spans jsonb NOT NULL,
    sentiment jsonb,
    themes jsonb NOT NULL,
    coded_at timestamptz NOT NULL DEFAULT date_trunc('hour', now()),
    PRIMARY KEY (text, coder_version, codebook)
);
CREATE INDEX codings_codebook ON codings (codebook);
