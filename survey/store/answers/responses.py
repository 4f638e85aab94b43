"""SQL for responses: inserted with their texts, counted, exported and erased."""

from collections.abc import Iterable, Sequence

import asyncpg
import msgspec

from survey.coding.quotes import QuoteConsent
from survey.problems import Conflict, Problem
from survey.store.cases.sealing import seal_words
from survey.store.connections.refusals import limited_meanwhile, taken_reference
from survey.store.database import Connection
from survey.store.statements import SQL, boolean, execute, first
from survey.surveys.item_types.answers import Answers
from survey.surveys.refusals import reused_key, unknown_access_code
from survey.surveys.responses import Response, SubmissionReceipt


class NewResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A new response, with the reference it will have and the mark of its request."""

    response: Response
    reference: str
    request_key: bytes
    request_body: bytes
    code_digest: bytes | None = None
    opens_results: bool = True


async def insert_many(
    connection: Connection, arrivals: list[NewResponse], *, limited: bool = False
) -> list[SubmissionReceipt | Problem]:
    """Store open responses with their texts and queue summing and coding, in one statement.

    A request that came before gets the receipt it got then, or a refusal if its answers differ; so
    does one whose survey has limits, unless the caller holds and counts them (`limited`). Raises
    if one of the references is another response's.
    """
    # One row a key, since PostgreSQL refuses two in one statement; the others get its receipt.
    first = {arrival.request_key: arrival for arrival in reversed(arrivals)}
    columns = response_columns(list(first.values()))
    opening = [arrival.opens_results for arrival in first.values()]
    try:
        rows = await connection.fetch(INSERT_MANY_SQL, *columns, limited, opening)
    # The statement settles a repeated request, so it is a reference that was taken.
    except asyncpg.UniqueViolationError:
        raise taken_reference() from None
    found = marks_by_key(rows)
    return [
        receipt_or_refusal(arrival, found[arrival.request_key])
        if arrival.request_key in found
        else limited_meanwhile()
        for arrival in arrivals
    ]


# The version's row is held until the answer is stored, and read again if whoever sets the first
# limit held it before: so that limit counts the answers on their way, and none comes after them.
# An update that changes nothing: DO NOTHING would not return the row of a repeated request. An
# updated row has an xmax, an inserted one has none. A job that nobody has claimed will do for
# these texts too. The lock keeps workers from it until we commit; one that is claimed already may
# have read its texts, so it does not count. In the order of the keys: two processes to which
# the same requests come in another order would otherwise wait for each other.
INSERT_MANY_SQL = """
        WITH arrived AS (
            SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::text[],
                                 $6::text[], $7::jsonb[], $8::jsonb[], $9::bytea[], $10::bytea[],
                                 $11::text[], $13::bool[])
                AS a (reference, instrument, version, mode, area, language, answers, texts,
                      request_key, request_body, may_quote, opens_results)
        ), taking AS (
            SELECT slug, version FROM instruments
             WHERE (slug, version) IN (SELECT instrument, version FROM arrived)
               AND ($12 OR NOT limited)
             ORDER BY slug, version FOR SHARE
        ), marked AS (
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
        ), written AS (
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
        )
        SELECT request_key, reference, request_body FROM marked
        """


def response_columns(arrivals: list[NewResponse]) -> list[list[object]]:
    """One list per column, as unnest needs them."""
    responses = [arrival.response for arrival in arrivals]
    return [
        [arrival.reference for arrival in arrivals],
        [response.instrument for response in responses],
        [response.version for response in responses],
        [response.mode for response in responses],
        [response.area for response in responses],
        [response.language for response in responses],
        [response.answers for response in responses],
        [response.texts for response in responses],
        [arrival.request_key for arrival in arrivals],
        [arrival.request_body for arrival in arrivals],
        [consent_value(response) for response in responses],
    ]


def consent_value(response: Response) -> str:
    return "yes" if response.may_quote else "no"


# The body's mark and the reference of a stored request.
StoredMark = tuple[bytes, str]


def marks_by_key(rows: Iterable[asyncpg.Record]) -> dict[bytes, StoredMark]:
    return {row["request_key"]: (row["request_body"], row["reference"]) for row in rows}


def receipt_or_refusal(arrival: NewResponse, stored: StoredMark) -> SubmissionReceipt | Conflict:
    body, reference = stored
    if body != arrival.request_body:
        return reused_key()
    return SubmissionReceipt(reference, again=reference != arrival.reference)


async def load_marks(connection: Connection, keys: list[bytes]) -> dict[bytes, StoredMark]:
    """What is stored of requests that came before, by their keys."""
    return marks_by_key(
        await connection.fetch(
            "SELECT request_key, request_body, reference FROM request_marks"
            " WHERE request_key = ANY($1)",
            keys,
        )
    )


async def insert_sampled_many(
    connection: Connection, arrivals: list[NewResponse], *, limited: bool = False
) -> list[SubmissionReceipt | Problem]:
    """Use up the access codes and store the responses with their designs, in one statement.

    A request that came before gets the receipt it got then, or a refusal if its answers differ; so
    does one whose survey has limits, unless the caller holds and counts them (`limited`). A code's
    row holds no trace of which response it opened. Raises if one of the references is another
    response's.
    """
    first = {arrival.request_key: arrival for arrival in reversed(arrivals)}
    columns = response_columns(list(first.values()))
    codes = [arrival.code_digest for arrival in first.values()]
    try:
        async with connection.transaction():
            rows = await connection.fetch(INSERT_SAMPLED_SQL, *columns, codes, limited)
            found = marks_by_key(rows)
    # Another process stored one of these requests in the same moment, or one of the references is
    # taken: which is found one by one.
    except asyncpg.UniqueViolationError:
        if len(arrivals) > 1:
            raise
        found = await load_marks(connection, list(first))
        if not found:
            raise taken_reference() from None
    # Whose code was used up while we waited for it: perhaps by the same request, sent before.
    if missing := [key for key in first if key not in found]:
        found |= await load_marks(connection, missing)
        if not limited and await is_any_limited(connection, arrivals):
            return [limited_meanwhile() for _ in arrivals]
    return [
        receipt_or_refusal(arrival, found[arrival.request_key])
        if arrival.request_key in found
        else unknown_access_code()
        for arrival in arrivals
    ]


async def is_any_limited(connection: Connection, arrivals: list[NewResponse]) -> bool:
    """Whether one of these responses is to a survey with limits."""
    found: bool = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM instruments WHERE slug = ANY($1) AND limited)",
        [arrival.response.instrument for arrival in arrivals],
    )
    return found


# The update locks the codes, in their order: of two answers with one code the second waits, then
# finds it used, and two batches never wait for each other.
INSERT_SAMPLED_SQL = """
        WITH arrived AS (
            SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::text[],
                                 $6::text[], $7::jsonb[], $8::jsonb[], $9::bytea[], $10::bytea[],
                                 $11::text[], $12::bytea[])
                AS a (reference, instrument, version, mode, area, language, answers, texts,
                      request_key, request_body, may_quote, code_digest)
        ), known AS (
            SELECT request_key, m.request_body, m.reference
              FROM request_marks m JOIN arrived USING (request_key)
        ), taking AS (
            SELECT slug, version FROM instruments
             WHERE (slug, version) IN (SELECT instrument, version FROM arrived)
               AND ($13 OR NOT limited)
             ORDER BY slug, version FOR SHARE
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
        ), written AS (
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
        )
        SELECT request_key, request_body, reference FROM known
        UNION ALL SELECT request_key, request_body, reference FROM marked
        """


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


@execute
def delete_request_marks() -> SQL:
    """Delete the marks of requests after half a day; a program would retry sooner."""
    return "DELETE FROM request_marks WHERE received_at < now() - interval '12 hours'"


class SentAnswers(msgspec.Struct, frozen=True):
    """What somebody sent: the answers, their free texts by question, and the borough."""

    area: str
    answers: Answers
    texts: dict[str, str]


@first(SentAnswers)
def find_answers(reference: str) -> SQL:
    """The answers under a reference, for who sent them."""
    return """
        SELECT r.area, r.answers,
               coalesce((SELECT jsonb_object_agg(t.item, t.body) FROM texts t
                          WHERE t.response = r.id), '{}') AS texts
          FROM responses r WHERE r.reference = $1
        """


@boolean
def erase(reference: str) -> SQL:
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


@boolean
def has_consent(reference: str) -> SQL:
    """True if the writer of the answer or complaint with this reference agreed to be quoted."""
    return """
        SELECT EXISTS (SELECT FROM responses WHERE reference = $1 AND may_quote = 'yes')
            OR EXISTS (SELECT FROM complaints WHERE reference = $1 AND may_quote = 'yes')
        """


@boolean
def has_chosen_words(reference: str) -> SQL:
    """True if words under a reference were ever chosen to be quoted."""
    return """
        SELECT EXISTS (
            SELECT FROM quotes q JOIN texts t ON t.id = q.text
             WHERE t.response = (SELECT id FROM responses WHERE reference = $1)
                OR t.complaint = (SELECT id FROM complaints WHERE reference = $1))
        """


@execute
def set_consent(reference: str, consent: QuoteConsent) -> SQL:
    """Set the consent for all texts of the answer or complaint with this reference."""
    # A reference belongs to one of the two tables, and the caller need not know to which.
    return """
        WITH answered AS (UPDATE responses SET may_quote = $2 WHERE reference = $1)
        UPDATE complaints SET may_quote = $2 WHERE reference = $1
        """


@execute
def set_demo_consent(one_in: int) -> SQL:
    """Let every so many answers and complaints be quoted, for the demo."""
    return """
        WITH answered AS (
            UPDATE responses SET may_quote = 'yes' WHERE hashtext(id::text) % $1 = 0
        )
        UPDATE complaints SET may_quote = 'yes' WHERE hashtext(id::text) % $1 = 0
        """
