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
