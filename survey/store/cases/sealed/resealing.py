"""SQL that encrypts what is stored of cases: after an upgrade, and with a new key."""

from survey.cases.contacts import Sealer
from survey.store.cases.sealed.sealing import PREFIX, SEALED, is_sealed
from survey.store.database import Connection
from survey.store.statements import SQL, values
from survey.store.surveys import attachments


@values(list[str])
def load_unsealed_cases(limit: int, *, sealed: str = SEALED) -> SQL:
    """Cases of which words or files are stored as they were written, in no order."""
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


@values(list[str])
def load_cases() -> SQL:
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
    for mark in await attachments.load_marks_of_case(connection, complaint):
        await attachments.seal_file(connection, mark, sealer)


def reseal_words(sealer: Sealer, stored: str) -> str:
    """Words as they are stored, encrypted with the newest key."""
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
