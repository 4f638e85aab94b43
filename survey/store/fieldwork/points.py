"""SQL for sample points: added, assigned, visited, and sent back."""

import datetime
from collections.abc import Sequence

import msgspec

from survey.fieldwork.outcomes import SamplePoint, SendBackReason, Visit
from survey.fieldwork.refusals import changed_points
from survey.store.database import Connection
from survey.store.statements import (
    SQL,
    boolean,
    execute,
    first,
    load_structs,
    many,
    pairs,
    value,
    value_or_none,
)

# Each point with its code's stratum, sampling unit and use, and its visits in order.
POINT_SQL = """
    SELECT p.id::text, p.reference, i.stratum, i.psu, p.interviewer::text, i.used AS has_answer,
           i.used AND p.answered AS may_be_sent_back, p.sent_back,
           coalesce((SELECT jsonb_agg(jsonb_build_object('day', v.day, 'part', v.part,
                                                         'outcome', v.outcome)
                                      ORDER BY v.day,
                                      array_position('{morning,afternoon,evening}'::text[], v.part))
                       FROM point_visits v WHERE v.point = p.id), '[]') AS visits
      FROM sample_points p JOIN invitations i USING (code_digest)
"""


class NewPoint(msgspec.Struct, frozen=True):
    """A sample point to be stored; `interviewer` is the id of a group of collectors."""

    reference: str
    code_digest: bytes
    interviewer: str | None = None


async def load(
    connection: Connection, survey: str, until: datetime.date = datetime.date.max
) -> list[SamplePoint]:
    """The sample points of a survey whose codes were made by a day, with the visits by then, by
    reference.
    """
    found = await load_structs(
        connection,
        SamplePoint,
        f"""{POINT_SQL}
         WHERE p.survey = $1 AND coalesce(i.drawn_on, $2::date) <= $2 ORDER BY p.reference""",
        survey,
        until,
    )
    return [
        msgspec.structs.replace(one, visits=tuple(v for v in one.visits if v.day <= until))
        for one in found
    ]


@many(SamplePoint)
def load_of_interviewer(group: str) -> SQL:
    """The sample points that an interviewer goes to, by reference."""
    return f"{POINT_SQL} WHERE p.interviewer = $1::uuid ORDER BY p.reference"


@pairs(dict[bytes, str | None])
def load_known_codes(survey: str, digests: Sequence[bytes]) -> SQL:
    """Those of these codes that are of a survey's sample, each with the reference of its point."""
    return """
        SELECT code_digest, p.reference
          FROM invitations i LEFT JOIN sample_points p USING (code_digest)
         WHERE i.instrument = $1 AND code_digest = ANY($2)
        """


@pairs(dict[str, bytes])
def load_digests(survey: str) -> SQL:
    """The digest of the code of each sample point, by reference."""
    return "SELECT reference, code_digest FROM sample_points WHERE survey = $1"


async def save_many(connection: Connection, survey: str, points: Sequence[NewPoint]) -> None:
    """Add sample points, and assign those that are there already to the interviewer that they
    have now; those without one stay as they are.
    """
    rows = await connection.fetch(
        """
        INSERT INTO sample_points AS p (survey, reference, code_digest, interviewer)
        SELECT $1, r, d, g::uuid FROM unnest($2::text[], $3::bytea[], $4::text[]) AS n (r, d, g)
            ON CONFLICT (code_digest) DO UPDATE
            SET interviewer = coalesce(excluded.interviewer, p.interviewer)
          WHERE p.survey = excluded.survey AND p.reference = excluded.reference
        RETURNING true
        """,
        survey,
        [one.reference for one in points],
        [one.code_digest for one in points],
        [one.interviewer for one in points],
    )
    if len(rows) < len(points):
        raise changed_points()


async def assign(connection: Connection, survey: str, psu: str, group: str) -> int:
    """Give an interviewer the points of a sampling unit that nobody has; how many those are."""
    rows = await connection.fetch(
        """
        UPDATE sample_points p SET interviewer = $3::uuid
          FROM invitations i
         WHERE i.code_digest = p.code_digest AND p.survey = $1 AND i.psu = $2
           AND (p.interviewer IS NULL
                OR p.interviewer IN (SELECT id FROM collector_groups WHERE revoked))
        RETURNING true
        """,
        survey,
        psu,
        group,
    )
    return len(rows)


async def save_visits(connection: Connection, visits: Sequence[tuple[str, Visit]]) -> None:
    """Save visits, each to the point with this id; one in the same part of a day is replaced."""
    await connection.executemany(
        """
        INSERT INTO point_visits (point, day, part, outcome) VALUES ($1::uuid, $2, $3, $4)
            ON CONFLICT (point, day, part) DO UPDATE SET outcome = excluded.outcome
        """,
        [(ident, one.day, one.part, one.outcome) for ident, one in visits],
    )


@boolean
def send_back(survey: str, reference: str, reason: SendBackReason, day: datetime.date) -> SQL:
    """Send the interview of a point back: its code opens the survey again; False if there is
    nothing to send back.
    """
    return """
        WITH opened AS (
            UPDATE invitations i SET used = false FROM sample_points p
             WHERE p.code_digest = i.code_digest AND p.survey = $1 AND p.reference = $2
               AND p.answered AND i.used
            RETURNING i.code_digest
        )
        UPDATE sample_points SET sent_back = $3, sent_back_on = $4
         WHERE code_digest IN (SELECT code_digest FROM opened) RETURNING true
        """


@value(int)
def count_sent_back(survey: str) -> SQL:
    """Number of interviews of a survey that were sent back and not done again yet."""
    return "SELECT count(*) FROM sample_points WHERE survey = $1 AND sent_back IS NOT NULL"


@boolean
def is_point(code_digest: bytes) -> SQL:
    """Whether this code is of a sample point."""
    return "SELECT EXISTS (SELECT FROM sample_points WHERE code_digest = $1)"


class PointState(msgspec.Struct, frozen=True):
    """Whether the interview of a point was sent back."""

    is_sent_back: bool


@first(PointState)
def lock_point(code_digest: bytes) -> SQL:
    """The point of a code; nobody else changes it until the end of the transaction."""
    return """
        SELECT sent_back IS NOT NULL AS is_sent_back FROM sample_points
         WHERE code_digest = $1 FOR UPDATE
        """


@value_or_none(str)
def find_answer(mark: bytes) -> SQL:
    """The reference of the answer that came from a point, by the mark of the point's code."""
    return "SELECT reference FROM point_answers WHERE mark = $1"


@execute
def save_answer(code_digest: bytes, mark: bytes, reference: str) -> SQL:
    """Save which answer came from a point; it is not sent back any more."""
    return """
        WITH linked AS (
            INSERT INTO point_answers (mark, reference) VALUES ($2, $3) ON CONFLICT DO NOTHING
        )
        UPDATE sample_points SET answered = true, sent_back = NULL, sent_back_on = NULL
         WHERE code_digest = $1
        """


@execute
def forget_reference(reference: str) -> SQL:
    """Forget from which point an answer came."""
    return "DELETE FROM point_answers WHERE reference = $1"


@execute
def delete_closed_links() -> SQL:
    """Forget which answers came from which points of surveys that are closed.

    An interview that was sent back and not done again then counts as one, as its answer does: a
    second answer could not replace it any more.
    """
    return """
        WITH closed AS (SELECT DISTINCT slug FROM instruments WHERE closed), unlinked AS (
            DELETE FROM point_answers a USING responses r
             WHERE r.reference = a.reference AND r.instrument IN (SELECT slug FROM closed)
        ), used_again AS (
            UPDATE invitations i SET used = true FROM sample_points p
             WHERE p.code_digest = i.code_digest AND p.sent_back IS NOT NULL
               AND p.survey IN (SELECT slug FROM closed)
        )
        UPDATE sample_points SET answered = false, sent_back = NULL, sent_back_on = NULL
         WHERE (answered OR sent_back IS NOT NULL) AND survey IN (SELECT slug FROM closed)
        """
