-- Work that is done later, who has begun it, and how the service runs.

-- The queue (docs/decisions/0022-own-queue.md): a job is claimed, done and deleted in one
-- transaction.
CREATE TABLE jobs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    key text NOT NULL DEFAULT '',
    -- Full hours: the job that a response asks for must not tell the minute in which it came.
    asked_at timestamptz NOT NULL DEFAULT date_trunc('hour', now()),
    due_at timestamptz NOT NULL DEFAULT date_trunc('hour', now()),
    tries int NOT NULL DEFAULT 0 CHECK (tries >= 0),
    held boolean NOT NULL DEFAULT false, -- it failed too often: nobody runs it until staff say so
    failure jsonb -- of the last try: type, place and code, never the message
);
CREATE INDEX jobs_waiting ON jobs (id) WHERE NOT held;
CREATE INDEX jobs_held ON jobs (id) WHERE held;

-- When a job of a kind last ended well: whether a worker is at work at all.
CREATE TABLE jobs_finished (
    kind text PRIMARY KEY,
    finished_at timestamptz NOT NULL DEFAULT date_trunc('hour', now())
);

-- How many workers have begun a job and not ended it: a worker that dies in the middle, for lack of
-- memory say, can write nothing down. The row is committed before the job runs, apart from it.
CREATE TABLE job_starts (
    job bigint PRIMARY KEY, -- of jobs; no foreign key, since its row is locked at that moment
    worker uuid NOT NULL,
    starts int NOT NULL CHECK (starts > 0)
);

-- How far long work is, for staff to see. Written apart from the work, whose own transaction nobody
-- can see yet; `backend` is the connection that does it, so that nothing is shown of a worker that
-- died.
CREATE TABLE work_progress (
    backend int PRIMARY KEY,
    work text NOT NULL,
    step text NOT NULL,
    since timestamptz NOT NULL DEFAULT now()
);

-- What the calendar has asked for, so that it asks once.
CREATE TABLE calendar (
    key text PRIMARY KEY,
    asked_at timestamptz NOT NULL DEFAULT now()
);

-- How the service ran, hour by hour, for the operators' page. The worker writes what waited and how
-- much room there was (the worst of the hour; NULL if no worker looked), the pages how many
-- requests they answered. No finer than the hour, as everything on the residents' side.
CREATE TABLE service_hours (
    hour timestamptz PRIMARY KEY,
    waiting_jobs integer,
    held_jobs integer,
    waiting_texts integer,
    oldest_text_hours integer,
    free_bytes bigint,
    database_bytes bigint,
    requests bigint NOT NULL DEFAULT 0,
    failed_requests bigint NOT NULL DEFAULT 0,
    slow_requests bigint NOT NULL DEFAULT 0
);
