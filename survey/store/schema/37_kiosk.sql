-- The link by which a device asks a survey as a kiosk: one a survey, until its organiser ends it. The
-- code opens what waits on the device; neither opens anything here.
CREATE TABLE kiosks (
    survey text PRIMARY KEY REFERENCES surveys (slug) ON DELETE CASCADE,
    token text NOT NULL UNIQUE,
    code text NOT NULL
);

-- Marks of answers that came from kiosks, made with a key that is not here: a device may be without a
-- line for weeks after an answer arrived whose receipt was lost. They name no answer.
CREATE TABLE kiosk_marks (
    mark bytea PRIMARY KEY,
    received_on date NOT NULL DEFAULT current_date
);
CREATE INDEX kiosk_marks_received ON kiosk_marks (received_on);
