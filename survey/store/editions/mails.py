"""SQL for subscribers, who ask for reports, confirm by mail, and can leave; and for mails to them:
queued, claimed at most once, and their outcome.
"""

import datetime
from typing import Literal

import msgspec

from survey.editions.actions import EditionKey
from survey.store import statements as sql
from survey.store.database import Connection

MailResult = Literal["sent", "refused", "unknown"]


@sql.execute
def queue_edition(which: EditionKey) -> sql.SQL:
    """Queue one mail on a published edition for each subscriber of its kind; safe to repeat.

    Whoever gets the monthly report also gets an outcome report.
    """
    return """
        INSERT INTO mails (subscriber, kind, start_on, number)
        SELECT id, $1, $2, $3 FROM subscribers
         WHERE CASE $1 WHEN 'outcome' THEN 'monthly' ELSE $1 END = ANY(kinds)
        ON CONFLICT DO NOTHING
        """


class MailedEdition(msgspec.Struct, frozen=True):
    """A published edition, and its days."""

    kind: str
    start: datetime.date
    end: datetime.date
    number: int


class SubscriberMail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail to a subscriber: on an edition, or to confirm what was `asked`; `key` opens its
    links.
    """

    id: int
    tries: int
    email: str
    key: str
    asked: list[str]
    edition: MailedEdition | None


@sql.first(SubscriberMail)
def claim() -> sql.SQL:
    """Claim the next mail that is due; once this is committed nobody claims it again."""
    # Requests to confirm go first: somebody waits for them, and they are void after 48 hours.
    return """
        WITH taken AS (
            UPDATE mails SET handed_at = now(), tries = tries + 1
             WHERE id = (SELECT id FROM mails WHERE handed_at IS NULL AND due_at <= now()
                          ORDER BY kind IS NOT NULL, id LIMIT 1 FOR UPDATE SKIP LOCKED)
            RETURNING *
        )
        SELECT t.id, t.tries, s.email, s.key, s.asked,
               CASE WHEN t.kind IS NOT NULL
                    THEN jsonb_build_object('kind', t.kind, 'start', t.start_on, 'end', e.end_on,
                                            'number', t.number) END AS edition
          FROM taken t JOIN subscribers s ON s.id = t.subscriber
          LEFT JOIN editions e USING (kind, start_on, number)
        """


@sql.execute
def finish(mail: int, outcome: MailResult) -> sql.SQL:
    return "UPDATE mails SET outcome = $2 WHERE id = $1"


@sql.execute
def retry_later(mail: int, delay: datetime.timedelta) -> sql.SQL:
    """Schedule a mail that was certainly not accepted for another try later."""
    return "UPDATE mails SET handed_at = NULL, due_at = now() + $2 WHERE id = $1"


async def count_by_outcome(
    connection: Connection, which: EditionKey | None = None
) -> dict[str, int]:
    """How many mails are waiting, on one edition or on all, and how many had each outcome."""
    # Without an outcome nobody knows whether it arrived, and it is not sent again.
    rows = await connection.fetch(
        """
        SELECT coalesce(outcome, CASE WHEN handed_at IS NULL THEN 'waiting' ELSE 'unknown' END)
                   AS outcome, count(*) AS n
          FROM mails
         WHERE $1::text IS NULL OR (kind, start_on, number) = ($1, $2::date, $3::int) GROUP BY 1
        """,
        *(which or (None, None, None)),
    )
    return {row["outcome"]: row["n"] for row in rows}


@sql.execute
def delete_old() -> sql.SQL:
    """Delete mails unclaimed for two days, and after a month the record of who got what."""
    return """
        DELETE FROM mails WHERE asked_at < now() - interval '30 days'
            OR (handed_at IS NULL AND asked_at < now() - interval '48 hours')
        """


@sql.execute
def save_request(email: str, kinds: list[str], key: str) -> sql.SQL:
    """Store an address's request and queue a mail to it, at most one an hour, in one statement,
    which takes as long for a known address as for a new one.
    """
    # One an hour, or anyone could have us flood an address that is not theirs.
    return """
        WITH asked AS (
            INSERT INTO subscribers (key, email, asked) VALUES ($key, lower($email), $kinds)
            ON CONFLICT (email) DO UPDATE SET asked = excluded.asked, asked_at = now()
            RETURNING id
        )
        INSERT INTO mails (subscriber) SELECT id FROM asked
         WHERE NOT EXISTS (
               SELECT FROM mails m WHERE m.subscriber = asked.id AND m.kind IS NULL
                  AND m.asked_at > now() - interval '1 hour')
        """


class Subscriber(msgspec.Struct, frozen=True):
    """An address, and what it asked for in the last 48 hours."""

    email: str
    asked: list[str]


@sql.first(Subscriber)
def find_subscriber(key: str) -> sql.SQL:
    """The subscriber of a link's key: address, the kinds it receives, and those it asked for in the
    last 48 hours.
    """
    # A request that expired must not be shown as one that a click could still confirm.
    return """
        SELECT email,
               CASE WHEN asked_at > now() - interval '48 hours' THEN asked ELSE '{}' END AS asked
          FROM subscribers WHERE key = $1
        """


@sql.boolean
def confirm_subscriber(key: str) -> sql.SQL:
    """Subscribe the address to what it asked for in the last 48 hours; False if it did not ask."""
    return """
        UPDATE subscribers SET kinds = asked
         WHERE key = $1 AND asked_at > now() - interval '48 hours' RETURNING true
        """


@sql.execute
def delete_subscriber(key: str) -> sql.SQL:
    """Delete the address and every mail that waits for it."""
    return "DELETE FROM subscribers WHERE key = $1"


@sql.execute
def delete_unconfirmed_subscribers() -> sql.SQL:
    return "DELETE FROM subscribers WHERE kinds = '{}' AND asked_at < now() - interval '48 hours'"
