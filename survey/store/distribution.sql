-- How the tables go on the machines of a Citus cluster. The program does not run this file: see
-- docs/explanation/scale.md for when it is worth having, and for the statements that have to change first.
-- Run it once with psql, as the owner of the tables, in a migrated database without answers.
--
-- Three kinds of tables: those that grow with answers are distributed, those that distributed ones
-- refer to are copied to every machine, and all others stay on the coordinator.

BEGIN;
-- Triggers of distributed tables run on the machine that holds the row. Ours refuse a change, or
-- write to a row with the same distribution value.
SET citus.enable_unsafe_triggers = on;

-- Citus refuses a foreign key to a distributed table from elsewhere. Erasure does without these
-- (survey/store/answers/erasure.py).
ALTER TABLE texts DROP CONSTRAINT texts_response_fkey;
ALTER TABLE attachments DROP CONSTRAINT attachments_response_fkey;
ALTER TABLE campaigns DROP CONSTRAINT campaigns_central_fkey;
ALTER TABLE quotes DROP CONSTRAINT quotes_text_fkey;
ALTER TABLE machine_draft_passages DROP CONSTRAINT machine_draft_passages_text_fkey;
ALTER TABLE transcripts DROP CONSTRAINT transcripts_text_fkey;
ALTER TABLE answer_flags DROP CONSTRAINT answer_flags_response_fkey;
-- Each unique key has to contain the distribution column. References are looked up and must be
-- unique; an id has 74 random bits.
ALTER TABLE responses DROP CONSTRAINT responses_pkey, ADD PRIMARY KEY (id, reference);

-- Citus has no transition tables on distributed tables: the statements that add to the sums and save
-- codes would do it themselves.
DROP TRIGGER responses_are_counted ON responses;
DROP TRIGGER responses_are_uncounted ON responses;
-- These two would write to a table of the coordinator; what erases an answer would do it itself.
DROP TRIGGER responses_changes_noted ON responses;
DROP TRIGGER responses_erasures_noted ON responses;
DROP TRIGGER codings_added ON codings;
DROP TRIGGER codings_changed ON codings;
DROP TRIGGER codings_gone ON codings;
DROP TRIGGER texts_moved ON texts;
DROP TRIGGER campaign_codings_kept ON campaign_codings;
DROP TRIGGER campaigns_kept ON campaigns;
DROP TRIGGER campaign_members_added ON campaign_members;
DROP TRIGGER campaign_members_changed ON campaign_members;
DROP TRIGGER campaign_members_gone ON campaign_members;
DROP TRIGGER current_codings_added ON current_codings;
DROP TRIGGER current_codings_changed ON current_codings;
DROP TRIGGER current_codings_gone ON current_codings;

SELECT create_reference_table('areas');
SELECT create_reference_table('accounts');
SELECT create_reference_table('surveys');
SELECT create_reference_table('instruments');
SELECT create_reference_table('complaints');
SELECT create_reference_table('codebooks');
SELECT create_reference_table('campaigns');
SELECT create_reference_table('double_coding_samples');
SELECT create_reference_table('demands');

SELECT create_distributed_table('responses', 'reference', colocate_with => 'none');
SELECT create_distributed_table('request_marks', 'request_key', colocate_with => 'none');
-- A text and all that people and machines read in it are on one machine.
SELECT create_distributed_table('texts', 'id', colocate_with => 'none');
SELECT create_distributed_table('codings', 'text', colocate_with => 'texts');
SELECT create_distributed_table('current_codings', 'text', colocate_with => 'texts');
SELECT create_distributed_table('passages', 'text', colocate_with => 'texts');
SELECT create_distributed_table('theme_passages', 'text', colocate_with => 'texts');
SELECT create_distributed_table('redactions', 'text', colocate_with => 'texts');
SELECT create_distributed_table('case_words', 'text', colocate_with => 'texts');
SELECT create_distributed_table('campaign_members', 'text', colocate_with => 'texts');
SELECT create_distributed_table('double_coding_texts', 'text', colocate_with => 'texts');
SELECT create_distributed_table('labels', 'text', colocate_with => 'texts');
SELECT create_distributed_table('resolutions', 'text', colocate_with => 'texts');
SELECT create_distributed_table('demand_texts', 'text', colocate_with => 'texts');
SELECT create_distributed_table('stance_labels', 'text', colocate_with => 'texts');
SELECT create_distributed_table('text_tags', 'text', colocate_with => 'texts');
COMMIT;
