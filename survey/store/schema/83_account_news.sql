-- A new way into an account, which its owner should know of: shown on their own page for 30 days,
-- and sent to them by email once.
CREATE TABLE account_news (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    news text NOT NULL CHECK (news IN ('password', 'link', 'key')),
    asked_at timestamptz NOT NULL DEFAULT now(),
    due_at timestamptz NOT NULL DEFAULT now(),
    handed_at timestamptz,
    tries integer NOT NULL DEFAULT 0,
    outcome text CHECK (outcome IN ('sent', 'refused', 'unknown'))
);
CREATE INDEX account_news_account ON account_news (account);
CREATE INDEX account_news_waiting ON account_news (due_at) WHERE handed_at IS NULL;
