"""SQL for sessions, drafts, and forms that were sent after a session had ended: found only with
the key that the browser holds.
"""

import contextlib
import datetime
from typing import TypeVar

import asyncpg
import msgspec

from survey.problems import Unavailable
from survey.store import statements as sql
from survey.store.accounts.people import Person
from survey.store.database import Connection

MOST_DRAFT_BYTES = 2_000_000_000
# Otherwise each request would be a write.
NOTED_EVERY = datetime.timedelta(minutes=10)
Content = TypeVar("Content", bound=msgspec.Struct)


class Session(Person, frozen=True):
    """A session: whose it is, and whether it is time to note its use again."""

    is_noted_late: bool

    @property
    def person(self) -> Person:
        return Person(self.id, self.email, self.name, self.role)


class SealedDraft(msgspec.Struct, frozen=True):
    """A draft of what was typed, encrypted."""

    sealed: str = ""


@sql.execute
def insert(key_digest: bytes, account: str, expires_at: datetime.datetime) -> sql.SQL:
    return "INSERT INTO sessions (key_digest, account, expires_at) VALUES ($1, $2::uuid, $3)"


@sql.first(Session)
def find(
    key_digest: bytes,
    longest_unused: datetime.timedelta,
    *,
    noted_every: datetime.timedelta = NOTED_EVERY,
) -> sql.SQL:
    """A session that was used lately, with its account as it is now: a changed role applies at
    once.
    """
    # Whoever was shut out is out at the next request, even if a session of theirs is left.
    return """
        SELECT a.id::text, a.email, a.name, a.role,
               s.used_at < now() - $noted_every::interval AS is_noted_late
          FROM sessions s JOIN accounts a ON a.id = s.account
         WHERE s.key_digest = $key_digest AND s.expires_at > now()
           AND s.used_at > now() - $longest_unused::interval
           AND a.active
        """


async def note_use(connection: Connection, key_digest: bytes) -> None:
    """Note that a session is used now; where nothing can be written, the use is not noted."""
    with contextlib.suppress(asyncpg.DiskFullError, asyncpg.ReadOnlySQLTransactionError):
        await connection.execute(
            "UPDATE sessions SET used_at = now() WHERE key_digest = $1", key_digest
        )


@sql.values(list[datetime.date])
def load_others(account: str, key_digest: bytes, longest_unused: datetime.timedelta) -> sql.SQL:
    """The day of the last use, by local time, of each other open session of a person, the newest
    first.
    """
    return """
        SELECT used_at::date AS day FROM sessions
         WHERE account = $1::uuid AND key_digest <> $2
           AND expires_at > now() AND used_at > now() - $3::interval
         ORDER BY used_at DESC
        """


@sql.execute
def delete(key_digest: bytes) -> sql.SQL:
    """End a session, and delete what was being entered for somebody in it."""
    # A draft that outlived the session would be open to whoever uses the browser next.
    return """
        WITH gone AS (DELETE FROM sessions WHERE key_digest = $1)
        DELETE FROM drafts WHERE content ->> 'opened' = encode($1, 'hex')
        """


@sql.execute
def delete_all_of(account: str) -> sql.SQL:
    """End every session of a person, and delete what they were entering for somebody."""
    return """
        WITH gone AS (DELETE FROM sessions WHERE account = $1::uuid RETURNING key_digest)
        DELETE FROM drafts
         WHERE content ->> 'opened' IN (SELECT encode(key_digest, 'hex') FROM gone)
        """


drafts_full = Unavailable.of(
    "drafts.full",
    "So many answers are being written at the moment that there is no room for another.",
    "Nothing was saved. Try again in an hour.",
)


@sql.require(drafts_full)
def save_draft(
    key_digest: bytes,
    content: msgspec.Struct,
    expires_at: datetime.datetime,
    *,
    most: int = MOST_DRAFT_BYTES,
) -> sql.SQL:
    """Save a draft; raises if all drafts together would have more than `most` bytes."""
    # The size of the table's files costs nothing to ask. Only where it is large are the drafts
    # counted, since deleted ones leave their room in the files for a while.
    return """
        INSERT INTO drafts (key_digest, content, expires_at)
        SELECT $1, $2, $3
         WHERE CASE WHEN pg_total_relation_size('drafts') <= $4::bigint THEN true
                    ELSE (SELECT coalesce(sum(pg_column_size(content)), 0) FROM drafts)
                         <= $4::bigint END
        ON CONFLICT (key_digest) DO UPDATE
           SET content = excluded.content, expires_at = excluded.expires_at
        RETURNING true
        """


async def find_draft(
    connection: Connection, key_digest: bytes, kind: type[Content]
) -> Content | None:
    """The content of a draft that was saved as this kind."""
    content = await connection.fetchval(
        "SELECT content FROM drafts WHERE key_digest = $1 AND expires_at > now()", key_digest
    )
    return msgspec.convert(content, kind | None)


@sql.execute
def delete_draft(key_digest: bytes) -> sql.SQL:
    return "DELETE FROM drafts WHERE key_digest = $1"


@sql.execute
def delete_case_drafts(case: str) -> sql.SQL:
    """Delete drafts that hold the words of a case: those that correct it, or show its receipt."""
    # Erasure calls this: a draft holds words of the case that is erased.
    return "DELETE FROM drafts WHERE content ->> 'case' = $1 OR content ->> 'reference' = $1"


@sql.execute
def delete_expired() -> sql.SQL:
    """Delete expired sessions, sign-in links and drafts."""
    return """
        WITH gone AS (DELETE FROM sessions WHERE expires_at <= now()),
             linked AS (DELETE FROM sign_in_links WHERE expires_at <= now())
        DELETE FROM drafts WHERE expires_at <= now()
        """


@sql.boolean
def save_unsent_form(
    key_digest: bytes, sealed: str, expires_at: datetime.datetime, *, most: int
) -> sql.SQL:
    """Save a form; False if all saved forms together would have more than `most` bytes."""
    # Forms at once do not see each other, so the limit may be passed by a few of them.
    return """
        INSERT INTO unsent_forms (key_digest, sealed, expires_at)
        SELECT $1, $2, $3
         WHERE (SELECT coalesce(sum(pg_column_size(sealed)), 0) FROM unsent_forms)
               + octet_length($2) <= $4::bigint
        RETURNING true
        """


@sql.value_or_none(str)
def find_unsent_form(key_digest: bytes) -> sql.SQL:
    return "SELECT sealed FROM unsent_forms WHERE key_digest = $1 AND expires_at > now()"


@sql.execute
def delete_unsent_form(key_digest: bytes) -> sql.SQL:
    return "DELETE FROM unsent_forms WHERE key_digest = $1"


@sql.execute
def delete_expired_unsent_forms() -> sql.SQL:
    return "DELETE FROM unsent_forms WHERE expires_at <= now()"
