-- The next version of the codebook while people work on it: one for all of them. Its revision is
-- never given twice, so that nobody saves over a draft that they have not seen.
CREATE TABLE codebook_draft (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    revision bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    definition jsonb NOT NULL,
    edited_by uuid REFERENCES accounts,
    edited_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX codebook_draft_edited_by ON codebook_draft (edited_by);
-- What a machine would change; it changes nothing until a person has accepted it.
CREATE TABLE proposals (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    codebook integer NOT NULL REFERENCES codebooks,
    key text NOT NULL,
    definition jsonb NOT NULL,
    state text NOT NULL DEFAULT 'open'
        CHECK (state IN ('open', 'accepted', 'declined', 'overtaken')),
    made_at timestamptz NOT NULL DEFAULT now(),
    decided_by uuid REFERENCES accounts,
    decided_at timestamptz
);
CREATE INDEX proposals_codebook ON proposals (codebook);
CREATE INDEX proposals_decided_by ON proposals (decided_by);
CREATE UNIQUE INDEX proposals_once ON proposals (key, md5(definition::text));
-- How many texts left a theme for another when a version was applied to those that were there;
-- '' is no theme.
CREATE TABLE recodings (
    codebook integer NOT NULL REFERENCES codebooks,
    was text NOT NULL,
    became text NOT NULL,
    texts integer NOT NULL CHECK (texts > 0),
    PRIMARY KEY (codebook, was, became)
);
