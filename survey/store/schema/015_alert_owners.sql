-- Who looks after an alert may be a colleague: then it is on their board. `owner` is what reports
-- print: the colleague's name, or whatever was typed for somebody without an account, as it was for
-- everybody before.
ALTER TABLE alert_assignments ADD COLUMN account uuid REFERENCES accounts;
CREATE INDEX alert_assignments_account ON alert_assignments (account);
