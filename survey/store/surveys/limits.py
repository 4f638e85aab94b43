"""SQL for the limits of surveys: days, one answer each, quotas, and the codes of members.

Each code opens an open survey once, and only its digest is stored.
"""

import datetime
from collections.abc import Sequence
from typing import Protocol

import msgspec

from survey.store import statements as sql
from survey.store.database import Connection
from survey.surveys.refusals import doubled_quota
from survey.surveys.sharing import OneEach, Quota, SurveyLimits


async def find(connection: Connection, survey: str) -> SurveyLimits | None:
    row = await connection.fetchrow(
        "SELECT survey, opens, closes, one_each FROM survey_limits WHERE survey = $1", survey
    )
    if row is None:
        return None
    limits = msgspec.convert(dict(row), SurveyLimits)
    # Without the counts, so that what is remembered does not change with every answer.
    listed = [
        msgspec.structs.replace(quota, answers=0) for quota in await load_quotas(connection, survey)
    ]
    return msgspec.structs.replace(limits, quotas=tuple(listed))


async def save(
    connection: Connection,
    survey: str,
    *,
    opens: datetime.date | None,
    closes: datetime.date | None,
    one_each: OneEach,
) -> None:
    """Save the days of a survey and how each person answers once, in the caller's transaction."""
    await mark_limited(connection, survey)
    await connection.execute(
        """
        INSERT INTO survey_limits (survey, opens, closes, one_each) VALUES ($1, $2, $3, $4)
            ON CONFLICT (survey) DO UPDATE
            SET opens = excluded.opens, closes = excluded.closes, one_each = excluded.one_each
        """,
        survey,
        opens,
        closes,
        one_each,
    )
    await send_notice(connection, survey)


async def ensure(
    connection: Connection,
    survey: str,
    opens: datetime.date | None,
    closes: datetime.date | None,
) -> None:
    """Make the row of a survey's limits if there is none, with the days that hold so far, in the
    caller's transaction.
    """
    await mark_limited(connection, survey)
    await connection.execute(
        """
        INSERT INTO survey_limits (survey, opens, closes) VALUES ($1, $2, $3)
            ON CONFLICT (survey) DO NOTHING
        """,
        survey,
        opens,
        closes,
    )
    await send_notice(connection, survey)


async def mark_limited(connection: Connection, survey: str) -> None:
    """Mark a survey as limited: from now on answers to it are stored only within its limits.

    Waits for the answers that are being stored, so that a count afterwards finds all of them.
    """
    # Held first, because whoever publishes a version holds it: a new one reads what we leave.
    await connection.execute("SELECT FROM surveys WHERE slug = $1 FOR NO KEY UPDATE", survey)
    await connection.execute(
        "UPDATE instruments SET limited = true WHERE slug = $1 AND NOT limited", survey
    )


@sql.execute
def send_notice(survey: str) -> sql.SQL:
    """Let every process forget what it remembers of surveys, once this is committed."""
    return "SELECT pg_notify('instruments', $1)"


@sql.execute
def lock(surveys: set[str]) -> sql.SQL:
    """Lock the limits of these surveys: nobody else stores or erases answers to them meanwhile."""
    # In one order, so that two who hold several never wait for each other.
    return "SELECT FROM survey_limits WHERE survey = ANY($1) ORDER BY survey FOR UPDATE"


@sql.many(Quota)
def load_quotas(survey: str) -> sql.SQL:
    """The quotas of a survey, that of everybody first."""
    return """
        SELECT id, area, groups, most, answers FROM quotas WHERE survey = $1
         ORDER BY area IS NULL AND groups = '{}' DESC, id
        """


@sql.unique(doubled_quota)
@sql.execute
def insert_quota(survey: str, quota: Quota) -> sql.SQL:
    """Add a quota; its answers are counted by `recount`."""
    return """
        INSERT INTO quotas (survey, area, groups, most)
        VALUES ($survey, $quota.area, $quota.groups, $quota.most)
        """


async def save_most(connection: Connection, survey: str, most: int | None) -> None:
    """Save how many answers a survey takes from everybody; None for any number."""
    if most is None:
        await connection.execute(
            "DELETE FROM quotas WHERE survey = $1 AND area IS NULL AND groups = '{}'", survey
        )
        return
    await connection.execute(
        """
        INSERT INTO quotas (survey, most) VALUES ($1, $2)
            ON CONFLICT (survey, area, groups) DO UPDATE SET most = excluded.most
        """,
        survey,
        most,
    )


@sql.boolean
def delete_quota(survey: str, quota: int) -> sql.SQL:
    """Remove a quota of a survey; False if there is none."""
    return "DELETE FROM quotas WHERE survey = $1 AND id = $2 RETURNING true"


async def add_to_quotas(connection: Connection, taken: dict[int, int]) -> None:
    """Add to the answers of each quota; a negative number takes away."""
    await connection.execute(
        """
        UPDATE quotas q SET answers = greatest(q.answers + t.taken, 0)
          FROM unnest($1::int[], $2::int[]) AS t (id, taken) WHERE q.id = t.id
        """,
        list(taken),
        list(taken.values()),
    )


class WithCode(Protocol):
    """A request with an access code."""

    @property
    def code_digest(self) -> bytes | None: ...
    @property
    def request_key(self) -> bytes: ...


class CodeCount(msgspec.Struct, frozen=True):
    """How many codes of members there are, and how many were used."""

    made: int
    used: int


@sql.execute
def insert_member_codes(survey: str, digests: list[bytes]) -> sql.SQL:
    """Store the digests of new codes."""
    return "INSERT INTO member_codes (code_digest, survey) SELECT unnest($2::bytea[]), $1"


@sql.values(set[bytes])
def load_taken_codes(digests: list[bytes]) -> sql.SQL:
    """The digests among these that belong to a code already."""
    return "SELECT code_digest FROM member_codes WHERE code_digest = ANY($1)"


async def use_codes(
    connection: Connection, survey: str, requests: Sequence[WithCode]
) -> set[bytes]:
    """Use up these requests' codes; return the keys of those whose code opened this survey."""
    first = {
        request.code_digest: request.request_key
        for request in reversed(requests)
        if request.code_digest
    }
    rows = await connection.fetch(
        """
        UPDATE member_codes SET used = true
         WHERE code_digest = ANY($1) AND survey = $2 AND NOT used
        RETURNING code_digest
        """,
        list(first),
        survey,
    )
    return {first[row["code_digest"]] for row in rows}


@sql.only(CodeCount)
def count_member_codes(survey: str) -> sql.SQL:
    return """
        SELECT count(*) AS made, count(*) FILTER (WHERE used) AS used
          FROM member_codes WHERE survey = $1
        """


@sql.row_count
def delete_unused_codes(survey: str) -> sql.SQL:
    """Delete the codes of a survey that nobody has used; returns how many."""
    return "DELETE FROM member_codes WHERE survey = $1 AND NOT used"
