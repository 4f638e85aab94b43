-- A version of the codebook stays as it is, but for one thing: words that their writer has erased
-- leave its examples. Only erasure says so, for its own transaction.
DROP TRIGGER codebooks_stay ON codebooks;
CREATE TRIGGER codebooks_stay BEFORE DELETE OR UPDATE OF version, accepted_by, accepted_at
    ON codebooks FOR EACH ROW EXECUTE FUNCTION never_again();
CREATE TRIGGER codebooks_definition_stays BEFORE UPDATE OF definition ON codebooks FOR EACH ROW
    WHEN (current_setting('soundings.erasing', true) IS DISTINCT FROM 'on')
    EXECUTE FUNCTION never_again();
