"""SQL for attachments: sent first, taken by a response or a case later, or forgotten; scanned."""

import datetime
from collections.abc import Iterable, Mapping
from typing import Literal

import asyncpg
import msgspec

from survey.attachments import Attachment
from survey.store.database import Connection

Scan = Literal["waiting", "clean", "infected", "not_scanned"]


class StoredFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file without its content and without when it came."""

    id: str
    item: str
    media_type: str
    size: int
    scan: Scan

    @property
    def is_picture(self) -> bool:
        """Whether it can be shown: nothing is, before the scanner has looked at it."""
        return self.media_type.startswith("image/") and self.scan in ("clean", "not_scanned")


class AnswerFile(StoredFile, frozen=True, kw_only=True):
    """A file that came with an answer to a survey, on a day."""

    day: datetime.date


class FileContent(msgspec.Struct, frozen=True, kw_only=True):
    """What is in a file: nothing any more where the scanner found a virus."""

    media_type: str
    body: bytes | None
    scan: Scan


async def insert(
    connection: Connection,
    mark: str,
    asked: tuple[str, str],
    kept: Attachment,
    *,
    most: int,
    quarantine: bool,
) -> bool:
    """Keep a file for two to three hours, if those that wait are not more than `most` bytes.

    `asked` is the instrument and its question. In quarantine it waits for the scanner.
    """
    found = await connection.fetchval(
        """
        INSERT INTO attachments (mark, instrument, item, media_type, body, scan)
        SELECT $1, $2, $3, $4, $5::bytea, $7
         WHERE (SELECT coalesce(sum(size), 0) FROM attachments WHERE expires_at IS NOT NULL)
               + octet_length($5) <= $6::bigint
        RETURNING true
        """,
        mark,
        *asked,
        kept.media_type,
        kept.body,
        most,
        "waiting" if quarantine else "not_scanned",
    )
    return bool(found)


async def take(
    connection: Connection, reference: str, instrument: str, wanted: Mapping[str, str]
) -> set[str]:
    """Give the files of these marks, each with its question, to a response; those that could be."""
    return await give(connection, reference, instrument, wanted, to_case=False)


async def take_for_case(
    connection: Connection, reference: str, instrument: str, wanted: Mapping[str, str]
) -> set[str]:
    """The same for a complaint."""
    return await give(connection, reference, instrument, wanted, to_case=True)


async def give(
    connection: Connection,
    reference: str,
    instrument: str,
    wanted: Mapping[str, str],
    *,
    to_case: bool,
) -> set[str]:
    """Locked in the order of their marks, so that two who take never wait for each other."""
    rows = await connection.fetch(
        """
        WITH owner AS (
            SELECT id AS response, NULL::uuid AS complaint
              FROM responses WHERE reference = $1 AND NOT $5
             UNION ALL SELECT NULL, id FROM complaints WHERE reference = $1 AND $5
        ), found AS (
            SELECT a.mark, o.response, o.complaint
              FROM attachments a JOIN unnest($3::text[], $4::text[]) AS w (mark, item)
                   ON w.mark = a.mark AND w.item = a.item
                   CROSS JOIN owner o
             WHERE a.instrument = $2 AND a.expires_at > now()
             ORDER BY a.mark FOR UPDATE OF a
        )
        UPDATE attachments a
           SET response = f.response, complaint = f.complaint, expires_at = NULL
          FROM found f WHERE a.mark = f.mark
        RETURNING a.mark
        """,
        reference,
        instrument,
        list(wanted),
        list(wanted.values()),
        to_case,
    )
    return {row["mark"] for row in rows}


async def hold(connection: Connection, marks: Iterable[str]) -> None:
    """Keep what is waited for as long as if it had been sent now."""
    await connection.execute(
        """
        UPDATE attachments SET expires_at = date_trunc('hour', now()) + interval '3 hours'
         WHERE mark = ANY($1) AND expires_at > now()
           AND expires_at < date_trunc('hour', now()) + interval '3 hours'
        """,
        list(marks),
    )


async def waiting_of(connection: Connection, marks: Iterable[str]) -> dict[str, StoredFile]:
    """Those of these files that no answer has taken yet, by their marks."""
    rows = await connection.fetch(
        """
        SELECT mark, id::text, item, media_type, size, scan FROM attachments
         WHERE mark = ANY($1) AND expires_at > now()
        """,
        list(marks),
    )
    return {
        row["mark"]: StoredFile(**{name: row[name] for name in StoredFile.__struct_fields__})
        for row in rows
    }


async def body_of_waiting(connection: Connection, mark: str) -> bytes | None:
    """What is in a file that no answer has taken yet, unless it waits for the scanner."""
    body: bytes | None = await connection.fetchval(
        """
        SELECT body FROM attachments
         WHERE mark = $1 AND expires_at > now() AND scan IN ('clean', 'not_scanned')
        """,
        mark,
    )
    return body


async def discard(connection: Connection, marks: Iterable[str]) -> None:
    """Drop what its sender no longer wants to send."""
    await connection.execute(
        "DELETE FROM attachments WHERE mark = ANY($1) AND expires_at IS NOT NULL", list(marks)
    )


async def discard_of_case(connection: Connection, mark: str) -> None:
    """Drop a file that its case can no longer take."""
    await connection.execute(
        "DELETE FROM attachments WHERE mark = $1 AND complaint IS NOT NULL", mark
    )


async def delete_from_case(connection: Connection, complaint: str, ident: str) -> bool:
    """Delete one file of a case; whether it was there."""
    found: bool = await connection.fetchval(
        """
        WITH gone AS (
            DELETE FROM attachments WHERE id = $2::uuid AND complaint = $1::uuid RETURNING 1
        ) SELECT EXISTS (SELECT FROM gone)
        """,
        complaint,
        ident,
    )
    return found


async def forget_expired(connection: Connection) -> None:
    """Drop what nobody took."""
    await connection.execute("DELETE FROM attachments WHERE expires_at <= now()")


async def number_of(connection: Connection, instrument: str) -> int:
    """How many files came with answers to one survey."""
    found: int = await connection.fetchval(
        "SELECT count(*) FROM attachments WHERE instrument = $1 AND response IS NOT NULL",
        instrument,
    )
    return found


async def page_of_answers(
    connection: Connection, instrument: str, skip: int, limit: int
) -> list[AnswerFile]:
    """The files that came with answers to one survey, the newest day first, in no order within."""
    rows = await connection.fetch(
        """
        SELECT a.id::text, a.item, a.media_type, a.size, a.scan,
               (r.received_at AT TIME ZONE 'Europe/London')::date AS day
          FROM attachments a JOIN responses r ON r.id = a.response
         WHERE a.instrument = $1
         ORDER BY day DESC, a.id OFFSET $2 LIMIT $3
        """,
        instrument,
        skip,
        limit,
    )
    return [AnswerFile(**row) for row in rows]


async def find(connection: Connection, instrument: str, ident: str) -> FileContent | None:
    """One file that came with an answer to this survey."""
    row = await connection.fetchrow(
        """
        SELECT media_type, body, scan FROM attachments
         WHERE id = $2::uuid AND instrument = $1 AND response IS NOT NULL
        """,
        instrument,
        ident,
    )
    return FileContent(**row) if row else None


async def of_case(connection: Connection, complaint: str) -> list[StoredFile]:
    """The files of one case, by their names alone, which say nothing of when they came."""
    rows = await connection.fetch(
        """
        SELECT id::text, item, media_type, size, scan FROM attachments
         WHERE complaint = $1::uuid ORDER BY id
        """,
        complaint,
    )
    return [StoredFile(**row) for row in rows]


async def find_of_case(connection: Connection, complaint: str, ident: str) -> FileContent | None:
    """One file of this case."""
    row = await connection.fetchrow(
        """
        SELECT media_type, body, scan FROM attachments
         WHERE id = $2::uuid AND complaint = $1::uuid
        """,
        complaint,
        ident,
    )
    return FileContent(**row) if row else None


async def any_waiting(connection: Connection) -> asyncpg.Record | None:
    """Any file that waits for the scanner: one at which it fails does not hold up the rest."""
    return await connection.fetchrow(
        """
        SELECT mark, body FROM attachments
         WHERE mark = (SELECT mark FROM attachments WHERE scan = 'waiting'
                        ORDER BY random() LIMIT 1)
        """
    )


async def scanned(connection: Connection, mark: str, scan: Scan) -> None:
    """Write down what the scanner found; a file that it refuses is destroyed with it."""
    await connection.execute(
        """
        UPDATE attachments
           SET scan = $2, body = CASE WHEN $2 = 'infected' THEN '\\x00'::bytea ELSE body END
         WHERE mark = $1 AND scan = 'waiting'
        """,
        mark,
        scan,
    )


async def standing(connection: Connection) -> dict[str, int]:
    """How many files there are by what the scanner found."""
    rows = await connection.fetch("SELECT scan, count(*) AS n FROM attachments GROUP BY 1")
    return {row["scan"]: row["n"] for row in rows}
