-- A row of scrutiny_reports is a report that somebody reviewed. It is public once another person
-- publishes it; who published reports from before had reviewed them too.
CREATE TABLE scrutiny_publications (
    meeting uuid NOT NULL,
    version integer NOT NULL,
    by uuid NOT NULL REFERENCES accounts,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (meeting, version),
    FOREIGN KEY (meeting, version) REFERENCES scrutiny_reports
);
CREATE INDEX scrutiny_publications_by ON scrutiny_publications (by);
INSERT INTO scrutiny_publications (meeting, version, by, at)
SELECT meeting, version, by, at FROM scrutiny_reports;
CREATE TRIGGER scrutiny_publications_stay BEFORE UPDATE OR DELETE ON scrutiny_publications
    FOR EACH ROW EXECUTE FUNCTION never_again();
