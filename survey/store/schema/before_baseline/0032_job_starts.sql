-- How many workers have begun a job and not ended it: a worker that dies in the middle, for lack of
-- memory say, can write nothing down. The row is committed before the job runs, apart from it.
CREATE TABLE job_starts (
    job bigint PRIMARY KEY, -- of pgqueuer; no foreign key, since its row is locked at that moment
    worker uuid NOT NULL,
    starts int NOT NULL CHECK (starts > 0)
);
