"""SQL for redactions of the texts of a case: by the machine, and as people decided since."""

import datetime

import msgspec

from survey.coding.codes import Span
from survey.coding.redactions import Redaction
from survey.coding.refusals import unknown_text
from survey.store.cases.sealed.sealing import open_words
from survey.store.database import Connection
from survey.store.statements import SQL, execute, load_structs, many, value_or_none


class MaskedText(msgspec.Struct, frozen=True):
    """A text of a case as shown now, and how many of its spans are masked.

    `redacted` is None while it waits for coding; `decided` is true if a person redacted it.
    """

    item: str
    redacted: str | None
    spans: int
    decided: bool


@many(MaskedText)
def load_masked(complaint: str) -> SQL:
    """The texts of a case as shown now."""
    # A person's decision outlives later codings: what they masked must not come back.
    return """
        SELECT t.item, coalesce(r.redacted, d.redacted) AS redacted,
               coalesce(jsonb_array_length(coalesce(r.spans, d.spans)), 0) AS spans,
               r.text IS NOT NULL AS decided
          FROM texts t
          LEFT JOIN LATERAL (SELECT redacted, spans FROM codings WHERE codings.text = t.id
                              ORDER BY codebook DESC, coded_at DESC, coder_version DESC LIMIT 1) d
               ON true
          LEFT JOIN LATERAL (SELECT redacted, spans, text FROM redactions WHERE text = t.id
                              ORDER BY number DESC LIMIT 1) r ON true
         WHERE t.complaint = $1::uuid ORDER BY t.item
        """


class WrittenText(msgspec.Struct, frozen=True, kw_only=True):
    """The original text of an answer, with the spans that the machine and a person mask.

    `decided` is None, and so is `by`, until a person decided.
    """

    id: str
    item: str
    body: str
    redacted: str | None
    suggested: list[Span]
    decided: list[Span] | None
    by: str | None


async def load_written(connection: Connection, complaint: str) -> list[WrittenText]:
    """The original texts of a case."""
    rows = await load_structs(
        connection,
        WrittenText,
        """
        SELECT t.id::text, t.item, t.body, coalesce(r.redacted, d.redacted) AS redacted,
               coalesce(d.spans, '[]') AS suggested, r.spans AS decided, r.account::text AS by
          FROM texts t
          LEFT JOIN LATERAL (SELECT redacted, spans FROM codings WHERE codings.text = t.id
                              ORDER BY codebook DESC, coded_at DESC, coder_version DESC LIMIT 1) d
               ON true
          LEFT JOIN LATERAL (SELECT redacted, spans, account FROM redactions WHERE text = t.id
                              ORDER BY number DESC LIMIT 1) r ON true
         WHERE t.complaint = $1::uuid ORDER BY t.item
        """,
        complaint,
    )
    return [msgspec.structs.replace(one, body=open_words(connection, one.body)) for one in rows]


async def get(connection: Connection, complaint: str, item: str) -> WrittenText:
    for row in await load_written(connection, complaint):
        if row.item == item:
            return row
    raise unknown_text()


@execute
def insert(text: str, found: Redaction, *, by: str) -> SQL:
    """Add a decision; earlier ones are kept."""
    return """
        INSERT INTO redactions (text, number, spans, redacted, account)
        SELECT $text::uuid, coalesce(max(number), 0) + 1, $found.spans, $found.redacted, $by::uuid
          FROM redactions WHERE text = $text::uuid
        """


class RedactionDecision(msgspec.Struct, frozen=True):
    """Who decided when how many spans of a text are masked."""

    item: str
    number: int
    name: str
    at: datetime.datetime
    spans: int


@many(RedactionDecision)
def load_history(complaint: str) -> SQL:
    """What people decided on the texts of a case, the newest first."""
    return """
        SELECT t.item, r.number, p.name, r.at, jsonb_array_length(r.spans) AS spans
          FROM redactions r JOIN texts t ON t.id = r.text JOIN accounts p ON p.id = r.account
         WHERE t.complaint = $1::uuid ORDER BY r.at DESC, t.item, r.number DESC
        """


@value_or_none(str)
def find_reading_reason(reference: str, account: str, since: datetime.datetime) -> SQL:
    """The reason that a person last gave for reading the original texts; None if not since then."""
    return """
        SELECT detail ->> 'reason' FROM audit
         WHERE account = $2::uuid AND act = 'words read' AND subject = $1 AND at >= $3
         ORDER BY id DESC LIMIT 1
        """
