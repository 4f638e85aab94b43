-- What a person decided for a campaign holds for each of its texts, in lists and counts as it does in
-- reports. Copies of a letter were counted under what the machine saw in them.
CREATE OR REPLACE VIEW newest_codings AS
SELECT DISTINCT ON (d.text) d.text, d.coder_version, d.codebook,
       coalesce(r.mode, 'complaints') AS stream,
       coalesce(r.instrument, c.instrument) AS instrument, coalesce(r.area, c.area) AS area,
       coalesce(r.received_at, c.received_at) AS received_at,
       coalesce(h.tone, d.sentiment ->> 'label', 'not_scored') AS tone, d.comment_type,
       ARRAY(SELECT DISTINCT theme
               FROM jsonb_array_elements_text(
                        coalesce(h.themes, jsonb_path_query_array(d.themes, '$[*].theme'))) theme
              ORDER BY 1) AS themes
  FROM codings d
  JOIN texts t ON t.id = d.text
  LEFT JOIN responses r ON r.id = t.response
  LEFT JOIN complaints c ON c.id = t.complaint
  LEFT JOIN campaign_members m ON m.text = d.text
  LEFT JOIN coded_campaigns h ON h.campaign = m.campaign
 ORDER BY d.text, d.codebook DESC, d.coded_at DESC, d.coder_version DESC;

CREATE FUNCTION keep_codings_of(ids uuid[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO current_codings
    SELECT n.* FROM newest_codings n WHERE n.text = ANY (ids) ORDER BY n.text
        ON CONFLICT (text) DO UPDATE
       SET coder_version = excluded.coder_version, codebook = excluded.codebook,
           tone = excluded.tone, comment_type = excluded.comment_type, themes = excluded.themes;
$$;
CREATE OR REPLACE FUNCTION keep_current_codings() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ids uuid[] := ARRAY(SELECT DISTINCT text FROM changed);
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM current_codings WHERE text = ANY (ids);
    END IF;
    PERFORM keep_codings_of(ids);
    RETURN NULL;
END $$;

-- A decision, or an undone one; a campaign that somebody says is none, or is one after all. The
-- argument is the column with the campaign's id.
CREATE FUNCTION keep_codings_of_campaign() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM keep_codings_of(ARRAY(
        SELECT text FROM campaign_members
         WHERE campaign = (to_jsonb(NEW) ->> TG_ARGV[0])::uuid));
    RETURN NULL;
END $$;
CREATE TRIGGER campaign_codings_kept AFTER INSERT OR UPDATE OF undone_at ON campaign_codings
    FOR EACH ROW EXECUTE FUNCTION keep_codings_of_campaign('campaign');
CREATE TRIGGER campaigns_kept AFTER UPDATE OF dismissed_at ON campaigns
    FOR EACH ROW EXECUTE FUNCTION keep_codings_of_campaign('id');

-- Most campaigns have no decision, and are found anew each time: their texts stay as they are.
CREATE FUNCTION keep_codings_of_members() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM keep_codings_of(ARRAY(
        SELECT text FROM changed
         WHERE TG_OP = 'UPDATE' OR campaign IN (SELECT campaign FROM campaign_codings)));
    RETURN NULL;
END $$;
CREATE TRIGGER campaign_members_added AFTER INSERT ON campaign_members
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION keep_codings_of_members();
CREATE TRIGGER campaign_members_changed AFTER UPDATE ON campaign_members
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION keep_codings_of_members();
CREATE TRIGGER campaign_members_gone AFTER DELETE ON campaign_members
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION keep_codings_of_members();

SELECT keep_codings_of(ARRAY(SELECT text FROM campaign_members JOIN coded_campaigns USING (campaign)));
