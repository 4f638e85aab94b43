-- How near a text that says what its campaign says in other words is to all its wordings (cosine);
-- none for a text in the same words.
ALTER TABLE campaign_members ADD COLUMN likeness real CHECK (likeness BETWEEN 0 AND 1);
