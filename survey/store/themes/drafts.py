"""SQL for drafts by a language model: asked for, written, and decided by a person."""

import datetime
from collections.abc import Mapping, Sequence

import msgspec

from survey.store import statements as sql
from survey.store.database import Connection
from survey.store.themes.quotes import SOURCES_SQL, QuoteSource
from survey.themes import quotes

MOST_STARTS = 3
# Longer than a model may take: after it the worker that began has died.
STARTED_LONG_AGO = datetime.timedelta(minutes=10)
DRAFTS_SQL = """
    SELECT d.id, d.kind, d.subject, d.since, d.until, d.state, d.failure, d.sent, d.asked_at,
           d.decided_at, a.name AS asked_by, b.name AS decided_by,
           (SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'number', p.number, 'text', p.text, 'start', p.start_at, 'end', p.end_at,
                   'sha256', p.sha256, 'redaction', p.redaction) ORDER BY p.number), '[]')
              FROM machine_draft_passages p WHERE p.draft = d.id) AS passages,
           (SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'number', l.number, 'words', l.words, 'passages', l.passages,
                   'dropped', l.dropped, 'accepted', l.accepted) ORDER BY l.number), '[]')
              FROM machine_draft_lines l WHERE l.draft = d.id) AS lines
      FROM machine_drafts d
      JOIN accounts a ON a.id = d.asked_by LEFT JOIN accounts b ON b.id = d.decided_by
"""


@sql.execute
def insert(
    kind: quotes.DraftKind,
    subject: str,
    *,
    by: str,
    since: datetime.date | None = None,
    until: datetime.date | None = None,
) -> sql.SQL:
    """Ask for a draft; one that waits already is not asked for again."""
    return """
        INSERT INTO machine_drafts (kind, subject, since, until, asked_by)
        VALUES ($kind, $subject, $since, $until, $by::uuid) ON CONFLICT DO NOTHING
        """


@sql.value_or_none(int)
def claim(
    *, most_starts: int = MOST_STARTS, started_long_ago: datetime.timedelta = STARTED_LONG_AGO
) -> sql.SQL:
    """The number of the next draft to write, which no other worker takes meanwhile."""
    return """
        UPDATE machine_drafts SET started_at = now(), starts = starts + 1
         WHERE id = (SELECT id FROM machine_drafts
                      WHERE state = 'waiting' AND starts < $most_starts
                        AND (started_at IS NULL OR started_at < now() - $started_long_ago::interval)
                      ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING id
        """


async def save_passages(
    connection: Connection, draft: int, passages: Sequence[quotes.Passage]
) -> None:
    """Save the places of the passages to be sent, in place of those of an earlier try."""
    await connection.execute("DELETE FROM machine_draft_passages WHERE draft = $1", draft)
    await connection.executemany(
        """
        INSERT INTO machine_draft_passages
               (draft, number, text, start_at, end_at, sha256, redaction)
        VALUES ($1, $2, $3::uuid, $4, $5, $6, $7)
        """,
        [(draft, *msgspec.structs.astuple(passage)) for passage in passages],
    )


async def save_answer(
    connection: Connection,
    draft: int,
    sent: quotes.SentRecord,
    lines: Sequence[quotes.DraftLine],
    passages: int,
) -> None:
    """Save the answer to `passages` passages, without sentences from texts erased meanwhile, and
    then without dropped sentences too, as these may have words of those texts.
    """
    # Locked, so that a text which is erased at this moment finds the lines or is not found.
    rows = await connection.fetch(
        "SELECT number FROM machine_draft_passages WHERE draft = $1 FOR KEY SHARE", draft
    )
    there = {row["number"] for row in rows}
    await connection.executemany(
        """
        INSERT INTO machine_draft_lines (draft, number, words, passages, dropped)
        VALUES ($1, $2, $3, $4, $5)
        """,
        [
            (draft, line.number, line.words, list(line.passages), line.dropped)
            for line in lines
            if there.issuperset(line.passages) and (len(there) == passages or not line.dropped)
        ],
    )
    await connection.execute(
        "UPDATE machine_drafts SET state = 'ready', sent = $2 WHERE id = $1 AND state = 'waiting'",
        draft,
        sent,
    )


@sql.execute
def save_failure(draft: int, sentence: str, sent: quotes.SentRecord | None) -> sql.SQL:
    """Save why there is no draft, in words for staff."""
    return """
        UPDATE machine_drafts SET state = 'failed', failure = $2, sent = $3
         WHERE id = $1 AND state = 'waiting'
        """


@sql.execute
def fail_abandoned(
    sentence: str,
    *,
    most_starts: int = MOST_STARTS,
    started_long_ago: datetime.timedelta = STARTED_LONG_AGO,
) -> sql.SQL:
    """Give up drafts over which workers died too often."""
    return """
        UPDATE machine_drafts SET state = 'failed', failure = $sentence
         WHERE state = 'waiting' AND starts >= $most_starts
           AND started_at < now() - $started_long_ago::interval
        """


@sql.only(quotes.Draft, quotes.unknown_machine_draft)
def get(number: int) -> sql.SQL:
    return f"{DRAFTS_SQL} WHERE d.id = $1"


async def load_newest(
    connection: Connection, kind: quotes.DraftKind, subjects: Sequence[str]
) -> dict[str, quotes.Draft]:
    """The newest draft of each subject, by the subject."""
    drafts = await sql.load_structs(
        connection,
        quotes.Draft,
        f"""
        SELECT DISTINCT ON (subject) * FROM ({DRAFTS_SQL}) drafts
         WHERE kind = $1 AND subject = ANY($2) ORDER BY subject, id DESC
        """,  # noqa: S608 - only our own constant
        kind,
        list(subjects),
    )
    return {draft.subject: draft for draft in drafts}


@sql.many(quotes.Draft)
def load_summaries(subject: str, limit: int) -> sql.SQL:
    """The summaries of a subject that nobody threw away, the newest first."""
    return f"""
        {DRAFTS_SQL} WHERE d.subject = $1 AND d.kind = 'summary' AND d.state <> 'discarded'
         ORDER BY d.id DESC LIMIT $2
        """


async def decide(
    connection: Connection,
    number: int,
    state: quotes.DraftState,
    *,
    by: str,
    accepted: Mapping[int, str] | None = None,
) -> None:
    """Accept or throw away a draft; `accepted` are its sentences as the person left them.

    A failed one can only be thrown away. Raises if somebody decided before.
    """
    decided = await connection.fetchval(
        """
        UPDATE machine_drafts SET state = $2, decided_by = $3::uuid, decided_at = now()
         WHERE id = $1 AND (state = 'ready' OR state = 'failed' AND $2 = 'discarded')
        RETURNING true
        """,
        number,
        state,
        by,
    )
    if not decided:
        raise quotes.machine_draft_already_decided()
    await connection.executemany(
        "UPDATE machine_draft_lines SET accepted = $3 WHERE draft = $1 AND number = $2",
        [(number, line, words) for line, words in (accepted or {}).items()],
    )


@sql.many(QuoteSource)
def load_sources(texts: Sequence[str]) -> sql.SQL:
    """The texts with these ids as they are now, in no order."""
    return f"{SOURCES_SQL} WHERE l.id = ANY($1::uuid[])"


@sql.many(QuoteSource)
def load_theme_sources(
    themes: Sequence[str], since: datetime.date, until: datetime.date, limit: int
) -> sql.SQL:
    """The newest texts of any of these theme ids whose writers agreed to be quoted.

    Texts of campaigns are left out: many people sent the same words, which have a page of their
    own.
    """
    # Ids begin with the hour, so those of one day are in the order in which they came.
    return f"""
        SELECT * FROM ({SOURCES_SQL}) sources
         WHERE consent = 'yes' AND received_on BETWEEN $2 AND $3
           AND EXISTS (SELECT FROM jsonb_array_elements(themes) one WHERE one ->> 'theme' = ANY($1))
           AND NOT EXISTS (SELECT FROM campaign_members m JOIN campaigns k ON k.id = m.campaign
                            WHERE m.text = sources.id AND k.dismissed_at IS NULL)
         ORDER BY received_on DESC, id DESC LIMIT $4
        """  # noqa: S608 - only our own constant
