-- What the texts say together: campaigns, lists and counts by theme and tone, demands, drafts of a
-- machine. And the labels by which people check how well a machine reads.

-- Texts that are one text, edited. Who wrote them is neither asked nor stored.
CREATE TABLE campaigns (
    id uuid PRIMARY KEY,
    central uuid REFERENCES texts ON DELETE SET NULL,
    dismissed_by uuid REFERENCES accounts,
    dismissed_at timestamptz,
    CHECK ((dismissed_by IS NULL) = (dismissed_at IS NULL))
);
CREATE INDEX campaigns_central ON campaigns (central);
CREATE INDEX campaigns_dismissed_by ON campaigns (dismissed_by);

-- The texts of a campaign. `likeness` is how near a text that says what its campaign says in other
-- words is to all its wordings (cosine); none for a text in the same words.
CREATE TABLE campaign_members (
    text uuid PRIMARY KEY REFERENCES texts ON DELETE CASCADE,
    campaign uuid NOT NULL REFERENCES campaigns ON DELETE CASCADE,
    likeness real CHECK (likeness BETWEEN 0 AND 1)
);
CREATE INDEX campaign_members_campaign ON campaign_members (campaign);

-- What a person decided for all texts of a campaign: a short name that reports print, tone and
-- themes. A later decision is a further row; an undone one stays and counts no more.
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
CREATE TRIGGER campaign_codings_stay BEFORE UPDATE OF campaign, number, name, tone, themes,
    codebook, coded_by, coded_at ON campaign_codings FOR EACH ROW EXECUTE FUNCTION never_again();

-- The decision that holds for each campaign, unless somebody said that it is not a campaign.
CREATE VIEW coded_campaigns AS
SELECT DISTINCT ON (d.campaign) d.campaign, d.number, d.name, d.tone, d.themes, d.codebook,
       a.name AS coded_by, d.coded_at
  FROM campaign_codings d
  JOIN campaigns k ON k.id = d.campaign AND k.dismissed_at IS NULL
  JOIN accounts a ON a.id = d.coded_by
 WHERE d.undone_at IS NULL
 ORDER BY d.campaign, d.number DESC;

-- The last codes of each text, from all that there are; what a person decided for a campaign holds
-- for each of its texts, in lists and counts as it does in reports.
CREATE VIEW newest_codings AS
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

-- Each coded text as it was last coded, in one narrow row with what lists and counts ask for: to
-- find it among all codings, and its answer or complaint, took seconds where there are many texts.
CREATE TABLE current_codings (
    text uuid PRIMARY KEY REFERENCES texts ON DELETE CASCADE,
    coder_version text NOT NULL,
    codebook integer NOT NULL REFERENCES codebooks,
    stream text NOT NULL, -- the mode of its survey, or complaints
    instrument text NOT NULL,
    area text NOT NULL REFERENCES areas,
    received_at timestamptz NOT NULL,
    tone text NOT NULL,
    comment_type text,
    themes text[] NOT NULL
);
CREATE INDEX current_codings_received ON current_codings (received_at, text);
CREATE INDEX current_codings_themes ON current_codings USING gin (themes);
CREATE INDEX current_codings_codebook ON current_codings (codebook);
CREATE INDEX current_codings_area ON current_codings (area);
CREATE INDEX current_codings_instrument ON current_codings (instrument, received_at, text);

-- Writes the last codes of these texts anew.
CREATE FUNCTION keep_codings_of(ids uuid[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO current_codings
    SELECT n.* FROM newest_codings n WHERE n.text = ANY (ids) ORDER BY n.text
        ON CONFLICT (text) DO UPDATE
       SET coder_version = excluded.coder_version, codebook = excluded.codebook,
           tone = excluded.tone, comment_type = excluded.comment_type, themes = excluded.themes;
$$;

-- Codes that were added, changed or deleted.
CREATE FUNCTION keep_current_codings() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ids uuid[] := ARRAY(SELECT DISTINCT text FROM changed);
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM current_codings WHERE text = ANY (ids);
    END IF;
    PERFORM keep_codings_of(ids);
    RETURN NULL;
END $$;
CREATE TRIGGER codings_added AFTER INSERT ON codings
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION keep_current_codings();
CREATE TRIGGER codings_changed AFTER UPDATE ON codings
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION keep_current_codings();
CREATE TRIGGER codings_gone AFTER DELETE ON codings
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION keep_current_codings();

-- The area of an answer stays as it is; that of a complaint may be corrected.
CREATE FUNCTION keep_area_of_codings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE current_codings SET area = NEW.area
     WHERE text IN (SELECT id FROM texts WHERE complaint = NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER complaints_corrected AFTER UPDATE OF area ON complaints
    FOR EACH ROW WHEN (OLD.area <> NEW.area) EXECUTE FUNCTION keep_area_of_codings();

-- A text belongs to one answer or complaint for ever; should that ever change, who may read it
-- does.
CREATE FUNCTION keep_origin_of_codings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM current_codings WHERE text = NEW.id;
    INSERT INTO current_codings SELECT * FROM newest_codings WHERE text = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER texts_moved AFTER UPDATE OF response, complaint ON texts
    FOR EACH ROW WHEN ((OLD.response, OLD.complaint) IS DISTINCT FROM (NEW.response, NEW.complaint))
    EXECUTE FUNCTION keep_origin_of_codings();

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

-- How many texts have the same last codes, so that a page about all texts reads some thousand rows.
-- Each row is a number to add or subtract: whoever codes texts only inserts, and waits for nobody.
-- The program makes one row of those that are alike.
CREATE TABLE text_counts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    stream text NOT NULL,
    instrument text NOT NULL,
    codebook integer NOT NULL,
    tone text NOT NULL,
    themes text[] NOT NULL,
    texts bigint NOT NULL CHECK (texts <> 0)
);

-- Three functions, one for each way in which last codes come and go.
CREATE FUNCTION count_added_texts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO text_counts (stream, instrument, codebook, tone, themes, texts)
    SELECT stream, instrument, codebook, tone, themes, count(*)
      FROM added GROUP BY 1, 2, 3, 4, 5;
    RETURN NULL;
END $$;

CREATE FUNCTION count_changed_texts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO text_counts (stream, instrument, codebook, tone, themes, texts)
    SELECT stream, instrument, codebook, tone, themes, sum(n)
      FROM (SELECT *, 1 AS n FROM added UNION ALL SELECT *, -1 FROM gone) changed
     GROUP BY 1, 2, 3, 4, 5 HAVING sum(n) <> 0;
    RETURN NULL;
END $$;

CREATE FUNCTION count_deleted_texts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO text_counts (stream, instrument, codebook, tone, themes, texts)
    SELECT stream, instrument, codebook, tone, themes, -count(*)
      FROM gone GROUP BY 1, 2, 3, 4, 5;
    RETURN NULL;
END $$;
CREATE TRIGGER current_codings_added AFTER INSERT ON current_codings
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_added_texts();
CREATE TRIGGER current_codings_changed AFTER UPDATE ON current_codings
    REFERENCING OLD TABLE AS gone NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION count_changed_texts();
CREATE TRIGGER current_codings_gone AFTER DELETE ON current_codings
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION count_deleted_texts();

-- Something that is asked, the texts that are about it, and who is for or against it.
CREATE TABLE demands (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    sentence text NOT NULL UNIQUE CHECK (sentence <> ''),
    themes jsonb NOT NULL CHECK (jsonb_typeof(themes) = 'array'),
    words jsonb NOT NULL CHECK (jsonb_typeof(words) = 'array'),
    codebook integer NOT NULL REFERENCES codebooks,
    campaign uuid REFERENCES campaigns ON DELETE SET NULL,
    seed bigint NOT NULL, -- of the order in which texts are labelled
    opened_by uuid NOT NULL REFERENCES accounts,
    opened_at timestamptz NOT NULL DEFAULT now(),
    reported_by uuid REFERENCES accounts, -- who decided that editions report it
    reported_at timestamptz,
    CHECK ((reported_by IS NULL) = (reported_at IS NULL))
);
CREATE INDEX demands_codebook ON demands (codebook);
CREATE INDEX demands_campaign ON demands (campaign);
CREATE INDEX demands_opened_by ON demands (opened_by);
CREATE INDEX demands_reported_by ON demands (reported_by);

-- The texts about a demand, their place (0 to 1) in its order by chance, and the stance that the
-- machine read, as the head learned from so many labels.
CREATE TABLE demand_texts (
    demand uuid NOT NULL REFERENCES demands ON DELETE CASCADE,
    text uuid NOT NULL REFERENCES texts ON DELETE CASCADE,
    chance double precision NOT NULL CHECK (chance >= 0 AND chance < 1),
    stance text CHECK (stance IN ('for', 'against', 'conditions', 'none')),
    sureness double precision CHECK (sureness >= 0 AND sureness <= 1),
    labels integer,
    PRIMARY KEY (demand, text),
    CHECK (num_nonnulls(stance, sureness, labels) IN (0, 3))
);
CREATE INDEX demand_texts_text ON demand_texts (text);

-- What a person said; a later label of the same text is a further row, and the last one counts.
CREATE TABLE stance_labels (
    demand uuid NOT NULL REFERENCES demands ON DELETE CASCADE,
    text uuid NOT NULL REFERENCES texts ON DELETE CASCADE,
    number integer NOT NULL CHECK (number > 0),
    stance text NOT NULL CHECK (stance IN ('for', 'against', 'conditions', 'none')),
    account uuid NOT NULL REFERENCES accounts,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (demand, text, number)
);
CREATE INDEX stance_labels_text ON stance_labels (text);
CREATE INDEX stance_labels_account ON stance_labels (account);
CREATE TRIGGER stance_labels_stay BEFORE UPDATE ON stance_labels
    FOR EACH ROW EXECUTE FUNCTION never_again();

-- The label that counts for each text of a demand.
CREATE VIEW held_stance_labels AS
SELECT DISTINCT ON (demand, text) demand, text, stance, account, at FROM stance_labels
 ORDER BY demand, text, number DESC;

-- How well each head read: which labels it learned from is how many there were.
CREATE TABLE stance_heads (
    demand uuid NOT NULL REFERENCES demands ON DELETE CASCADE,
    labels integer NOT NULL CHECK (labels > 0),
    reading jsonb NOT NULL CHECK (jsonb_typeof(reading) = 'object'),
    fitted_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (demand, labels)
);
CREATE TRIGGER stance_heads_stay BEFORE UPDATE ON stance_heads
    FOR EACH ROW EXECUTE FUNCTION never_again();

-- What a language model on the operator's own machine drafts: a name of a group of texts with one
-- sentence, or a summary. It counts for nothing until a person accepts it. What was sent is stored
-- as places in redacted texts and as hashes, never as words.
CREATE TABLE machine_drafts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('name', 'summary')),
    subject text NOT NULL,
    since date,
    until date,
    state text NOT NULL DEFAULT 'waiting'
        CHECK (state IN ('waiting', 'ready', 'failed', 'accepted', 'discarded')),
    starts integer NOT NULL DEFAULT 0, -- how often a worker began to write it
    started_at timestamptz,
    failure text NOT NULL DEFAULT '',
    sent jsonb,
    asked_by uuid NOT NULL REFERENCES accounts,
    asked_at timestamptz NOT NULL DEFAULT now(),
    decided_by uuid REFERENCES accounts,
    decided_at timestamptz,
    CHECK ((kind = 'summary') = (num_nulls(since, until) = 0)),
    CHECK ((decided_by IS NULL) = (decided_at IS NULL))
);
CREATE INDEX machine_drafts_asked_by ON machine_drafts (asked_by);
CREATE INDEX machine_drafts_decided_by ON machine_drafts (decided_by);
CREATE INDEX machine_drafts_subject ON machine_drafts (subject);
CREATE UNIQUE INDEX machine_drafts_waiting ON machine_drafts (kind, subject)
    WHERE state = 'waiting';

CREATE TABLE machine_draft_passages (
    draft bigint NOT NULL REFERENCES machine_drafts ON DELETE CASCADE,
    number integer NOT NULL CHECK (number > 0),
    text uuid NOT NULL REFERENCES texts ON DELETE CASCADE,
    start_at integer NOT NULL CHECK (start_at >= 0),
    end_at integer NOT NULL CHECK (end_at > start_at),
    sha256 text NOT NULL,
    redaction text NOT NULL,
    PRIMARY KEY (draft, number)
);
CREATE INDEX machine_draft_passages_text ON machine_draft_passages (text);

-- The sentences that came back: those that passed the guard, and those that it dropped.
CREATE TABLE machine_draft_lines (
    draft bigint NOT NULL REFERENCES machine_drafts ON DELETE CASCADE,
    number integer NOT NULL CHECK (number >= 0),
    words text NOT NULL,
    passages integer[] NOT NULL,
    dropped text NOT NULL DEFAULT '',
    accepted text,
    PRIMARY KEY (draft, number)
);

-- When a text is erased, so is every sentence that may hold words of it: those that cite it, and
-- those that were dropped, because nobody knows where their words came from.
CREATE FUNCTION erase_lines_of_passage() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM machine_draft_lines
     WHERE draft = OLD.draft AND (dropped <> '' OR OLD.number = ANY (passages));
    RETURN NULL;
END $$;
CREATE TRIGGER machine_draft_passages_are_erased AFTER DELETE ON machine_draft_passages
    FOR EACH ROW EXECUTE FUNCTION erase_lines_of_passage();

-- Two people code a random sample of each quarter's texts without seeing the machine's codes. The
-- seed is drawn once: with the texts and codes of that day it gives the same sample for ever.
CREATE TABLE double_coding_samples (
    quarter date PRIMARY KEY
        CHECK (extract(day FROM quarter) = 1 AND extract(month FROM quarter) IN (1, 4, 7, 10)),
    seed bigint NOT NULL,
    codebook integer NOT NULL REFERENCES codebooks,
    texts integer NOT NULL CHECK (texts > 0),
    drawn_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX double_coding_samples_codebook ON double_coding_samples (codebook);
CREATE TRIGGER double_coding_samples_stay BEFORE UPDATE OR DELETE ON double_coding_samples
    FOR EACH ROW EXECUTE FUNCTION never_again();

-- A text was received in one quarter, so it is in one sample at most; it leaves when it is erased.
-- Next to the random part of a quarter's sample is a small part whose labels teach the machine
-- most. Nobody drew it by chance, so it has no stratum and no probability, and no figure comes from
-- it.
CREATE TABLE double_coding_texts (
    text uuid PRIMARY KEY REFERENCES texts ON DELETE CASCADE,
    quarter date NOT NULL REFERENCES double_coding_samples,
    stratum text,
    probability double precision CHECK (probability > 0 AND probability <= 1),
    purpose text NOT NULL DEFAULT 'estimate' CHECK (purpose IN ('estimate', 'teach')),
    CONSTRAINT double_coding_texts_chance CHECK (
        num_nonnulls(stratum, probability) = CASE purpose WHEN 'estimate' THEN 2 ELSE 0 END)
);
CREATE INDEX double_coding_texts_quarter ON double_coding_texts (quarter);
CREATE TRIGGER double_coding_texts_stay BEFORE UPDATE ON double_coding_texts
    FOR EACH ROW EXECUTE FUNCTION never_again();

-- Two seats a text, so that no third person can code it however many click at once.
CREATE TABLE labels (
    text uuid NOT NULL REFERENCES double_coding_texts ON DELETE CASCADE,
    account uuid NOT NULL REFERENCES accounts,
    seat smallint NOT NULL CHECK (seat IN (1, 2)),
    label jsonb NOT NULL CHECK (jsonb_typeof(label) = 'object'),
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (text, account),
    UNIQUE (text, seat)
);
CREATE INDEX labels_account ON labels (account);
CREATE TRIGGER labels_stay BEFORE UPDATE ON labels
    FOR EACH ROW EXECUTE FUNCTION never_again();

-- What was agreed where the two labels of a text differ.
CREATE TABLE resolutions (
    text uuid PRIMARY KEY REFERENCES double_coding_texts ON DELETE CASCADE,
    account uuid NOT NULL REFERENCES accounts,
    label jsonb NOT NULL CHECK (jsonb_typeof(label) = 'object'),
    note text NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX resolutions_account ON resolutions (account);
CREATE TRIGGER resolutions_stay BEFORE UPDATE ON resolutions
    FOR EACH ROW EXECUTE FUNCTION never_again();

-- How the machine's confidence in a tone is corrected, fitted on labels; a coder names the one it
-- used.
CREATE TABLE recalibrations (
    version integer PRIMARY KEY CHECK (version > 0),
    definition jsonb NOT NULL,
    fitted_by uuid REFERENCES accounts,
    fitted_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX recalibrations_fitted_by ON recalibrations (fitted_by);
CREATE TRIGGER recalibrations_stay BEFORE UPDATE OR DELETE ON recalibrations
    FOR EACH ROW EXECUTE FUNCTION never_again();

-- What the machine learned about tone from texts that two people coded, how well it reads those
-- that it did not learn from, and how that grows with the number of labels. A later head is a
-- further row.
CREATE TABLE tone_heads (
    number integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    definition jsonb NOT NULL,
    checked jsonb NOT NULL,
    curves jsonb NOT NULL,
    fitted_at timestamptz NOT NULL DEFAULT now()
);
CREATE TRIGGER tone_heads_stay BEFORE UPDATE OR DELETE ON tone_heads
    FOR EACH ROW EXECUTE FUNCTION never_again();

-- How tone is read since a person decided so: by a head, or without one as the machine comes. The
-- newest row is in force, and the version of a coder ends with its number. It replaces the
-- recalibrations, which stay for the audit and are not applied any more.
CREATE TABLE tone_readings (
    version integer PRIMARY KEY CHECK (version > 0),
    head integer REFERENCES tone_heads,
    decided_by uuid REFERENCES accounts,
    decided_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX tone_readings_head ON tone_readings (head);
CREATE INDEX tone_readings_decided_by ON tone_readings (decided_by);
CREATE TRIGGER tone_readings_stay BEFORE UPDATE OR DELETE ON tone_readings
    FOR EACH ROW EXECUTE FUNCTION never_again();
