-- Comments are answered, and resolved once nothing is left to do about them.
ALTER TABLE edition_comments
    ADD COLUMN answers integer REFERENCES edition_comments,
    ADD COLUMN resolved_by uuid REFERENCES accounts,
    ADD COLUMN resolved_at timestamptz,
    ADD CHECK ((resolved_by IS NULL) = (resolved_at IS NULL)),
    ADD CHECK (answers IS NULL OR resolved_at IS NULL);
CREATE INDEX edition_comments_answers ON edition_comments (answers);
CREATE INDEX edition_comments_resolved_by ON edition_comments (resolved_by);
CREATE TRIGGER edition_comments_answer_stays BEFORE UPDATE OF answers ON edition_comments
    FOR EACH ROW EXECUTE FUNCTION never_again();
