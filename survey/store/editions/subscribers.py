"""SQL for subscribers: they ask for reports, confirm by mail, and can leave."""

import msgspec

from survey.store.statements import SQL, boolean, execute, first


@execute
def save_request(email: str, kinds: list[str], key: str) -> SQL:
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


@first(Subscriber)
def by_key(key: str) -> SQL:
    """The subscriber of a link's key: address, the kinds it receives, and those it asked for in the
    last 48 hours.
    """
    # A request that expired must not be shown as one that a click could still confirm.
    return """
        SELECT email,
               CASE WHEN asked_at > now() - interval '48 hours' THEN asked ELSE '{}' END AS asked
          FROM subscribers WHERE key = $1
        """


@boolean
def confirm(key: str) -> SQL:
    """Subscribe the address as it asked within 48 hours; False if it did not."""
    return """
        UPDATE subscribers SET kinds = asked
         WHERE key = $1 AND asked_at > now() - interval '48 hours' RETURNING true
        """


@execute
def delete(key: str) -> SQL:
    """Delete the address and every mail that waits for it."""
    return "DELETE FROM subscribers WHERE key = $1"


@execute
def delete_unconfirmed() -> SQL:
    return "DELETE FROM subscribers WHERE kinds = '{}' AND asked_at < now() - interval '48 hours'"
