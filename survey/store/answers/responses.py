"""SQL for responses: stored once for each request with their texts, found by who sent them, erased;
and whether what somebody wrote may be quoted.
"""

from collections.abc import Sequence
from typing import NamedTuple

import asyncpg
import msgspec

from survey.problems import Conflict, Problem
from survey.store import statements as sql
from survey.store.cases.sealed_words import seal_words
from survey.store.connections.refusals import limited_meanwhile, taken_reference
from survey.store.database import Connection
from survey.surveys.item_types.answers import Answers
from survey.surveys.refusals import reused_key, unknown_access_code
from survey.surveys.responses import Response, SubmissionReceipt
from survey.themes.quotes import QuoteConsent


class NewResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A new response, with the reference it will have and the mark of its request."""

    response: Response
    reference: str
    request_key: bytes
    request_body: bytes
    code_digest: bytes | None = None
    opens_results: bool = True


class StoredMark(NamedTuple):
    """What is stored of a request: the mark of its body, and the reference that it got."""

    body: bytes
    reference: str


def mark_by_key(row: asyncpg.Record) -> tuple[bytes, StoredMark]:
    return row["request_key"], StoredMark(row["request_body"], row["reference"])


def receipt_or_refusal(arrival: NewResponse, stored: StoredMark) -> SubmissionReceipt | Conflict:
    if stored.body != arrival.request_body:
        return reused_key()
    return SubmissionReceipt(stored.reference, again=stored.reference != arrival.reference)


@sql.many_by(mark_by_key)
def load_marks(keys: list[bytes]) -> sql.SQL:
    """What is stored of requests that came before, by their keys."""
    return """
        SELECT request_key, request_body, reference FROM request_marks WHERE request_key = ANY($1)
        """


async def insert_many(
    connection: Connection, arrivals: list[NewResponse], *, limited: bool = False
) -> list[SubmissionReceipt | Problem]:
    """Store open responses with their texts and queue summing and coding, in one statement.

    A request that came before gets the receipt it got then, or a refusal if its answers differ. A
    request to a survey with limits is refused, unless the caller locks and counts the limits
    (`limited`). Raises if one of the references is another response's.
    """
    # One row a key, since PostgreSQL refuses two in one statement; the others get its receipt.
    first = {arrival.request_key: arrival for arrival in reversed(arrivals)}
    stored = dict(await insert_open(connection, list(first.values()), limited=limited))
    return [
        receipt_or_refusal(arrival, stored[arrival.request_key])
        if arrival.request_key in stored
        else limited_meanwhile()
        for arrival in arrivals
    ]


ARRIVED_SQL = """arrived AS (
            SELECT *, CASE WHEN agreed THEN 'yes' ELSE 'no' END AS may_quote FROM unnest(
                   $arrivals.reference::text[], $arrivals.response.instrument::text[],
                   $arrivals.response.version::int[], $arrivals.response.mode::text[],
                   $arrivals.response.area::text[], $arrivals.response.language::text[],
                   $arrivals.response.answers::jsonb[], $arrivals.response.texts::jsonb[],
                   $arrivals.request_key::bytea[], $arrivals.request_body::bytea[],
                   $arrivals.response.may_quote::bool[], $arrivals.code_digest::bytea[],
                   $arrivals.opens_results::bool[])
                AS a (reference, instrument, version, mode, area, language, answers, texts,
                      request_key, request_body, agreed, code_digest, opens_results)
        ), taking AS (
            SELECT slug, version FROM instruments
             WHERE (slug, version) IN (SELECT instrument, version FROM arrived)
               AND ($limited OR NOT limited)
             ORDER BY slug, version FOR SHARE
        )"""
# The texts of what was stored, and a job that codes them. One that nobody has claimed will do for
# these too. The lock keeps workers from it until we commit; one that is claimed already may have
# read its texts, so it does not count.
WRITTEN_SQL = """written AS (
            INSERT INTO texts (response, item, body, language)
            SELECT k.id, t.key, t.value, a.language
              FROM kept k JOIN arrived a USING (reference) CROSS JOIN jsonb_each_text(a.texts) t
            RETURNING 1
        ), unclaimed AS (
            SELECT FROM jobs WHERE kind = 'code_texts' AND NOT held AND due_at <= now()
             ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
        ), asked AS (
            INSERT INTO jobs (kind)
            SELECT 'code_texts'
             WHERE EXISTS (SELECT FROM kept) AND NOT EXISTS (SELECT FROM unclaimed)
        )"""


@sql.unique(taken_reference)
@sql.many_by(mark_by_key)
def insert_open(arrivals: list[NewResponse], *, limited: bool) -> sql.SQL:
    """Store responses and return what is stored of each request, except to surveys with limits."""
    # The version's row is held until the answer is stored, and read again if whoever sets the first
    # limit held it before: so that limit counts the answers on their way, and none comes after
    # them. An update that changes nothing: DO NOTHING would not return the row of a repeated
    # request, which this settles. An updated row has an xmax, an inserted one has none. In the
    # order of the keys: two processes to which the same requests come in another order would
    # otherwise wait for each other.
    return f"""
        WITH {ARRIVED_SQL}, marked AS (
            INSERT INTO request_marks (request_key, request_body, reference)
            SELECT request_key, request_body, reference
              FROM arrived a JOIN taking t ON (t.slug, t.version) = (a.instrument, a.version)
             ORDER BY request_key
                ON CONFLICT (request_key) DO UPDATE SET request_key = excluded.request_key
            RETURNING request_key, request_body, reference, xmax = 0 AS new
        ), kept AS (
            INSERT INTO responses (reference, instrument, version, mode, area, language, answers,
                                   may_quote, opens_results)
            SELECT reference, instrument, version, mode, area, language, answers, may_quote,
                   opens_results
              FROM arrived JOIN marked USING (reference) WHERE new
            RETURNING id, reference
        ), {WRITTEN_SQL}
        SELECT request_key, reference, request_body FROM marked
        """  # noqa: S608 - only our own words


async def insert_sampled_many(
    connection: Connection, arrivals: list[NewResponse], *, limited: bool = False
) -> list[SubmissionReceipt | Problem]:
    """Use up the access codes and store the responses with their designs, in one statement.

    A request that came before gets the receipt it got then, or a refusal if its answers differ. A
    request to a survey with limits is refused, unless the caller locks and counts the limits
    (`limited`). A code's row holds no trace of which response it opened. Raises if one of the
    references is another response's.
    """
    first = {arrival.request_key: arrival for arrival in reversed(arrivals)}
    try:
        async with connection.transaction():
            stored = dict(await insert_sampled(connection, list(first.values()), limited=limited))
    # Another process stored one of these requests in the same moment, or one of the references is
    # taken: which is found one by one.
    except asyncpg.UniqueViolationError:
        if len(arrivals) > 1:
            raise
        stored = dict(await load_marks(connection, list(first)))
        if not stored:
            raise taken_reference() from None
    # Whose code was used up while we waited for it: perhaps by the same request, sent before.
    if missing := [key for key in first if key not in stored]:
        stored |= await load_marks(connection, missing)
        if not limited and await is_any_limited(connection, arrivals):
            return [limited_meanwhile() for _ in arrivals]
    return [
        receipt_or_refusal(arrival, stored[arrival.request_key])
        if arrival.request_key in stored
        else unknown_access_code()
        for arrival in arrivals
    ]


@sql.boolean
def is_any_limited(arrivals: list[NewResponse]) -> sql.SQL:
    return """
        SELECT EXISTS (SELECT FROM instruments
                        WHERE slug = ANY($arrivals.response.instrument) AND limited)
        """


@sql.many_by(mark_by_key)
def insert_sampled(arrivals: list[NewResponse], *, limited: bool) -> sql.SQL:
    """Store responses whose codes are unused; return the marks of these and earlier requests."""
    # The update locks the codes, in their order: of two answers with one code the second waits,
    # then finds it used, and two batches never wait for each other.
    return f"""
        WITH {ARRIVED_SQL}, known AS (
            SELECT request_key, m.request_body, m.reference
              FROM request_marks m JOIN arrived USING (request_key)
        ), locked AS (
            SELECT i.code_digest FROM invitations i
             WHERE i.code_digest IN (SELECT code_digest FROM arrived) AND NOT i.used
             ORDER BY i.code_digest FOR UPDATE
        ), wanted AS (
            SELECT DISTINCT ON (a.code_digest) a.*
              FROM arrived a JOIN locked USING (code_digest)
              JOIN taking t ON (t.slug, t.version) = (a.instrument, a.version)
             WHERE NOT EXISTS (SELECT FROM known k WHERE k.request_key = a.request_key)
        ), drawn AS (
            UPDATE invitations i SET used = true FROM wanted w
             WHERE i.code_digest = w.code_digest AND NOT i.used
               AND i.instrument = w.instrument AND i.version <= w.version
            RETURNING w.reference, i.stratum, i.psu, i.probability
        ), marked AS (
            INSERT INTO request_marks (request_key, request_body, reference)
            SELECT request_key, request_body, reference FROM arrived JOIN drawn USING (reference)
            RETURNING request_key, request_body, reference
        ), kept AS (
            INSERT INTO responses (reference, instrument, version, mode, area, language, answers,
                                   may_quote, stratum, psu, probability)
            SELECT reference, instrument, version, mode, area, language, answers, may_quote,
                   stratum, psu, probability
              FROM arrived JOIN drawn USING (reference)
            RETURNING id, reference
        ), {WRITTEN_SQL}
        SELECT request_key, request_body, reference FROM known
        UNION ALL SELECT request_key, request_body, reference FROM marked
        """  # noqa: S608 - only our own words


async def copy_responses_in(connection: Connection, rows: Sequence[tuple[object, ...]]) -> None:
    """Insert many finished responses at once, for the demo."""
    await connection.copy_records_to_table(
        "responses",
        records=rows,
        columns=[
            "id", "reference", "instrument", "version", "mode", "area", "language", "answers",
            "stratum", "psu", "probability", "received_at",
        ],
    )  # fmt: skip


async def copy_texts_in(connection: Connection, rows: Sequence[tuple[object, ...]]) -> None:
    """Insert many texts of responses or complaints at once, for the demo."""
    columns = ["id", "response", "complaint", "item", "body", "language"]
    sealed = [
        (*row[:4], row[4] if row[2] is None else seal_words(connection, str(row[4])), row[5])
        for row in rows
    ]
    await connection.copy_records_to_table("texts", records=sealed, columns=columns)


@sql.execute
def delete_request_marks() -> sql.SQL:
    """Delete the marks of requests after half a day; a program would retry sooner."""
    return "DELETE FROM request_marks WHERE received_at < now() - interval '12 hours'"


class SentAnswers(msgspec.Struct, frozen=True):
    """What somebody sent: the answers, their free texts by question, and the borough."""

    area: str
    answers: Answers
    texts: dict[str, str]


@sql.first(SentAnswers)
def find_answers(reference: str) -> sql.SQL:
    """The answers under a reference, to show to whoever sent them."""
    return """
        SELECT r.area, r.answers,
               coalesce((SELECT jsonb_object_agg(t.item, t.body) FROM texts t
                          WHERE t.response = r.id), '{}') AS texts
          FROM responses r WHERE r.reference = $1
        """


@sql.boolean
def erase(reference: str) -> sql.SQL:
    """Delete a response with its texts, their codes and the mark of its request; False if there is
    none. A digest of its random id stays for the packages of its survey.
    """
    return """
        WITH unmarked AS (DELETE FROM request_marks WHERE reference = $1),
             gone AS (DELETE FROM responses WHERE reference = $1 RETURNING id, instrument)
        INSERT INTO survey_erasures (survey, salt, mark)
        SELECT instrument, '', sha256(convert_to(id::text, 'UTF8')) FROM gone
            ON CONFLICT (survey, salt, mark) DO UPDATE SET salt = excluded.salt
        RETURNING true
        """


@sql.boolean
def has_consent(reference: str) -> sql.SQL:
    """True if the writer of the answer or complaint with this reference agreed to be quoted."""
    return """
        SELECT EXISTS (SELECT FROM responses WHERE reference = $1 AND may_quote = 'yes')
            OR EXISTS (SELECT FROM complaints WHERE reference = $1 AND may_quote = 'yes')
        """


@sql.boolean
def has_chosen_words(reference: str) -> sql.SQL:
    """True if words under a reference were ever chosen to be quoted."""
    return """
        SELECT EXISTS (
            SELECT FROM quotes q JOIN texts t ON t.id = q.text
             WHERE t.response = (SELECT id FROM responses WHERE reference = $1)
                OR t.complaint = (SELECT id FROM complaints WHERE reference = $1))
        """


@sql.execute
def set_consent(reference: str, consent: QuoteConsent) -> sql.SQL:
    """Set the consent for all texts of the answer or complaint with this reference."""
    # A reference belongs to one of the two tables, and the caller need not know to which.
    return """
        WITH answered AS (UPDATE responses SET may_quote = $2 WHERE reference = $1)
        UPDATE complaints SET may_quote = $2 WHERE reference = $1
        """


@sql.execute
def set_demo_consent(one_in: int) -> sql.SQL:
    """Let one in `one_in` answers and complaints be quoted, for the demo."""
    return """
        WITH answered AS (
            UPDATE responses SET may_quote = 'yes' WHERE hashtext(id::text) % $1 = 0
        )
        UPDATE complaints SET may_quote = 'yes' WHERE hashtext(id::text) % $1 = 0
        """
