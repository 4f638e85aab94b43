-- A statistician checks published figures, with the weighted answers behind an edition.
ALTER TABLE accounts DROP CONSTRAINT accounts_role_check,
    ADD CONSTRAINT accounts_role_check
    CHECK (role IN ('organiser', 'reviewer', 'administrator', 'statistician'));
