-- A survey can be handed over from one account to another. The row itself remembers whose it was
-- last, whatever program changed it; the audit log has who did it, and every time before.
ALTER TABLE surveys
    ADD COLUMN former_owner uuid REFERENCES accounts,
    ADD COLUMN handed_over_at timestamptz,
    ADD CHECK ((former_owner IS NULL) = (handed_over_at IS NULL));
CREATE INDEX surveys_former_owner ON surveys (former_owner);

-- What is built in stays so, what a group has never becomes it, and the kind of a survey stays once
-- a version of it is published.
CREATE OR REPLACE FUNCTION survey_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.owner IS NULL) <> (NEW.owner IS NULL)
       OR (OLD.kind <> NEW.kind AND EXISTS (SELECT FROM instruments WHERE slug = OLD.slug)) THEN
        RAISE EXCEPTION 'a survey stays built in or not, and keeps its kind'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.owner <> NEW.owner THEN
        NEW.former_owner := OLD.owner;
        NEW.handed_over_at := now();
    END IF;
    RETURN NEW;
END $$;
