-- What a person decided for all texts of a campaign: a short name that reports print, tone and themes.
-- A later decision is a further row; an undone one stays and counts no more.
CREATE TABLE campaign_codings (
    campaign uuid NOT NULL REFERENCES campaigns ON DELETE CASCADE,
    number integer NOT NULL CHECK (number > 0),
    name text NOT NULL CHECK (name <> ''),
    tone text NOT NULL CHECK (tone IN ('negative', 'neutral', 'positive')),
    themes jsonb NOT NULL CHECK (jsonb_typeof(themes) = 'array'),
    codebook integer NOT NULL REFERENCES codebooks,
    coded_by uuid NOT NULL REFERENCES accounts,
    coded_at timestamptz NOT NULL DEFAULT now(),
    undone_by uuid REFERENCES accounts,
    undone_at timestamptz,
    PRIMARY KEY (campaign, number),
    CHECK ((undone_by IS NULL) = (undone_at IS NULL))
);
CREATE INDEX campaign_codings_codebook ON campaign_codings (codebook);
CREATE INDEX campaign_codings_coded_by ON campaign_codings (coded_by);
CREATE INDEX campaign_codings_undone_by ON campaign_codings (undone_by);
CREATE TRIGGER campaign_codings_stay BEFORE UPDATE OF campaign, number, name, tone, themes, codebook,
    coded_by, coded_at ON campaign_codings FOR EACH ROW EXECUTE FUNCTION never_again();
-- The decision that holds for each campaign, unless somebody said that it is not a campaign.
CREATE VIEW coded_campaigns AS
SELECT DISTINCT ON (d.campaign) d.campaign, d.number, d.name, d.tone, d.themes, d.codebook,
       a.name AS coded_by, d.coded_at
  FROM campaign_codings d
  JOIN campaigns k ON k.id = d.campaign AND k.dismissed_at IS NULL
  JOIN accounts a ON a.id = d.coded_by
 WHERE d.undone_at IS NULL
 ORDER BY d.campaign, d.number DESC;
