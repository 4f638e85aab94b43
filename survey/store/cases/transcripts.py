"""SQL for transcripts: which sounds of complaints to write down, and what people made of them."""

import datetime

import asyncpg
import msgspec

from survey.cases import transcripts
from survey.store import statements as sql
from survey.store.cases.sealed_words import open_file, open_words, seal_words
from survey.store.database import Connection

MOST_STARTS = 3
# Longer than listening may take: after it the worker that began has died.
STARTED_LONG_AGO = datetime.timedelta(hours=1)
TRANSCRIPTS_SQL = """
    SELECT t.attachment::text, t.state, t.failure, t.words, t.heard, t.text IS NOT NULL AS counted,
           t.changed, p.name AS decided_by, t.decided_at
      FROM transcripts t JOIN attachments a ON a.id = t.attachment
      LEFT JOIN accounts p ON p.id = t.decided_by
"""


class WaitingSound(msgspec.Struct, frozen=True):
    """Sound to transcribe."""

    attachment: str
    body: bytes


async def claim(connection: Connection) -> WaitingSound | None:
    """The next sound of a complaint that nobody has transcribed; no other worker takes it.

    Never one in quarantine, and none that came with an answer to a survey.
    """
    claimed = await connection.fetchval(
        """
        UPDATE transcripts SET starts = starts + 1, started_at = now()
         WHERE attachment = (SELECT attachment FROM transcripts
                              WHERE state = 'waiting' AND starts < $1
                                AND started_at < now() - $2::interval
                              ORDER BY attachment LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING attachment
        """,
        MOST_STARTS,
        STARTED_LONG_AGO,
    )
    if claimed is None:
        claimed = await connection.fetchval(
            """
            INSERT INTO transcripts (attachment)
            SELECT a.id FROM attachments a
             WHERE a.complaint IS NOT NULL AND a.media_type LIKE 'audio/%'
               AND a.scan IN ('clean', 'not_scanned')
               AND NOT EXISTS (SELECT FROM transcripts t WHERE t.attachment = a.id)
             ORDER BY a.id LIMIT 1 ON CONFLICT DO NOTHING RETURNING attachment
            """
        )
    row = await connection.fetchrow(
        "SELECT id::text AS attachment, body, sealed FROM attachments WHERE id = $1", claimed
    )
    if row is None:
        return None
    return WaitingSound(row["attachment"], open_file(connection, row["body"], sealed=row["sealed"]))


@sql.execute
def fail_abandoned(
    sentence: str,
    *,
    most_starts: int = MOST_STARTS,
    started_long_ago: datetime.timedelta = STARTED_LONG_AGO,
) -> sql.SQL:
    """Give up sounds over which workers died too often."""
    return """
        UPDATE transcripts SET state = 'failed', failure = $sentence
         WHERE state = 'waiting' AND starts >= $most_starts
           AND started_at < now() - $started_long_ago::interval
        """


async def save_heard(
    connection: Connection, attachment: str, heard: transcripts.MachineTranscript
) -> None:
    """Save what a machine heard; nothing happens if the file was deleted meanwhile."""
    await connection.execute(
        """
        UPDATE transcripts SET state = 'ready', heard = $2, words = $3
         WHERE attachment = $1::uuid AND state = 'waiting'
        """,
        attachment,
        seal_words(connection, msgspec.json.encode(heard).decode()),
        seal_words(connection, heard.words),
    )


@sql.execute
def save_failure(attachment: str, sentence: str) -> sql.SQL:
    return """
        UPDATE transcripts SET state = 'failed', failure = $2
         WHERE attachment = $1::uuid AND state = 'waiting'
        """


async def load_for_case(connection: Connection, complaint: str) -> list[transcripts.Transcript]:
    rows = await connection.fetch(
        f"{TRANSCRIPTS_SQL} WHERE a.complaint = $1::uuid ORDER BY t.attachment", complaint
    )
    return [transcript_from_row(connection, row) for row in rows]


def transcript_from_row(connection: Connection, row: asyncpg.Record) -> transcripts.Transcript:
    fields = dict(row)
    fields["words"] = open_words(connection, fields["words"])
    # As JSON it was stored before it was encrypted; encrypted it is a text.
    if isinstance(fields["heard"], str):
        fields["heard"] = msgspec.json.decode(open_words(connection, fields["heard"]))
    return msgspec.convert(fields, transcripts.Transcript)


async def get(connection: Connection, complaint: str, attachment: str) -> transcripts.Transcript:
    """The transcript of one file of this case."""
    row = await connection.fetchrow(
        f"{TRANSCRIPTS_SQL} WHERE a.complaint = $1::uuid AND t.attachment = $2::uuid",
        complaint,
        attachment,
    )
    if row is None:
        raise transcripts.unknown_transcript()
    return transcript_from_row(connection, row)


async def accept(
    connection: Connection,
    attachment: str,
    words: str,
    *,
    by: str,
    changed: float | None,
    counted: bool,
) -> None:
    """Save the words as a person corrected them; `counted` makes them a text of the case.

    A text is read and coded like one that was written. Raises if somebody decided before.
    """
    # What the machine wrote goes: the words of a person are in one place, so that erasure is.
    accepted = await connection.fetchval(
        """
        UPDATE transcripts
           SET state = 'accepted', words = $2, heard = NULL, changed = $4,
               decided_by = $3::uuid, decided_at = now()
         WHERE attachment = $1::uuid AND state IN ('ready', 'failed') RETURNING true
        """,
        attachment,
        "" if counted else seal_words(connection, words),
        by,
        changed,
    )
    if not accepted:
        raise transcripts.transcript_already_decided()
    if counted:
        await insert_text(connection, attachment, words)


async def insert_text(connection: Connection, attachment: str, words: str) -> None:
    """Make accepted words a text of the case, and ask for it to be read."""
    await connection.execute(
        """
        WITH written AS (
            INSERT INTO texts (complaint, item, body, language)
            SELECT c.id, $3 || left(a.id::text, 8), $2, c.language
              FROM attachments a JOIN complaints c ON c.id = a.complaint WHERE a.id = $1::uuid
            RETURNING id
        ), spoken AS (
            UPDATE transcripts SET text = (SELECT id FROM written) WHERE attachment = $1::uuid
        )
        INSERT INTO jobs (kind) SELECT 'code_texts' FROM written
        """,
        attachment,
        seal_words(connection, words),
        transcripts.SPOKEN,
    )


@sql.require(transcripts.transcript_already_decided)
def discard(attachment: str, *, by: str) -> sql.SQL:
    """Throw away what a machine wrote down; raises if somebody decided before."""
    return """
        UPDATE transcripts SET state = 'discarded', words = '', heard = NULL,
               decided_by = $2::uuid, decided_at = now()
         WHERE attachment = $1::uuid AND state IN ('ready', 'failed') RETURNING true
        """
