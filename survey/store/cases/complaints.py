"""SQL for complaints: the record, its allegations, and its erasure; `events` has what followed."""

import datetime
from collections.abc import Sequence

import asyncpg
import msgspec

from survey.cases import Case, CaseStatus, Channel
from survey.cases.refusals import unknown_case
from survey.problems import Conflict, Problem
from survey.store import statements as sql
from survey.store.cases.sealed_words import open_words, seal_words
from survey.store.connections.refusals import taken_reference
from survey.store.database import Connection
from survey.store.themes.texts import shown_sql
from survey.surveys.item_types.answers import Answers
from survey.surveys.refusals import reused_key


class NewComplaint(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is stored with a new complaint; `sealed` is its encrypted contact, if any."""

    case: Case
    reference: str
    passphrase_hash: str
    request: tuple[bytes, bytes]
    due: datetime.date | None
    channel: Channel = "online"
    by: str | None = None
    sealed: bytes | None = None
    by_mail: bool = False


async def insert(connection: Connection, opening: NewComplaint) -> tuple[str, str | None]:
    """Store case, allegations, first event, texts and contact, and queue coding, in one statement.

    Returns the reference and passphrase hash stored for this request: earlier ones if it is sent
    again. Raises if the reference is another case's.
    """
    case = opening.case
    try:
        row = await connection.fetchrow(
            INSERT_SQL,
            opening.reference,
            case.instrument,
            case.version,
            case.area,
            case.language,
            case.happened_on,
            case.answers,
            list(case.allegations),
            case.first,
            {item: seal_words(connection, words) for item, words in case.texts.items()},
            *opening.request,
            "yes" if case.may_quote else "no",
            opening.passphrase_hash,
            opening.channel,
            opening.due,
            opening.by,
            opening.sealed,
            opening.by_mail,
        )
    # The statement settles a repeated request, so it is the number that was taken.
    except asyncpg.UniqueViolationError:
        raise taken_reference() from None
    assert row is not None
    if row["request_body"] != opening.request[1]:
        raise reused_key()
    return row["reference"], row["passphrase_hash"]


async def insert_many(
    connection: Connection, openings: list[NewComplaint]
) -> list[tuple[str, str | None] | Conflict]:
    """Store several complaints in one commit; return what `insert` gives or raises for each."""
    async with connection.transaction():
        return [await insert_or_refuse(connection, opening) for opening in openings]


async def insert_or_refuse(
    connection: Connection, opening: NewComplaint
) -> tuple[str, str | None] | Conflict:
    try:
        return await insert(connection, opening)
    except Conflict as refused:
        return refused


# DO NOTHING would return no row, so a repeated request updates nothing and gets the first row;
# `made` is then empty, because that row has the number that it got at first.
INSERT_SQL = """
        WITH kept AS (
            INSERT INTO complaints (reference, instrument, version, area, language, happened_on,
                                    answers, request_key, request_body, may_quote,
                                    passphrase_hash, channel, due_on)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $11, $12, $13, $14, $15, $16)
                ON CONFLICT (request_key) DO UPDATE SET request_key = excluded.request_key
            RETURNING id, reference, request_body, passphrase_hash
        ), made AS (
            SELECT id FROM kept WHERE reference = $1
        ), alleged AS (
            INSERT INTO allegations (complaint, kind) SELECT id, unnest($8::text[]) FROM made
        ), begun AS (
            INSERT INTO case_events (complaint, version, event, account)
            SELECT id, 1, $9, $17::uuid FROM made
        ), reachable AS (
            INSERT INTO case_contacts (complaint, sealed, by_mail)
            SELECT id, $18, $19 FROM made WHERE $18::bytea IS NOT NULL
        ), mailed AS (
            INSERT INTO case_mails (complaint, version) SELECT id, 1 FROM made WHERE $19::boolean
        ), written AS (
            INSERT INTO texts (complaint, item, body, language)
            SELECT m.id, t.key, t.value, $5 FROM made m CROSS JOIN jsonb_each_text($10::jsonb) t
            RETURNING 1
        ), asked AS (
            INSERT INTO jobs (kind)
            SELECT 'code_texts' WHERE EXISTS (SELECT FROM written)
        )
        SELECT reference, request_body, passphrase_hash FROM kept
        """


class StoredCase(msgspec.Struct, frozen=True, kw_only=True):
    """A case as it is now, without its texts.

    `form` is the version of its instrument, `version` the number of its last event.
    """

    id: str
    reference: str
    area: str
    language: str
    happened_on: datetime.date | None
    answers: Answers
    received_at: datetime.datetime
    instrument: str
    form: int
    channel: Channel
    status: CaseStatus
    handler: str | None
    due_on: datetime.date | None
    may_quote: bool
    merged_into: str | None
    allegations: list[str]
    version: int


def case_not_found(reference: str) -> Problem:
    return unknown_case(reference[:20])


@sql.only(StoredCase, case_not_found)
def get(reference: str) -> sql.SQL:
    return """
        SELECT c.id::text, c.reference, c.area, c.language, c.happened_on, c.answers, c.received_at,
               c.instrument, c.version AS form, c.channel, c.status, c.handler::text, c.due_on,
               c.may_quote = 'yes' AS may_quote,
               (SELECT m.reference FROM complaints m WHERE m.id = c.merged_into) AS merged_into,
               ARRAY(SELECT kind FROM allegations a WHERE a.complaint = c.id ORDER BY kind)
                   AS allegations,
               (SELECT max(version) FROM case_events e WHERE e.complaint = c.id) AS version
          FROM complaints c WHERE reference = $1
        """


@sql.pairs(dict[str, str | None])
def load_redacted_texts(complaint: str) -> sql.SQL:
    """The redacted texts of a case, by question; None while they wait for coding.

    As a person decided last, else as the machine suggests.
    """
    return f"""
        SELECT t.item, {shown_sql("t.id")} AS redacted
          FROM texts t WHERE t.complaint = $1 ORDER BY t.item
        """  # noqa: S608 - only our own words


async def load_written_texts(connection: Connection, complaint: str) -> dict[str, str]:
    """The original texts of a case, by question; not those that somebody spoke."""
    rows = await connection.fetch(
        """
        SELECT item, body FROM texts t
         WHERE complaint = $1 AND NOT EXISTS (SELECT FROM transcripts s WHERE s.text = t.id)
         ORDER BY item
        """,
        complaint,
    )
    return {row["item"]: open_words(connection, row["body"]) for row in rows}


async def copy_complaints_in(connection: Connection, rows: Sequence[tuple[object, ...]]) -> None:
    """Insert many finished complaints at once, for the demo."""
    await connection.copy_records_to_table(
        "complaints",
        records=rows,
        columns=[
            "id", "instrument", "version", "area", "language", "happened_on", "answers",
            "received_at", "reference", "passphrase_hash", "status", "handler", "due_on",
            "merged_into", "same_person",
        ],
    )  # fmt: skip


async def copy_parts_in(
    connection: Connection,
    allegations: Sequence[tuple[object, ...]],
    events: Sequence[tuple[object, ...]],
    messages: Sequence[tuple[object, ...]],
) -> None:
    await connection.copy_records_to_table(
        "allegations", records=allegations, columns=["complaint", "kind"]
    )
    await connection.copy_records_to_table(
        "case_events", records=events, columns=["complaint", "version", "event", "at", "account"]
    )
    sealed = [
        (complaint, number, seal_words(connection, str(words)), language)
        for complaint, number, words, language in messages
    ]
    await connection.copy_records_to_table(
        "case_messages", records=sealed, columns=["complaint", "version", "body", "language"]
    )


@sql.execute
def clear_request_marks() -> sql.SQL:
    # A program sends again sooner; what stays longer only helps whoever guesses requests.
    return """
        UPDATE complaints SET request_key = NULL, request_body = NULL
         WHERE request_key IS NOT NULL AND received_at < now() - interval '12 hours'
        """


@sql.boolean
def exists(reference: str) -> sql.SQL:
    return "SELECT EXISTS (SELECT FROM complaints WHERE reference = $1)"


async def lock(connection: Connection, *references: str) -> None:
    """Lock these cases until the end of the caller's transaction.

    In the order of their numbers, so that two people never deadlock.
    """
    await connection.execute(
        "SELECT FROM complaints WHERE reference = ANY($1) ORDER BY reference FOR UPDATE",
        list(references),
    )


async def correct(connection: Connection, reference: str, version: int, case: Case) -> None:
    """Replace the record and store the earlier one under the version of this event.

    New texts wait to be coded; unchanged ones keep their codes.
    """
    ident = await connection.fetchval("SELECT id FROM complaints WHERE reference = $1", reference)
    # Compared here: the same words, encrypted twice, differ.
    before = await load_written_texts(connection, ident)
    changed = {item: words for item, words in case.texts.items() if before.get(item) != words}
    await connection.execute(
        CORRECT_SQL,
        ident,
        version,
        case.version,
        case.area,
        case.happened_on,
        case.answers,
        list(case.allegations),
        {item: seal_words(connection, words) for item, words in changed.items()},
        case.language,
        [item for item in case.texts if item not in changed],
    )


# All parts see the rows as they were, so `before` stores the earlier record in any order.
CORRECT_SQL = """
        WITH was AS (
            SELECT id, area, answers FROM complaints WHERE id = $1
        ), told AS (
            SELECT was.id, t.key AS item, t.value AS body
              FROM was CROSS JOIN jsonb_each_text($8::jsonb) t
        ), before AS (
            INSERT INTO case_earlier (complaint, version, area, answers, allegations, texts)
            SELECT id, $2, area, answers,
                   ARRAY(SELECT kind FROM allegations a WHERE a.complaint = was.id ORDER BY kind),
                   coalesce((SELECT jsonb_object_agg(item, body) FROM texts t
                              WHERE t.complaint = was.id
                                AND NOT EXISTS (SELECT FROM transcripts s WHERE s.text = t.id)),
                            '{}')
              FROM was
        ), corrected AS (
            UPDATE complaints c SET version = $3, area = $4, happened_on = $5, answers = $6
              FROM was WHERE c.id = was.id
        ), fewer AS (
            DELETE FROM allegations a USING was WHERE a.complaint = was.id AND a.kind <> ALL ($7)
        ), more AS (
            INSERT INTO allegations (complaint, kind) SELECT id, unnest($7::text[]) FROM was
                ON CONFLICT DO NOTHING
        ), gone AS (
            DELETE FROM texts t USING was WHERE t.complaint = was.id
               AND NOT EXISTS (SELECT FROM transcripts s WHERE s.text = t.id)
               AND t.item <> ALL ($10::text[])
        ), written AS (
            INSERT INTO texts (complaint, item, body, language)
            SELECT id, item, body, $9 FROM told
            RETURNING 1
        )
        INSERT INTO jobs (kind)
        SELECT 'code_texts' WHERE EXISTS (SELECT FROM written)
        """


@sql.boolean
def erase(reference: str) -> sql.SQL:
    """Delete a complaint with its texts, codes, messages, files and events; False if it is unknown.

    Its borough and week are kept, so that totals can be explained.
    """
    return """
        WITH gone AS (
            DELETE FROM complaints WHERE reference = $1
            RETURNING area, received_at
        )
        INSERT INTO erased_cases (area, received_week, erased_week)
        SELECT area, date_trunc('week', received_at)::date, date_trunc('week', now())::date
          FROM gone
        RETURNING true
        """
