"""SQL for collectors: their groups, what their phones sent and have still to send, and the sample
points that interviewers visit.
"""

import datetime
from collections.abc import Sequence

import msgspec

from survey.store import statements as sql
from survey.store.database import Connection
from survey.surveys.fieldwork import SamplePoint, SendBackReason, Visit, changed_points


class CollectorGroup(msgspec.Struct, frozen=True):
    """A group of collectors of one survey; `answers` is how many its phones sent."""

    id: str
    instrument: str
    name: str
    sealed_key: str
    answers: int
    revoked: bool


class PhoneAnswer(msgspec.Struct, frozen=True):
    """An answer that a phone sent; it has no reference if it was erased or corrected since."""

    content_digest: bytes | None
    reference: str | None


class ExpectedFile(msgspec.Struct, frozen=True):
    """A file that a phone has still to send, and the mark that the answer has for it."""

    mark: str
    name_digest: bytes
    item: str


@sql.value(str)
def insert_group(slug: str, name: str, key_digest: bytes, sealed_key: str) -> sql.SQL:
    """Add a group of collectors and return its id."""
    return """
        INSERT INTO collector_groups (instrument, name, key_digest, sealed_key)
        VALUES ($1, $2, $3, $4) RETURNING id::text
        """


GROUP_SQL = """
        SELECT id::text, instrument, name, sealed_key, answers, revoked FROM collector_groups
"""


@sql.many(CollectorGroup)
def load_groups(slug: str) -> sql.SQL:
    """The groups of a survey, those in use first."""
    return f"{GROUP_SQL} WHERE instrument = $1 ORDER BY revoked, made_at, id"


@sql.first(CollectorGroup)
def find_group(slug: str, ident: str) -> sql.SQL:
    return f"{GROUP_SQL} WHERE instrument = $1 AND id = $2::uuid"


@sql.first(CollectorGroup)
def find_group_by_key(key_digest: bytes) -> sql.SQL:
    """The group with this key, unless it was revoked."""
    return f"{GROUP_SQL} WHERE key_digest = $1 AND NOT revoked"


@sql.value_or_none(str)
def revoke_group(slug: str, ident: str) -> sql.SQL:
    """Revoke the key of a group; return the group's name, or None if there was no key to revoke."""
    return """
        UPDATE collector_groups SET revoked = true
         WHERE instrument = $1 AND id = $2::uuid AND NOT revoked RETURNING name
        """


@sql.pairs(dict[str, str])
def load_sealed_keys() -> sql.SQL:
    """The sealed key of each group, by the group's id."""
    return "SELECT id::text, sealed_key FROM collector_groups ORDER BY id"


@sql.execute
def save_sealed_key(ident: str, sealed_key: str) -> sql.SQL:
    return "UPDATE collector_groups SET sealed_key = $2 WHERE id = $1::uuid"


@sql.execute
def count_answer(group: str) -> sql.SQL:
    return "UPDATE collector_groups SET answers = answers + 1 WHERE id = $1::uuid"


@sql.boolean
def insert_phone_answer(
    instance_digest: bytes, content_digest: bytes | None = None, reference: str | None = None
) -> sql.SQL:
    """Save that a phone sent this answer; False if it is known already."""
    # Of two at once the second waits here until the first is stored, or refused.
    return """
        INSERT INTO phone_answers (instance_digest, content_digest, reference)
        VALUES ($1, $2, $3) ON CONFLICT (instance_digest) DO NOTHING RETURNING true
        """


@sql.first(PhoneAnswer)
def find_phone_answer(instance_digest: bytes) -> sql.SQL:
    return "SELECT content_digest, reference FROM phone_answers WHERE instance_digest = $1"


@sql.first(PhoneAnswer)
def lock_phone_answer(instance_digest: bytes) -> sql.SQL:
    """An answer that a phone sent; nobody else changes it until this transaction ends."""
    return (
        "SELECT content_digest, reference FROM phone_answers WHERE instance_digest = $1 FOR UPDATE"
    )


@sql.execute
def forget_phone_of(reference: str) -> sql.SQL:
    """Forget which answer of a phone this response is, its digest, and the files still to come."""
    return """
        WITH forgotten AS (
            UPDATE phone_answers SET reference = NULL, content_digest = NULL
             WHERE reference = $1 RETURNING instance_digest
        )
        DELETE FROM phone_files WHERE instance_digest IN (SELECT instance_digest FROM forgotten)
        """


@sql.execute
def insert_expected_files(instance_digest: bytes, files: list[ExpectedFile]) -> sql.SQL:
    return """
        INSERT INTO phone_files (mark, name_digest, item, instance_digest)
        SELECT f.*, $instance_digest
          FROM unnest($files.mark::text[], $files.name_digest::bytea[], $files.item::text[]) f
        """


@sql.many(ExpectedFile)
def load_expected_files(instance_digest: bytes) -> sql.SQL:
    return (
        "SELECT mark, name_digest, item FROM phone_files WHERE instance_digest = $1 ORDER BY mark"
    )


@sql.boolean
def delete_expected_file(mark: str) -> sql.SQL:
    """Stop expecting a file, because it came; False if it came before."""
    return "DELETE FROM phone_files WHERE mark = $1 RETURNING true"


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


async def load_points(
    connection: Connection, survey: str, until: datetime.date = datetime.date.max
) -> list[SamplePoint]:
    """The sample points of a survey with codes made by the day `until`, each with its visits up to
    that day, ordered by reference.
    """
    points = await sql.load_structs(
        connection,
        SamplePoint,
        f"""{POINT_SQL}
         WHERE p.survey = $1 AND coalesce(i.drawn_on, $2::date) <= $2 ORDER BY p.reference""",
        survey,
        until,
    )
    return [
        msgspec.structs.replace(point, visits=tuple(v for v in point.visits if v.day <= until))
        for point in points
    ]


@sql.many(SamplePoint)
def load_points_of(group: str) -> sql.SQL:
    """The sample points that an interviewer goes to, by reference."""
    return f"{POINT_SQL} WHERE p.interviewer = $1::uuid ORDER BY p.reference"


@sql.pairs(dict[bytes, str | None])
def load_known_codes(survey: str, digests: Sequence[bytes]) -> sql.SQL:
    """The codes among these of a survey's sample, each with the reference of its point."""
    return """
        SELECT code_digest, p.reference
          FROM invitations i LEFT JOIN sample_points p USING (code_digest)
         WHERE i.instrument = $1 AND code_digest = ANY($2)
        """


@sql.pairs(dict[str, bytes])
def load_digests(survey: str) -> sql.SQL:
    """The digest of the code of each sample point, by reference."""
    return "SELECT reference, code_digest FROM sample_points WHERE survey = $1"


async def save_points(connection: Connection, survey: str, points: Sequence[NewPoint]) -> None:
    """Add sample points; a point that is there already goes to the interviewer given now, or stays
    as it is if none is given.
    """
    if await upsert_points(connection, survey, points) < len(points):
        raise changed_points()


@sql.row_count
def upsert_points(survey: str, points: Sequence[NewPoint]) -> sql.SQL:
    return """
        INSERT INTO sample_points AS p (survey, reference, code_digest, interviewer)
        SELECT $survey, r, d, g::uuid
          FROM unnest($points.reference::text[], $points.code_digest::bytea[],
                      $points.interviewer::text[]) AS n (r, d, g)
            ON CONFLICT (code_digest) DO UPDATE
            SET interviewer = coalesce(excluded.interviewer, p.interviewer)
          WHERE p.survey = excluded.survey AND p.reference = excluded.reference
        """


@sql.row_count
def assign_points(survey: str, psu: str, group: str) -> sql.SQL:
    """Give an interviewer the points of a sampling unit that nobody has; return how many."""
    return """
        UPDATE sample_points p SET interviewer = $3::uuid
          FROM invitations i
         WHERE i.code_digest = p.code_digest AND p.survey = $1 AND i.psu = $2
           AND (p.interviewer IS NULL
                OR p.interviewer IN (SELECT id FROM collector_groups WHERE revoked))
        """


async def save_visits(connection: Connection, visits: Sequence[tuple[str, Visit]]) -> None:
    """Save visits, each to the point with this id, in place of any in the same part of a day."""
    await connection.executemany(
        """
        INSERT INTO point_visits (point, day, part, outcome) VALUES ($1::uuid, $2, $3, $4)
            ON CONFLICT (point, day, part) DO UPDATE SET outcome = excluded.outcome
        """,
        [(ident, visit.day, visit.part, visit.outcome) for ident, visit in visits],
    )


@sql.boolean
def send_back(survey: str, reference: str, reason: SendBackReason, day: datetime.date) -> sql.SQL:
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


@sql.value(int)
def count_sent_back(survey: str) -> sql.SQL:
    """Number of interviews of a survey that were sent back and not done again yet."""
    return "SELECT count(*) FROM sample_points WHERE survey = $1 AND sent_back IS NOT NULL"


@sql.boolean
def is_point(code_digest: bytes) -> sql.SQL:
    """Whether this code is of a sample point."""
    return "SELECT EXISTS (SELECT FROM sample_points WHERE code_digest = $1)"


class PointState(msgspec.Struct, frozen=True):
    """Whether the interview of a point was sent back."""

    is_sent_back: bool


@sql.first(PointState)
def lock_point(code_digest: bytes) -> sql.SQL:
    """The point of a code; nobody else changes it until the end of the transaction."""
    return """
        SELECT sent_back IS NOT NULL AS is_sent_back FROM sample_points
         WHERE code_digest = $1 FOR UPDATE
        """


@sql.value_or_none(str)
def find_answer_of_point(mark: bytes) -> sql.SQL:
    """The reference of the answer that came from a point, by the mark of the point's code."""
    return "SELECT reference FROM point_answers WHERE mark = $1"


@sql.execute
def save_answer_of_point(code_digest: bytes, mark: bytes, reference: str) -> sql.SQL:
    """Save which answer came from a point; its interview no longer counts as sent back."""
    return """
        WITH linked AS (
            INSERT INTO point_answers (mark, reference) VALUES ($2, $3) ON CONFLICT DO NOTHING
        )
        UPDATE sample_points SET answered = true, sent_back = NULL, sent_back_on = NULL
         WHERE code_digest = $1
        """


@sql.execute
def forget_point_of(reference: str) -> sql.SQL:
    """Forget from which point an answer came."""
    return "DELETE FROM point_answers WHERE reference = $1"


@sql.execute
def delete_closed_links() -> sql.SQL:
    """Forget which answers came from which points of surveys that are closed.

    An interview that was sent back and not done again then counts as done, as its answer does: a
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
