"""SQL for the health of the service: its figures as they are now and hour by hour, and what failed
so that somebody has to look at it.
"""

import datetime

import msgspec

from survey.store import statements as sql
from survey.store.answers import ORIGIN_SQL, RECEIVED_SQL

KEPT_DAYS = 61


class HealthFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What waits, what failed, and when things last happened, at this moment.

    `oldest_text` is the hour in which the oldest text that waits to be coded came. If more than
    1,000 wait, only 1,000 of them are looked at.
    """

    waiting_jobs: int
    held_jobs: int
    waiting_texts: int
    oldest_text: datetime.datetime | None
    last_finished: datetime.datetime | None
    last_edition: datetime.datetime | None
    database_bytes: int
    connections: int


@sql.only(HealthFigures)
def load_figures() -> sql.SQL:
    """The figures of the service at this moment."""
    return f"""
        SELECT (SELECT count(*) FROM jobs WHERE NOT held) AS waiting_jobs,
               (SELECT count(*) FROM jobs WHERE held) AS held_jobs,
               (SELECT count(*) FROM texts WHERE due) AS waiting_texts,
               (SELECT min({RECEIVED_SQL})
                  FROM (SELECT response, complaint FROM texts WHERE due ORDER BY id LIMIT 1000) t
                  {ORIGIN_SQL}) AS oldest_text,
               (SELECT max(finished_at) FROM jobs_finished) AS last_finished,
               (SELECT max(made_at) FROM editions) AS last_edition,
               pg_database_size(current_database()) AS database_bytes,
               (SELECT count(*) FROM pg_stat_activity
                 WHERE datname = current_database() AND backend_type = 'client backend')
                   AS connections
        """  # noqa: S608 - only our own words


class HealthHour(msgspec.Struct, frozen=True, kw_only=True):
    """An hour of the service: the most that waited, the least room, and the requests answered.

    What only a worker knows is None if none ran.
    """

    hour: datetime.datetime
    waiting_jobs: int | None
    held_jobs: int | None
    waiting_texts: int | None
    oldest_text_hours: int | None
    free_bytes: int | None
    database_bytes: int | None
    requests: int
    failed_requests: int
    slow_requests: int


@sql.execute
def save_figures(figures: HealthFigures, free_bytes: int) -> sql.SQL:
    """Save each of these figures for this hour, unless a worse one is saved for it already."""
    # greatest() and least() pass over NULL, so the first figures of an hour count as they are.
    return """
        INSERT INTO service_hours AS h (hour, waiting_jobs, held_jobs, waiting_texts,
                                        oldest_text_hours, free_bytes, database_bytes)
        VALUES (date_trunc('hour', now()), $figures.waiting_jobs, $figures.held_jobs,
                $figures.waiting_texts,
                coalesce(extract(epoch FROM date_trunc('hour', now()) - $figures.oldest_text)
                         ::integer / 3600, 0),
                $free_bytes, $figures.database_bytes)
            ON CONFLICT (hour) DO UPDATE SET
               waiting_jobs = greatest(h.waiting_jobs, excluded.waiting_jobs),
               held_jobs = greatest(h.held_jobs, excluded.held_jobs),
               waiting_texts = greatest(h.waiting_texts, excluded.waiting_texts),
               oldest_text_hours = greatest(h.oldest_text_hours, excluded.oldest_text_hours),
               free_bytes = least(h.free_bytes, excluded.free_bytes),
               database_bytes = greatest(h.database_bytes, excluded.database_bytes)
        """


@sql.execute
def add_requests(requests: int, failed: int, slow: int) -> sql.SQL:
    """Add requests to the counts of this hour, to which other processes add theirs."""
    return """
        INSERT INTO service_hours AS h (hour, requests, failed_requests, slow_requests)
        VALUES (date_trunc('hour', now()), $1, $2, $3)
            ON CONFLICT (hour) DO UPDATE SET
               requests = h.requests + excluded.requests,
               failed_requests = h.failed_requests + excluded.failed_requests,
               slow_requests = h.slow_requests + excluded.slow_requests
        """


@sql.many(HealthHour)
def load_hours(since: datetime.datetime) -> sql.SQL:
    """The hours that are known from this time on, the first one first."""
    return """
        SELECT hour, waiting_jobs, held_jobs, waiting_texts, oldest_text_hours, free_bytes,
               database_bytes, requests, failed_requests, slow_requests
          FROM service_hours WHERE hour >= $1 ORDER BY hour
        """


@sql.execute
def delete_old_hours(*, kept_days: int = KEPT_DAYS) -> sql.SQL:
    return "DELETE FROM service_hours WHERE hour < now() - make_interval(days => $kept_days)"


class FailedJob(msgspec.Struct, frozen=True):
    """A job that is not tried again by itself; `code` is our refusal's, if we refused the job."""

    kind: str
    key: str
    code: str


class CaseWithFailedMail(msgspec.Struct, frozen=True):
    """A case, and how many mails on it failed or may have failed."""

    reference: str
    mails: int


class Failures(msgspec.Struct, frozen=True):
    """Jobs that failed, cases with mails that failed, and how many mails on editions and to staff
    about their accounts failed.
    """

    jobs: list[FailedJob]
    cases: list[CaseWithFailedMail]
    edition_mails: int
    account_mails: int


# A mail that nobody claimed within the hour waits for a worker or a mail server.
MAIL_FAILED_SQL = """(outcome IN ('refused', 'unknown') OR (outcome IS NULL
                      AND coalesce(handed_at, asked_at) < now() - interval '1 hour'))"""


@sql.only(Failures)
def load_failures() -> sql.SQL:
    """Everything that failed and that somebody has to look at, the oldest first."""
    return f"""
        SELECT (SELECT coalesce(jsonb_agg(jsonb_build_object(
                           'kind', kind, 'key', key, 'code', coalesce(failure ->> 'code', ''))
                       ORDER BY id), '[]') FROM jobs WHERE held) AS jobs,
               (SELECT coalesce(jsonb_agg(to_jsonb(f) ORDER BY f.reference), '[]') FROM (
                    SELECT c.reference, count(*) AS mails
                      FROM case_mails m JOIN complaints c ON c.id = m.complaint
                     WHERE {MAIL_FAILED_SQL}
                     GROUP BY c.reference) f) AS cases,
               (SELECT count(*) FROM mails WHERE {MAIL_FAILED_SQL}) AS edition_mails,
               (SELECT count(*) FROM account_news WHERE {MAIL_FAILED_SQL}) AS account_mails
        """  # noqa: S608 - only our own words
