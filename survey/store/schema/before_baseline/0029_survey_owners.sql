-- A slug belongs to somebody from its first draft on: to an account, or to the house (no account).
-- Who may do what with a survey hangs on this and on nothing else. Its kind never changes.
ALTER TABLE surveys
    ADD COLUMN kind text NOT NULL DEFAULT 'survey' CHECK (kind IN ('survey', 'feedback', 'complaint')),
    ADD COLUMN owner uuid REFERENCES accounts,
    ADD COLUMN house boolean GENERATED ALWAYS AS (owner IS NULL) STORED,
    ADD UNIQUE (slug, kind);
CREATE INDEX surveys_owner ON surveys (owner);
-- A slug of which the house published any version is the house's, whatever was put beside it;
-- others belong to who published first, whatever number that version has.
UPDATE surveys s SET kind = f.kind, owner = f.owner
  FROM (SELECT DISTINCT ON (slug) slug, kind, owner FROM instruments
         ORDER BY slug, owner IS NOT NULL, published_at, version) f
 WHERE f.slug = s.slug;
-- A draft that somebody else has published over goes on under another slug.
UPDATE instrument_drafts d
   SET slug = moved.slug, content = jsonb_set(d.content, '{instrument,slug}', to_jsonb(moved.slug))
  FROM (SELECT o.slug AS old, rtrim(left(o.slug, 50), '-') || '-' || left(md5(o.slug || o.owner), 8) AS slug
          FROM instrument_drafts o JOIN surveys s USING (slug) JOIN accounts a ON a.id = o.owner
         WHERE s.owner IS DISTINCT FROM o.owner AND a.role <> 'administrator') moved
 WHERE d.slug = moved.old;
INSERT INTO surveys (slug, mode, kind, owner)
SELECT slug, content -> 'instrument' ->> 'mode', content -> 'instrument' ->> 'kind', owner
  FROM instrument_drafts
    ON CONFLICT DO NOTHING;
ALTER TABLE instrument_drafts ADD FOREIGN KEY (slug) REFERENCES surveys;
-- Versions of another kind that were published before this rule stay as they are.
ALTER TABLE instruments ADD FOREIGN KEY (slug, kind) REFERENCES surveys (slug, kind) NOT VALID;
CREATE INDEX instruments_kind ON instruments (slug, kind);
-- A survey never changes hands, and its kind not once a version of it is published.
CREATE FUNCTION survey_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.owner IS DISTINCT FROM NEW.owner
       OR (OLD.kind <> NEW.kind AND EXISTS (SELECT FROM instruments WHERE slug = OLD.slug)) THEN
        RAISE EXCEPTION 'a survey keeps its owner and its kind' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER surveys_stay BEFORE UPDATE ON surveys
    FOR EACH ROW EXECUTE FUNCTION survey_stays();
