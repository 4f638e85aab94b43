-- The queue becomes a table of our own (docs/decisions/0022-own-queue.md): a job is claimed, done and
-- deleted in one transaction.
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

INSERT INTO jobs (id, kind, key, asked_at, due_at, tries, held, failure)
OVERRIDING SYSTEM VALUE
SELECT q.id, q.entrypoint, encode(coalesce(q.payload, ''), 'escape'), date_trunc('hour', q.created),
       q.execute_after, q.attempts, q.status = 'failed',
       (SELECT jsonb_strip_nulls(jsonb_build_object(
                   'exception_type', trace ->> 'exception_type',
                   'traceback', trace ->> 'traceback',
                   'code', trace #>> '{additional_context,code}'))
          FROM (SELECT (l.traceback #>> '{}')::jsonb AS trace FROM pgqueuer_log l
                 WHERE l.job_id = q.id AND l.traceback IS NOT NULL ORDER BY l.id DESC LIMIT 1) last)
  FROM pgqueuer q WHERE q.status IN ('queued', 'picked', 'failed');
SELECT setval(pg_get_serial_sequence('jobs', 'id'), max(id)) FROM jobs;
INSERT INTO jobs_finished (kind, finished_at)
SELECT entrypoint, max(created) FROM pgqueuer_log WHERE status = 'successful' GROUP BY entrypoint;

DROP TABLE pgqueuer, pgqueuer_log, pgqueuer_schedules, pgqueuer_statistics;
DROP FUNCTION fn_pgqueuer_changed();
DROP TYPE pgqueuer_status;

-- How far long work is, for staff to see. Written apart from the work, whose own transaction nobody can
-- see yet; `backend` is the connection that does it, so that nothing is shown of a worker that died.
CREATE TABLE work_progress (
    backend int PRIMARY KEY,
    work text NOT NULL,
    step text NOT NULL,
    since timestamptz NOT NULL DEFAULT now()
);
