-- What the place calls its areas, its police force and its postcodes; where nothing stands here, the
-- words are London's.
ALTER TABLE cities ADD COLUMN words jsonb NOT NULL DEFAULT '{}';
