"""SQL for the ledger of recommendations: every change of a row, and every answer to it."""

import datetime

import msgspec

from survey.editions.recommendations import (
    Decision,
    ForceAnswer,
    LedgerRow,
    Recommendation,
    RecommendationStatus,
)
from survey.editions.refusals import unknown_recommendation
from survey.store import statements as sql
from survey.store.database import Connection

# A row as its last change before a moment left it, with the answers that were entered by then.
ROW_SQL = """
        SELECT r.id, c.version, r.key,
               jsonb_build_object(
                   'title', c.title, 'words', c.words, 'read_on', c.read_on, 'source', c.source,
                   'address', c.address, 'made_on', c.made_on, 'addressee', c.addressee,
                   'due', c.due_on, 'since', c.since, 'measures', c.measures,
                   'is_condition', c.is_condition) AS recommendation,
               jsonb_build_object(
                   'status', c.status, 'reason', c.reason, 'decided_by', c.decided_by) AS decision,
               c.decided_at::date AS decided_on,
               (SELECT coalesce(jsonb_agg(to_jsonb(a) ORDER BY a.said_on DESC, a.id DESC), '[]')
                  FROM recommendation_answers a
                 WHERE a.recommendation = r.id AND a.at < $1::timestamptz) AS answers
          FROM recommendations r
          JOIN LATERAL (SELECT * FROM recommendation_changes
                         WHERE recommendation = r.id AND at < $1::timestamptz
                         ORDER BY version DESC LIMIT 1) c ON true
"""
FOREVER = datetime.datetime.max.replace(tzinfo=datetime.UTC)


class StoredRow(LedgerRow, frozen=True, kw_only=True):
    """A row with the number of its last change, and its key if it came with the product."""

    version: int
    key: str | None


class LedgerChange(msgspec.Struct, frozen=True, kw_only=True):
    """A change of a row, and who made it; `kept` if its status stayed as it was."""

    version: int
    title: str
    status: RecommendationStatus
    reason: str
    decided_by: str
    at: datetime.datetime
    by: str
    kept: bool


@sql.many(StoredRow)
def load_rows(moment: datetime.datetime = FOREVER) -> sql.SQL:
    """The ledger as it was before a moment, the newest recommendation first."""
    return f"{ROW_SQL} ORDER BY c.made_on DESC, r.id"


@sql.only(StoredRow, unknown_recommendation)
def get_row(number: int, moment: datetime.datetime = FOREVER) -> sql.SQL:
    return f"{ROW_SQL.replace('$1', '$2')} WHERE r.id = $1"


@sql.boolean
def has_rows() -> sql.SQL:
    """Whether anything was ever entered in the ledger."""
    return "SELECT EXISTS (SELECT FROM recommendations)"


@sql.values(set[str])
def load_keys() -> sql.SQL:
    """The keys of the rows that came with the product and are in the ledger."""
    return "SELECT key FROM recommendations WHERE key IS NOT NULL"


@sql.many(LedgerChange)
def load_history(number: int) -> sql.SQL:
    """Every change of a row, the newest first."""
    return """
        SELECT c.version, c.title, c.status, c.reason, c.decided_by, c.at, a.name AS by,
               coalesce(ROW(c.status, c.reason, c.decided_by)
                        = lag(ROW(c.status, c.reason, c.decided_by)) OVER (ORDER BY c.version),
                        false) AS kept
          FROM recommendation_changes c JOIN accounts a ON a.id = c.by
         WHERE c.recommendation = $1 ORDER BY c.version DESC
        """


async def insert(
    connection: Connection,
    recommendation: Recommendation,
    decision: Decision,
    *,
    by: str,
    key: str | None = None,
) -> int | None:
    """Add a row and return its number; None if a row with this key is there already."""
    number = await insert_number(connection, key)
    if number is not None:
        await append(connection, number, 1, recommendation, decision, by=by)
    return number


@sql.value_or_none(int)
def insert_number(key: str | None) -> sql.SQL:
    return "INSERT INTO recommendations (key) VALUES ($1) ON CONFLICT DO NOTHING RETURNING id"


@sql.boolean
def append(
    number: int, version: int, recommendation: Recommendation, decision: Decision, *, by: str
) -> sql.SQL:
    """Append a change; False if somebody else changed the row first.

    A decision with the same status, reason and role keeps its day.
    """
    # Two people may have seen the same version: the primary key lets the first one through.
    return """
        INSERT INTO recommendation_changes
               (recommendation, version, title, words, read_on, source, address, made_on, addressee,
                due_on, since, measures, is_condition, status, reason, decided_by, decided_at, by)
        SELECT $number, $version, $recommendation.title, $recommendation.words,
               $recommendation.read_on, $recommendation.source, $recommendation.address,
               $recommendation.made_on, $recommendation.addressee, $recommendation.due,
               $recommendation.since, $recommendation.measures, $recommendation.is_condition,
               $decision.status, $decision.reason, $decision.decided_by,
               coalesce((SELECT c.decided_at FROM recommendation_changes c
                          WHERE c.recommendation = $number AND c.version = $version - 1
                            AND (c.status, c.reason, c.decided_by)
                              = ($decision.status, $decision.reason, $decision.decided_by)), now()),
               $by
         WHERE $version = 1
            OR EXISTS (SELECT FROM recommendation_changes
                        WHERE (recommendation, version) = ($number, $version - 1))
        ON CONFLICT DO NOTHING RETURNING true
        """


@sql.boolean
def insert_answer(number: int, answer: ForceAnswer, *, by: str) -> sql.SQL:
    """Append an answer; False if it is there already, as after a second press of the button."""
    return """
        INSERT INTO recommendation_answers (recommendation, said_on, said_by, words, address, by)
        VALUES ($number, $answer.said_on, $answer.said_by, $answer.words, $answer.address, $by)
        ON CONFLICT DO NOTHING RETURNING true
        """
