"""SQL for moving a survey to another installation and back: its rows as JSON, out and in.

Ids stay, so that what is here already is not stored twice. What was erased of a survey, here or
there, stays erased: digests of the erased answers' ids go with its package. Words leave with names
masked.
"""

import contextlib
from collections.abc import AsyncGenerator, Iterator, Sequence

import asyncpg
import msgspec

from survey.store import statements as sql
from survey.store.database import Connection
from survey.store.themes.texts import SHOWN_SQL
from survey.surveys.sharing import damaged_package

READ_SQL = {
    "erased": """
        SELECT encode(mark, 'hex') AS mark
          FROM survey_erasures WHERE survey = $1 AND salt = '' ORDER BY 1""",
    "answers": """
        SELECT id, reference, version, mode, area, language, answers, stratum, psu, probability,
               extract(epoch FROM received_at)::bigint AS hour, may_quote, opens_results
          FROM responses WHERE instrument = $1 ORDER BY id""",
    "texts": f"""
        SELECT t.id, t.response, t.item, {SHOWN_SQL} AS body, t.language
          FROM responses r JOIN texts t ON t.response = r.id
          JOIN current_codings k ON k.text = t.id
          JOIN codings d ON d.text = k.text AND d.coder_version = k.coder_version
           AND d.codebook = k.codebook
         WHERE r.instrument = $1 ORDER BY t.id""",  # noqa: S608 - our own words
    "files": """
        SELECT id, mark, response, item, media_type, size, encode(sha256(body), 'hex') AS sha256
          FROM attachments
         WHERE instrument = $1 AND response IS NOT NULL AND scan IN ('clean', 'not_scanned')
         ORDER BY id""",
    "codes": """
        SELECT encode(code_digest, 'hex') AS digest, version, stratum, psu, probability, used,
               drawn_on
          FROM invitations WHERE instrument = $1 ORDER BY code_digest""",
    "member-codes": """
        SELECT encode(code_digest, 'hex') AS digest, used, made_on
          FROM member_codes WHERE survey = $1 ORDER BY code_digest""",
    "quotas": "SELECT area, groups, most FROM quotas WHERE survey = $1 ORDER BY id",
    "ways": "SELECT code, kind, name FROM survey_ways WHERE slug = $1 ORDER BY code",
    "way-weeks": """
        SELECT code, week, begun, sent FROM way_weeks JOIN survey_ways USING (code)
         WHERE slug = $1 ORDER BY code, week""",
    "letters": """
        SELECT stratum, outcome, letters FROM letter_outcomes
         WHERE instrument = $1 ORDER BY stratum, outcome""",
}
# $1 is the slug, $2 a list of rows.
WRITE_SQL = {
    "erased": """
        INSERT INTO survey_erasures (survey, salt, mark)
        SELECT $1, decode(coalesce(r.salt, ''), 'hex'), decode(r.mark, 'hex')
          FROM jsonb_to_recordset($2::jsonb) AS r (salt text, mark text)
            ON CONFLICT DO NOTHING""",
    "answers": """
        INSERT INTO responses (id, reference, instrument, version, mode, area, language, answers,
                               stratum, psu, probability, received_at, may_quote,
                               opens_results)
        SELECT r.id, r.reference, $1, r.version, r.mode, r.area, r.language, r.answers, r.stratum,
               r.psu, r.probability, to_timestamp(r.hour), r.may_quote,
               coalesce(r.opens_results, true)
          FROM jsonb_to_recordset($2::jsonb)
               AS r (id uuid, reference text, version int, mode text, area text,
                                        language text, answers jsonb, stratum text, psu text,
                                        probability float8, hour bigint, may_quote text,
                                        opens_results boolean)
         WHERE NOT EXISTS (
               SELECT FROM (SELECT DISTINCT salt FROM erasure_marks) s JOIN erasure_marks m
                   ON m.salt = s.salt
                  AND m.mark = sha256(s.salt || convert_to(r.reference, 'UTF8')))
           AND NOT EXISTS (
               SELECT FROM (SELECT DISTINCT salt FROM survey_erasures WHERE survey = $1) s
               JOIN survey_erasures m
                   ON m.survey = $1 AND m.salt = s.salt
                  AND m.mark = sha256(
                      s.salt
                      || convert_to(CASE s.salt WHEN '' THEN r.id::text ELSE r.reference END,
                                    'UTF8')))
            ON CONFLICT DO NOTHING""",
    "texts": """
        INSERT INTO texts (id, response, item, body, language)
        SELECT r.id, r.response, r.item, r.body, r.language
          FROM jsonb_to_recordset($2::jsonb)
               AS r (id uuid, response uuid, item text, body text, language text)
         WHERE EXISTS (SELECT FROM responses o WHERE o.id = r.response AND o.instrument = $1)
            ON CONFLICT DO NOTHING""",
    "codes": """
        INSERT INTO invitations (code_digest, instrument, version, stratum, psu, probability, used,
                                 drawn_on)
        SELECT decode(r.digest, 'hex'), $1, r.version, r.stratum, r.psu, r.probability, r.used,
               r.drawn_on
          FROM jsonb_to_recordset($2::jsonb)
               AS r (digest text, version int, stratum text, psu text, probability float8,
                            used boolean, drawn_on date)
            ON CONFLICT (code_digest)
            DO UPDATE SET used = invitations.used OR excluded.used
             WHERE invitations.instrument = excluded.instrument""",
    "member-codes": """
        INSERT INTO member_codes (code_digest, survey, used, made_on)
        SELECT decode(r.digest, 'hex'), $1, r.used, r.made_on
          FROM jsonb_to_recordset($2::jsonb) AS r (digest text, used boolean, made_on date)
         WHERE EXISTS (SELECT FROM survey_limits WHERE survey = $1)
            ON CONFLICT (code_digest)
            DO UPDATE SET used = member_codes.used OR excluded.used
             WHERE member_codes.survey = excluded.survey""",
    "quotas": """
        INSERT INTO quotas (survey, area, groups, most)
        SELECT $1, r.area, r.groups, r.most
          FROM jsonb_to_recordset($2::jsonb) AS r (area text, groups jsonb, most int)
            ON CONFLICT (survey, area, groups) DO NOTHING""",
    "ways": """
        INSERT INTO survey_ways (code, slug, kind, name)
        SELECT r.code, $1, r.kind, r.name FROM jsonb_to_recordset($2::jsonb)
               AS r (code text, kind text, name text)
            ON CONFLICT DO NOTHING""",
    "way-weeks": """
        INSERT INTO way_weeks AS w (code, week, begun, sent)
        SELECT r.code, r.week, r.begun, r.sent
          FROM jsonb_to_recordset($2::jsonb) AS r (code text, week date, begun int, sent int)
         WHERE EXISTS (SELECT FROM survey_ways o WHERE o.code = r.code AND o.slug = $1)
            ON CONFLICT (code, week) DO UPDATE
            SET begun = greatest(w.begun, excluded.begun),
                sent = greatest(w.sent, excluded.sent)""",
    "letters": """
        INSERT INTO letter_outcomes (instrument, stratum, outcome, letters)
        SELECT $1, r.stratum, r.outcome, r.letters
          FROM jsonb_to_recordset($2::jsonb) AS r (stratum text, outcome text, letters int)
            ON CONFLICT DO NOTHING""",
}


async def read_lines(
    connection: Connection, part: str, slug: str, size: int
) -> AsyncGenerator[list[str]]:
    """The rows of a part of a survey, each as a line of JSON, some at a time."""
    statement = f"SELECT to_jsonb(x)::text FROM ({READ_SQL[part]}) x"  # noqa: S608 - our own words
    cursor = await connection.cursor(statement, slug)
    while rows := await cursor.fetch(size):
        yield [row[0] for row in rows]


@sql.value(int)
def count_unread_texts(slug: str) -> sql.SQL:
    """How many texts of a survey no machine has read yet, so names in them are not masked."""
    return """
        SELECT count(*) FROM responses r JOIN texts t ON t.response = r.id
         WHERE r.instrument = $1
           AND NOT EXISTS (SELECT FROM current_codings k WHERE k.text = t.id)
        """


@sql.value(int)
def count_unscanned_files(slug: str) -> sql.SQL:
    """How many files came with answers to a survey and still wait for the virus scanner."""
    return """
        SELECT count(*) FROM attachments
         WHERE instrument = $1 AND response IS NOT NULL AND scan = 'waiting'
        """


@sql.value(int)
def count_held_answers(slug: str) -> sql.SQL:
    """How many answers to a survey look like spam and wait for its organiser."""
    return "SELECT count(*) FROM held_answers WHERE survey = $1"


@sql.value(bytes)
def find_file(ident: str) -> sql.SQL:
    return "SELECT body FROM attachments WHERE id = $1::uuid"


@contextlib.contextmanager
def refuse_damage(part: str) -> Iterator[None]:
    """Raise a problem that says the package is damaged, if the database refuses its content."""
    try:
        yield
    except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError) as refused:
        raise damaged_package(f"a row of {part} cannot be stored") from refused


def as_rows(lines: Sequence[str]) -> list[msgspec.Raw]:
    """Lines of JSON as one list, without decoding them."""
    return [msgspec.Raw(line) for line in lines]


async def insert_lines(connection: Connection, part: str, slug: str, lines: Sequence[str]) -> int:
    """Store rows of a part that are not here yet and return how many; raises if one is refused."""
    with refuse_damage(part):
        done = await connection.execute(WRITE_SQL[part], slug, as_rows(lines))
    return int(done.rpartition(" ")[2])


class MovedFile(msgspec.Struct, frozen=True):
    """A file that came with an answer, as a package lists it."""

    id: str
    mark: str
    response: str
    item: str
    media_type: str
    size: int
    sha256: str


async def insert_file(
    connection: Connection, slug: str, file: MovedFile, body: bytes, *, quarantine: bool
) -> bool:
    """Store a file of an answer that is here; False if it is here already, or its answer is not."""
    with refuse_damage("files"):
        stored = await connection.fetchval(
            """
            INSERT INTO attachments (mark, id, instrument, item, media_type, body, expires_at,
                                     response, scan)
            SELECT $1, $2::uuid, $3, $4, $5, $6, NULL, $7::uuid, $8
             WHERE EXISTS (SELECT FROM responses WHERE id = $7::uuid AND instrument = $3)
                ON CONFLICT DO NOTHING RETURNING true
            """,
            *(file.mark, file.id, slug, file.item, file.media_type, body, file.response),
            "waiting" if quarantine else "not_scanned",
        )
    return bool(stored)


async def count_foreign(connection: Connection, slug: str, lines: Sequence[str]) -> int:
    """How many of these answers share an id or a reference with another answer here."""
    with refuse_damage("answers"):
        number: int = await connection.fetchval(
            """
            SELECT count(*)
              FROM jsonb_to_recordset($2::jsonb) AS r (id uuid, reference text, version int)
              JOIN LATERAL (SELECT * FROM responses WHERE id = r.id
                            UNION SELECT * FROM responses WHERE reference = r.reference) o ON true
             WHERE (o.id, o.reference, o.instrument, o.version)
                   <> (r.id, r.reference, $1, r.version)
            """,
            *(slug, as_rows(lines)),
        )
    return number


async def find_unknown_area(connection: Connection, lines: Sequence[str]) -> str | None:
    """An area of these answers that this installation does not have; None if it has them all."""
    area: str | None = await connection.fetchval(
        """
        SELECT r.area FROM jsonb_to_recordset($1::jsonb) AS r (area text)
         WHERE NOT EXISTS (SELECT FROM areas a WHERE a.code = r.area) LIMIT 1
        """,
        as_rows(lines),
    )
    return area


@sql.values(list[str])
def load_erased_references(slug: str) -> sql.SQL:
    """References of answers to a survey that its packages say were erased elsewhere."""
    return """
        SELECT DISTINCT reference FROM responses
          JOIN (SELECT DISTINCT salt FROM survey_erasures WHERE survey = $1) s ON true
          JOIN survey_erasures m
            ON m.survey = $1 AND m.salt = s.salt
           AND m.mark = sha256(
               s.salt
               || convert_to(CASE s.salt WHEN '' THEN id::text ELSE reference END, 'UTF8'))
         WHERE instrument = $1 ORDER BY reference
        """


class StoredSettings(msgspec.Struct, frozen=True):
    """What an organiser has set for a survey, as it is stored."""

    shown: dict[str, object]
    password_hash: str
    embedded_by: list[str]
    logo: bytes | None
    asks_proof: bool


@sql.first_by(lambda row: StoredSettings(*row))
def find_settings(slug: str) -> sql.SQL:
    return """
        SELECT shown, password_hash, embedded_by, logo, asks_proof
          FROM survey_settings WHERE slug = $1
        """


@sql.boolean
def is_closed(slug: str) -> sql.SQL:
    """Whether the newest version of a survey is closed."""
    return "SELECT closed FROM instruments WHERE slug = $1 ORDER BY version DESC LIMIT 1"


@sql.value(int)
def count_answers(slug: str) -> sql.SQL:
    return "SELECT count(*) FROM responses WHERE instrument = $1"
