"""SQL for forms that were sent after a session had ended: found only with the browser's key."""

import datetime

from survey.store.statements import SQL, boolean, execute, value_or_none


@boolean
def save(key_digest: bytes, sealed: str, expires_at: datetime.datetime, *, most: int) -> SQL:
    """Save a form; False if all of them together would have more than `most` bytes."""
    # Forms at once do not see each other, so the limit may be passed by a few of them.
    return """
        INSERT INTO unsent_forms (key_digest, sealed, expires_at)
        SELECT $1, $2, $3
         WHERE (SELECT coalesce(sum(pg_column_size(sealed)), 0) FROM unsent_forms)
               + octet_length($2) <= $4::bigint
        RETURNING true
        """


@value_or_none(str)
def find(key_digest: bytes) -> SQL:
    return "SELECT sealed FROM unsent_forms WHERE key_digest = $1 AND expires_at > now()"


@execute
def delete(key_digest: bytes) -> SQL:
    return "DELETE FROM unsent_forms WHERE key_digest = $1"


@execute
def delete_expired() -> SQL:
    return "DELETE FROM unsent_forms WHERE expires_at <= now()"
