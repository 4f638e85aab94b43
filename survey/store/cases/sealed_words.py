"""Words and files of cases as they are stored: encrypted, if the connection has a `Sealer`.

Without one, as in most tests, they are stored as they are. What was stored so before encryption
can be read all the same, until a job has encrypted it. With a new key all is encrypted again.
"""

import asyncio

from survey.cases.contacts import Sealer
from survey.cases.refusals import sealed_case
from survey.store import statements as sql
from survey.store.database import Connection

PREFIX = "sealed:"
SEALED = PREFIX + "gAAAA"  # every token of Fernet begins so


def sealer_of(connection: Connection) -> Sealer | None:
    sealer: Sealer | None = getattr(connection, "sealer", None)
    return sealer


def is_sealed(stored: str) -> bool:
    return stored.startswith(SEALED)


def seal_words(connection: Connection, words: str) -> str:
    """Words as they are stored: encrypted if the connection has a sealer."""
    sealer = sealer_of(connection)
    return words if sealer is None or not words else PREFIX + sealer.seal_text(words)


def open_words(connection: Connection, stored: str) -> str:
    """Stored words in plain text; raises if they are encrypted and there is no sealer."""
    if not is_sealed(stored):
        return stored
    sealer = sealer_of(connection)
    if sealer is None:
        raise sealed_case()
    return sealer.unseal_text(stored.removeprefix(PREFIX))


def open_file(connection: Connection, body: bytes, *, sealed: bool) -> bytes:
    """A stored file's plain content; raises if it is encrypted and there is no sealer."""
    if not sealed:
        return body
    sealer = sealer_of(connection)
    if sealer is None:
        raise sealed_case()
    return sealer.unseal_file(body)


async def seal_file(connection: Connection, mark: str, sealer: Sealer) -> None:
    """Encrypt a case's file with the newest key, whether it was encrypted or not."""
    # One whose content a virus cost has nothing left to encrypt.
    row = await connection.fetchrow(
        """
        SELECT body, sealed FROM attachments
         WHERE mark = $1 AND complaint IS NOT NULL AND scan <> 'infected' FOR UPDATE
        """,
        mark,
    )
    if row is not None:
        body = sealer.unseal_file(row["body"]) if row["sealed"] else row["body"]
        await connection.execute(
            "UPDATE attachments SET body = $2, sealed = true WHERE mark = $1",
            mark,
            await asyncio.to_thread(sealer.seal_file, body),
        )


@sql.values(list[str])
def load_marks_of_case(complaint: str) -> sql.SQL:
    """The marks of the files of a case."""
    return "SELECT mark FROM attachments WHERE complaint = $1::uuid ORDER BY mark"


@sql.values(list[str])
def load_unsealed_cases(limit: int, *, sealed: str = SEALED) -> sql.SQL:
    """Cases with words or files that are still stored unencrypted, in no order."""
    return """
        SELECT DISTINCT complaint::text AS complaint FROM (
            SELECT complaint FROM texts
             WHERE complaint IS NOT NULL AND body <> '' AND NOT starts_with(body, $sealed)
             UNION ALL
            SELECT complaint FROM case_messages WHERE body <> '' AND NOT starts_with(body, $sealed)
             UNION ALL
            SELECT e.complaint FROM case_earlier e, jsonb_each_text(e.texts) t
             WHERE t.value <> '' AND NOT starts_with(t.value, $sealed)
             UNION ALL
            SELECT a.complaint FROM transcripts t JOIN attachments a ON a.id = t.attachment
             WHERE a.complaint IS NOT NULL AND (jsonb_typeof(t.heard) = 'object'
                   OR (t.words <> '' AND NOT starts_with(t.words, $sealed)))
             UNION ALL
            SELECT complaint FROM attachments
             WHERE complaint IS NOT NULL AND NOT sealed AND scan <> 'infected'
        ) found LIMIT $limit
        """


@sql.values(list[str])
def load_cases() -> sql.SQL:
    return "SELECT id::text AS id FROM complaints ORDER BY complaints.id"


async def load_sealed_words(connection: Connection) -> list[str]:
    """Every encrypted text and message of a case, without the mark before it."""
    rows = await connection.fetch(
        """
        SELECT body FROM texts WHERE complaint IS NOT NULL AND starts_with(body, $1)
         UNION ALL SELECT body FROM case_messages WHERE starts_with(body, $1)
        """,
        SEALED,
    )
    return [row["body"].removeprefix(PREFIX) for row in rows]


async def reseal_case(connection: Connection, complaint: str, sealer: Sealer) -> None:
    """Encrypt all words and files of a case with the newest key, in the caller's transaction."""
    # Whoever acts on the case waits, so that nothing is written between reading and writing.
    await connection.execute("SELECT FROM complaints WHERE id = $1::uuid FOR UPDATE", complaint)
    await reseal_texts(connection, complaint, sealer)
    await reseal_messages(connection, complaint, sealer)
    await reseal_earlier(connection, complaint, sealer)
    await reseal_transcripts(connection, complaint, sealer)
    for mark in await load_marks_of_case(connection, complaint):
        await seal_file(connection, mark, sealer)


def reseal_words(sealer: Sealer, stored: str) -> str:
    """Stored words, encrypted again with the newest key."""
    words = sealer.unseal_text(stored.removeprefix(PREFIX)) if is_sealed(stored) else stored
    return PREFIX + sealer.seal_text(words) if words else words


async def reseal_texts(connection: Connection, complaint: str, sealer: Sealer) -> None:
    rows = await connection.fetch(
        "SELECT id, body FROM texts WHERE complaint = $1::uuid FOR UPDATE", complaint
    )
    await connection.executemany(
        "UPDATE texts SET body = $2 WHERE id = $1",
        [(row["id"], reseal_words(sealer, row["body"])) for row in rows],
    )


async def reseal_messages(connection: Connection, complaint: str, sealer: Sealer) -> None:
    rows = await connection.fetch(
        "SELECT version, body FROM case_messages WHERE complaint = $1::uuid FOR UPDATE", complaint
    )
    await connection.executemany(
        "UPDATE case_messages SET body = $3 WHERE complaint = $1::uuid AND version = $2",
        [(complaint, row["version"], reseal_words(sealer, row["body"])) for row in rows],
    )


async def reseal_earlier(connection: Connection, complaint: str, sealer: Sealer) -> None:
    rows = await connection.fetch(
        "SELECT version, texts FROM case_earlier WHERE complaint = $1::uuid FOR UPDATE", complaint
    )
    await connection.executemany(
        "UPDATE case_earlier SET texts = $3 WHERE complaint = $1::uuid AND version = $2",
        [
            (
                complaint,
                row["version"],
                {item: reseal_words(sealer, words) for item, words in row["texts"].items()},
            )
            for row in rows
        ],
    )


async def reseal_transcripts(connection: Connection, complaint: str, sealer: Sealer) -> None:
    rows = await connection.fetch(
        """
        SELECT t.attachment, t.words,
               CASE jsonb_typeof(t.heard) WHEN 'string' THEN t.heard #>> '{}'
                    ELSE t.heard::text END AS heard
          FROM transcripts t JOIN attachments a ON a.id = t.attachment
         WHERE a.complaint = $1::uuid FOR UPDATE OF t
        """,
        complaint,
    )
    await connection.executemany(
        "UPDATE transcripts SET words = $2, heard = $3 WHERE attachment = $1",
        [
            (
                row["attachment"],
                reseal_words(sealer, row["words"]),
                row["heard"] and reseal_words(sealer, row["heard"]),
            )
            for row in rows
        ],
    )
