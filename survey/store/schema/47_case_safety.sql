-- On which days a case was opened, and by whom: its owner, or staff by role. The owner sees it, and
-- it says how many come back with their number. No name, no hour and no device.
CREATE TABLE case_openings (
    complaint uuid NOT NULL REFERENCES complaints ON DELETE CASCADE,
    opened_on date NOT NULL,
    by text NOT NULL CHECK (by IN ('owner', 'handler', 'reviewer', 'administrator')),
    PRIMARY KEY (complaint, opened_on, by)
);

-- A file of a case is encrypted once it is attached. Encrypted, the largest is 28 bytes longer.
ALTER TABLE attachments ADD COLUMN sealed boolean NOT NULL DEFAULT false;
ALTER TABLE attachments DROP CONSTRAINT attachments_size_check;
ALTER TABLE attachments ADD CONSTRAINT attachments_size_check
    CHECK (size BETWEEN 1 AND 32000100) NOT VALID;
CREATE INDEX attachments_unsealed ON attachments (mark) WHERE complaint IS NOT NULL AND NOT sealed;
