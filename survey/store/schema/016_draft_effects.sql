-- What the draft of the codebook would change, as a job worked it out for one revision of the draft.
-- Its examples are ids of texts: the words of a text that was erased are not here.
CREATE TABLE codebook_draft_effects (
    revision bigint PRIMARY KEY,
    effect jsonb NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now()
);
