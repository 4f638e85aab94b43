"""SQL for mails to subscribers: queued, claimed at most once, and their outcome."""

import datetime
from typing import Literal

import msgspec

from survey.editions.actions import EditionKey
from survey.store.database import Connection
from survey.store.statements import SQL, execute, first

MailResult = Literal["sent", "refused", "unknown"]


@execute
def queue_edition(which: EditionKey) -> SQL:
    """Queue one mail on a published edition for each subscriber of its kind; safe to repeat."""
    return """
        INSERT INTO mails (subscriber, kind, start_on, number)
        SELECT id, $1, $2, $3 FROM subscribers WHERE $1 = ANY(kinds) ON CONFLICT DO NOTHING
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


@first(SubscriberMail)
def claim() -> SQL:
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


@execute
def finish(mail: int, outcome: MailResult) -> SQL:
    return "UPDATE mails SET outcome = $2 WHERE id = $1"


@execute
def retry_later(mail: int, delay: datetime.timedelta) -> SQL:
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


@execute
def delete_old() -> SQL:
    """Delete mails unclaimed for two days, and after a month the record of who got what."""
    return """
        DELETE FROM mails WHERE asked_at < now() - interval '30 days'
            OR (handed_at IS NULL AND asked_at < now() - interval '48 hours')
        """
