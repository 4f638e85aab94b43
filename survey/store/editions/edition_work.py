"""SQL for what stands beside an edition: marks, comments, days marked on series, its inputs.

And its pages, each rendered once and stored compressed.
"""

import datetime

import msgspec

from survey.editions import Edition
from survey.editions.actions import MARK_BEFORE, EditionKey, EditionMark
from survey.editions.figures import SeriesMark
from survey.editions.refusals import destroyed_inputs
from survey.problems import Problem
from survey.store import statements as sql
from survey.store.database import Connection
from survey.store.editions import edition_not_found


class EditionState(msgspec.Struct, frozen=True):
    """How far an edition has got and by whom; a name is empty where a command did it.

    `reviewer` is the account that marked it as reviewed, `withdrawn` the reason or empty.
    """

    made_at: datetime.datetime
    reviewed_at: datetime.datetime | None
    reviewed_by: str | None
    reviewer: str | None
    published_at: datetime.datetime | None
    published_by: str | None
    withdrawn_at: datetime.datetime | None
    withdrawn: str


class PlacedComment(msgspec.Struct, frozen=True):
    """A comment that was stored or changed, and the part of the edition where it stands."""

    id: int
    part: str


async def insert_mark(
    connection: Connection,
    which: EditionKey,
    mark: EditionMark,
    *,
    by: str | None,
    reason: str = "",
) -> bool:
    """Mark an edition as reviewed, published or withdrawn; False if that is not the next step."""
    # One statement, so that of two people who set the same mark one gets False and no error.
    is_set = await connection.fetchval(
        """
        INSERT INTO edition_marks (kind, start_on, number, mark, reason, by)
        SELECT $1, $2, $3, $4, $5, $6::uuid
         WHERE $7::text IS NULL OR EXISTS (
               SELECT FROM edition_marks
                WHERE (kind, start_on, number, mark) = ($1, $2, $3, $7))
        ON CONFLICT DO NOTHING RETURNING true
        """,
        *which,
        mark,
        reason,
        by,
        MARK_BEFORE[mark],
    )
    return bool(is_set)


def unknown_state(which: EditionKey) -> Problem:
    return edition_not_found(*which)


@sql.only(EditionState, unknown_state)
def get(which: EditionKey) -> sql.SQL:
    """The state of an edition, drafts included."""
    # The view has names only, and whether people publish what they reviewed is decided by account.
    return """
        SELECT made_at, reviewed_at, reviewed_by, published_at, published_by, withdrawn_at,
               withdrawn,
               (SELECT by::text FROM edition_marks
                 WHERE (kind, start_on, number, mark) = ($1, $2, $3, 'reviewed')) AS reviewer
          FROM editions_today WHERE (kind, start_on, number) = ($1, $2, $3)
        """


@sql.first(PlacedComment)
def insert_comment(
    which: EditionKey, part: str, words: str, *, by: str, answers: int | None = None
) -> sql.SQL:
    """Store a comment, or a reply to the comment `answers`, on the same part of the edition; None
    if there is no such comment.
    """
    # A reply answers the first comment of its thread, so that a thread has two levels.
    return """
        INSERT INTO edition_comments (kind, start_on, number, part, words, by, answers)
        SELECT $1, $2, $3, coalesce(c.part, $4), $5, $6::uuid, c.id
          FROM (SELECT) AS comment LEFT JOIN edition_comments c
            ON (c.kind, c.start_on, c.number, c.id) = ($1, $2, $3, $7::int)
           AND c.answers IS NULL AND c.struck_at IS NULL
         WHERE $7::int IS NULL OR c.id IS NOT NULL
        RETURNING id, part
        """


@sql.first(PlacedComment)
def strike_comment(which: EditionKey, comment: int, *, by: str) -> sql.SQL:
    """Strike a comment; None if it does not exist or is struck already."""
    return """
        UPDATE edition_comments SET struck_by = $5, struck_at = now()
         WHERE (kind, start_on, number) = ($1, $2, $3) AND id = $4 AND struck_at IS NULL
        RETURNING id, part
        """


@sql.first(PlacedComment)
def resolve_comment(which: EditionKey, comment: int, *, by: str) -> sql.SQL:
    """Mark a comment with its replies as resolved; None if there is no such open comment."""
    return """
        UPDATE edition_comments SET resolved_by = $5, resolved_at = now()
         WHERE (kind, start_on, number) = ($1, $2, $3) AND id = $4
           AND answers IS NULL AND resolved_at IS NULL
        RETURNING id, part
        """


@sql.first(PlacedComment)
def reopen_comment(which: EditionKey, comment: int) -> sql.SQL:
    """Open a resolved comment again; None if there is no such comment."""
    # Who reopened it, and who had resolved it, is in the audit.
    return """
        UPDATE edition_comments SET resolved_by = NULL, resolved_at = NULL
         WHERE (kind, start_on, number) = ($1, $2, $3) AND id = $4 AND resolved_at IS NOT NULL
        RETURNING id, part
        """


class EditionComment(msgspec.Struct, frozen=True, kw_only=True):
    """A comment on a part of an edition, with names of who made, struck and resolved it.

    `answers` is the comment that it replies to.
    """

    id: int
    answers: int | None
    part: str
    words: str
    at: datetime.datetime
    by: str
    struck_at: datetime.datetime | None
    struck_by: str | None
    resolved_at: datetime.datetime | None
    resolved_by: str | None


@sql.many(EditionComment)
def load_comments(which: EditionKey) -> sql.SQL:
    """The comments on an edition, in the order in which they were made."""
    return """
        SELECT c.id, c.answers, c.part, c.words, c.at, b.name AS by, c.struck_at,
               s.name AS struck_by, c.resolved_at, r.name AS resolved_by
          FROM edition_comments c JOIN accounts b ON b.id = c.by
          LEFT JOIN accounts s ON s.id = c.struck_by
          LEFT JOIN accounts r ON r.id = c.resolved_by
         WHERE (c.kind, c.start_on, c.number) = ($1, $2, $3) ORDER BY c.id
        """


class MarkedEvent(msgspec.Struct, frozen=True):
    id: int
    day: datetime.date
    label: str
    note: str


@sql.many(MarkedEvent)
def load_marked_events() -> sql.SQL:
    return "SELECT id, day, label, note FROM marked_events ORDER BY day DESC, label"


@sql.many(SeriesMark)
def load_series_marks(end: datetime.date) -> sql.SQL:
    """The marked events up to a day, the earliest first."""
    return "SELECT day, label, note FROM marked_events WHERE day <= $1 ORDER BY day, label"


async def save_marked_event(connection: Connection, number: int | None, event: SeriesMark) -> None:
    """Save a marked event. Without a number it is added, or its note replaces that of the event
    with the same day and name; a change to the day and name of another event is not saved.
    """
    if number is None:
        await connection.execute(
            """
            INSERT INTO marked_events (day, label, note) VALUES ($1, $2, $3)
                ON CONFLICT (day, label) DO UPDATE SET note = excluded.note
            """,
            event.day,
            event.label,
            event.note,
        )
        return
    await connection.execute(
        """
        UPDATE marked_events SET day = $2, label = $3, note = $4
         WHERE id = $1 AND NOT EXISTS (SELECT FROM marked_events
                                        WHERE (day, label) = ($2, $3) AND id <> $1)
        """,
        number,
        event.day,
        event.label,
        event.note,
    )


@sql.execute
def delete_marked_event(number: int) -> sql.SQL:
    return "DELETE FROM marked_events WHERE id = $1"


@sql.execute
def save_inputs(
    edition: Edition, body: bytes, *, first: datetime.date, last_import: int
) -> sql.SQL:
    """Store the compressed inputs of an edition, the first day that they cover and the newest
    import that they can hold.
    """
    return """
        INSERT INTO edition_inputs
               (kind, start_on, number, first_on, end_on, sha256, body, last_import)
        VALUES ($edition.kind, $edition.start, $edition.number, $first, $edition.end,
                $edition.inputs_sha256, $body, $last_import)
        """


@sql.value_or_none(int)
def find_last_import(edition: Edition) -> sql.SQL:
    """The newest import that an edition can hold; None if its inputs were never stored."""
    return """
        SELECT last_import FROM edition_inputs
         WHERE kind = $edition.kind AND start_on = $edition.start AND number = $edition.number
        """


class StoredInputs(msgspec.Struct, frozen=True):
    """The compressed inputs of an edition, and the hash of the edition."""

    body: bytes
    sha256: str


async def get_inputs(
    connection: Connection, kind: str, start: datetime.date, number: int
) -> StoredInputs:
    """The compressed inputs of an edition and its hash; raises if they were destroyed."""
    row = await connection.fetchrow(
        """
        SELECT i.body, i.destroyed_on, e.sha256
          FROM edition_inputs i JOIN editions e USING (kind, start_on, number)
         WHERE kind = $1 AND start_on = $2 AND number = $3
        """,
        kind,
        start,
        number,
    )
    if row is None:
        raise edition_not_found(kind, start, number)
    if row["body"] is None:
        raise destroyed_inputs(row["destroyed_on"])
    return StoredInputs(row["body"], row["sha256"])


@sql.value_or_none(bytes)
def find_inputs(kind: str, start: datetime.date, number: int) -> sql.SQL:
    """The compressed inputs of an edition, None if they were never stored or are destroyed."""
    return "SELECT body FROM edition_inputs WHERE kind = $1 AND start_on = $2 AND number = $3"


@sql.value_or_none(bytes)
def find_page(which: EditionKey, language: str, tag: str, *, by_number: bool) -> sql.SQL:
    """The stored page of an edition with this tag; None if there is none, or an outdated one."""
    return """
        SELECT body FROM edition_pages
         WHERE (kind, start_on, number, language, by_number)
             = ($which.kind, $which.start, $which.number, $language, $by_number) AND tag = $tag
        """


@sql.execute
def save_page(
    which: EditionKey, language: str, tag: str, body: bytes, *, by_number: bool
) -> sql.SQL:
    """Store the page of a published edition in place of its earlier page; never of a draft."""
    return """
        INSERT INTO edition_pages (kind, start_on, number, language, by_number, tag, body)
        SELECT $which.kind, $which.start, $which.number, $language, $by_number, $tag, $body
         WHERE EXISTS (SELECT FROM edition_marks
                        WHERE (kind, start_on, number, mark)
                            = ($which.kind, $which.start, $which.number, 'published'))
        ON CONFLICT (kind, start_on, number, language, by_number)
        DO UPDATE SET tag = excluded.tag, body = excluded.body
        """
