"""SQL for attachments: uploaded, scanned, then attached to a response or case, or deleted."""

import asyncio
import datetime
from collections.abc import Collection, Iterable, Mapping
from typing import Literal

import msgspec

from survey.media import Attachment
from survey.store import statements as sql
from survey.store.answers.counts import IN_PAST_HOURS
from survey.store.cases.sealed_words import open_file, seal_file, sealer_of
from survey.store.database import Connection

AttachmentScan = Literal["waiting", "clean", "infected", "not_scanned"]


class StoredFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file without its content, and without its time of upload."""

    id: str
    item: str
    media_type: str
    size: int
    scan: AttachmentScan

    @property
    def is_picture(self) -> bool:
        """True if it can be shown as an image: never while it waits for the virus scan."""
        return self.media_type.startswith("image/") and self.scan in ("clean", "not_scanned")


class AnswerFile(StoredFile, frozen=True, kw_only=True):
    """A file that came with an answer to a survey, on a day."""

    day: datetime.date


class FileContent(msgspec.Struct, frozen=True, kw_only=True):
    """The content of a file; without its body once the scanner found a virus."""

    media_type: str
    body: bytes | None
    scan: AttachmentScan


@sql.boolean
def insert(
    mark: str, instrument: str, item: str, attachment: Attachment, *, most: int, quarantine: bool
) -> sql.SQL:
    """Store a file for two to three hours; False if waiting files would exceed `most` bytes.

    In quarantine the file waits for the virus scan.
    """
    # Uploads at once do not see each other, so the limit may be passed by a few files.
    return """
        INSERT INTO attachments (mark, instrument, item, media_type, body, scan)
        SELECT $mark, $instrument, $item, $attachment.media_type, $attachment.body::bytea,
               CASE WHEN $quarantine::boolean THEN 'waiting' ELSE 'not_scanned' END
         WHERE (SELECT coalesce(sum(size), 0) FROM attachments WHERE expires_at IS NOT NULL)
               + octet_length($attachment.body) <= $most::bigint
        RETURNING true
        """


async def attach(
    connection: Connection,
    reference: str,
    instrument: str,
    wanted: Mapping[str, str],
    *,
    to_case: bool = False,
) -> set[str]:
    """Attach the files of these marks, each with its question, to a response or a case; returns
    those attached. Locked in order of their marks, so that two callers never deadlock.
    """
    # A file was checked for the question it was sent for, and goes with no other.
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
    attached = {str(row["mark"]) for row in rows}
    if to_case and (sealer := sealer_of(connection)) is not None:
        for mark in sorted(attached):
            await seal_file(connection, mark, sealer)
    return attached


@sql.execute
def extend_expiry(marks: Collection[str]) -> sql.SQL:
    """Extend the expiry of waiting files, as if they had been uploaded now."""
    return """
        UPDATE attachments SET expires_at = date_trunc('hour', now()) + interval '3 hours'
         WHERE mark = ANY($1) AND expires_at > now()
           AND expires_at < date_trunc('hour', now()) + interval '3 hours'
        """


@sql.execute
def hold_until(marks: Collection[str], until: datetime.datetime, *, most: int) -> sql.SQL:
    """Let files wait until this hour, unless those that wait so long would exceed `most` bytes."""
    return """
        UPDATE attachments SET expires_at = $2
         WHERE mark = ANY($1) AND expires_at > now() AND expires_at < $2
           AND (SELECT coalesce(sum(size), 0) FROM attachments
                 WHERE expires_at > now() + interval '3 hours' OR mark = ANY($1)) <= $3::bigint
        """


@sql.value(int)
def count_not_held(marks: Collection[str], until: datetime.datetime) -> sql.SQL:
    """Number of these files that are gone, or will be before this hour."""
    return """
        SELECT cardinality($1::text[]) - count(*) FROM attachments
         WHERE mark = ANY($1) AND expires_at >= $2
        """


async def load_waiting(connection: Connection, marks: Iterable[str]) -> dict[str, StoredFile]:
    """The files among these that are not attached to an answer yet, by their marks."""
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


@sql.value_or_none(bytes)
def find_waiting_body(mark: str) -> sql.SQL:
    """The content of a file not attached yet; None while it waits for the virus scan."""
    return """
        SELECT body FROM attachments
         WHERE mark = $1 AND expires_at > now() AND scan IN ('clean', 'not_scanned')
        """


@sql.execute
def delete_waiting(marks: Collection[str]) -> sql.SQL:
    """Delete waiting files that their sender no longer wants to send."""
    # Never one that belongs to an answer by now: another window may have sent it.
    return "DELETE FROM attachments WHERE mark = ANY($1) AND expires_at IS NOT NULL"


@sql.execute
def delete_attached(mark: str) -> sql.SQL:
    """Delete a file that was attached to a case which cannot accept it any more."""
    return "DELETE FROM attachments WHERE mark = $1 AND complaint IS NOT NULL"


@sql.boolean
def delete_from_case(complaint: str, ident: str) -> sql.SQL:
    """Delete one file of a case; False if it was not there."""
    return """
        WITH gone AS (
            DELETE FROM attachments WHERE id = $2::uuid AND complaint = $1::uuid RETURNING 1
        ) SELECT EXISTS (SELECT FROM gone)
        """


@sql.execute
def delete_expired() -> sql.SQL:
    """Delete files that were never attached."""
    return "DELETE FROM attachments WHERE expires_at <= now()"


# Files come to be seen with the rows of their answers, when the hour is over.
OF_ANSWERS = f"""attachments a JOIN responses r ON r.id = a.response
         WHERE a.instrument = $1 AND r.{IN_PAST_HOURS}"""


@sql.value(int)
def count_for_survey(instrument: str) -> sql.SQL:
    """How many files were sent with answers of past hours to one survey."""
    return f"SELECT count(*) FROM {OF_ANSWERS}"  # noqa: S608 - our own words


@sql.many(AnswerFile)
def load_answer_files(instrument: str, skip: int, limit: int) -> sql.SQL:
    """The files of past hours' answers to a survey, newest day first, unordered within a day."""
    # Within a day by id, which does not say in which order the files came.
    return f"""
        SELECT a.id::text, a.item, a.media_type, a.size, a.scan,
               r.received_at::date AS day
          FROM {OF_ANSWERS}
         ORDER BY day DESC, a.id OFFSET $2 LIMIT $3
        """  # noqa: S608 - our own words


@sql.first(FileContent)
def find_for_survey(instrument: str, ident: str) -> sql.SQL:
    """A file that was sent with an answer to this survey."""
    # Of this survey only, so that the id of a file elsewhere opens nothing here.
    return """
        SELECT media_type, body, scan FROM attachments
         WHERE id = $2::uuid AND instrument = $1 AND response IS NOT NULL
        """


@sql.many(StoredFile)
def load_for_case(complaint: str) -> sql.SQL:
    """The files of one case, ordered by id, which does not reveal when they came."""
    return """
        SELECT id::text, item, media_type, size, scan FROM attachments
         WHERE complaint = $1::uuid ORDER BY id
        """


async def find_for_case(connection: Connection, complaint: str, ident: str) -> FileContent | None:
    row = await connection.fetchrow(
        """
        SELECT media_type, body, scan, sealed FROM attachments
         WHERE id = $2::uuid AND complaint = $1::uuid
        """,
        complaint,
        ident,
    )
    if row is None:
        return None
    # In a thread: of a large file it takes a quarter of a second.
    body = await asyncio.to_thread(open_file, connection, row["body"], sealed=row["sealed"])
    return FileContent(media_type=row["media_type"], body=body, scan=row["scan"])


class UnscannedFile(msgspec.Struct, frozen=True):
    """A file in quarantine, and its mark."""

    mark: str
    body: bytes


async def find_unscanned(connection: Connection) -> UnscannedFile | None:
    """A file that waits for the virus scan, any with the same chance; None if none waits.

    By chance, since a file that fails must not block the others.
    """
    row = await connection.fetchrow(
        """
        SELECT mark, body, sealed
          FROM attachments
         WHERE mark = (SELECT mark FROM attachments WHERE scan = 'waiting'
                        ORDER BY random() LIMIT 1)
        """
    )
    if row is None:
        return None
    return UnscannedFile(row["mark"], open_file(connection, row["body"], sealed=row["sealed"]))


@sql.execute
def save_scan(mark: str, scan: AttachmentScan) -> sql.SQL:
    """Save a scan result; the content of an infected file is destroyed."""
    # One byte is left, because the table refuses an empty body.
    return """
        UPDATE attachments
           SET scan = $2, body = CASE WHEN $2 = 'infected' THEN '\\x00'::bytea ELSE body END,
               sealed = sealed AND $2 <> 'infected'
         WHERE mark = $1 AND scan = 'waiting'
        """
