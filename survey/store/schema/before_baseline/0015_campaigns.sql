-- Texts that are one text, edited. Who wrote them is neither asked nor kept.
CREATE TABLE campaigns (
    id uuid PRIMARY KEY,
    central uuid REFERENCES texts ON DELETE SET NULL,
    dismissed_by uuid REFERENCES accounts,
    dismissed_at timestamptz,
    CHECK ((dismissed_by IS NULL) = (dismissed_at IS NULL))
);
CREATE INDEX campaigns_central ON campaigns (central);
CREATE INDEX campaigns_dismissed_by ON campaigns (dismissed_by);
CREATE TABLE campaign_members (
    text uuid PRIMARY KEY REFERENCES texts ON DELETE CASCADE,
    campaign uuid NOT NULL REFERENCES campaigns ON DELETE CASCADE
);
CREATE INDEX campaign_members_campaign ON campaign_members (campaign);
