"""SQL for waves of asking people whom the police met: who was asked under which code, what came
of it, and how many answers came up to the end of a period.
"""

import datetime
from collections.abc import Sequence
from uuid import UUID

import msgspec

from survey.store import statements as sql
from survey.store.database import Connection
from survey.store.surveys import limits
from survey.surveys import encounters

LONGEST_WAVE, DAYS_OF_MARKS = 182, 365  # in days


class NewWave(msgspec.Struct, frozen=True, kw_only=True):
    """A wave to be stored, with the days of the encounters of those who are asked."""

    survey: str
    first_day: datetime.date
    last_day: datetime.date
    rules: encounters.AskingRules
    left_out: dict[encounters.Reason, int] = {}


class NewlyAsked(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody to be asked: the digest of their code, and what is stored of the encounter.

    `mark` is the keyed digest of the reference; None on a card that was handed out.
    """

    code_digest: bytes
    kind: str
    area: str
    groups: dict[encounters.Dimension, str] = {}
    mark: bytes | None = None


@sql.values(set[bytes])
def load_asked_marks(survey: str, marks: list[bytes]) -> sql.SQL:
    """The marks among these whose people were asked in an earlier wave."""
    return "SELECT mark FROM asked_encounters WHERE survey = $1 AND mark = ANY($2)"


async def insert(
    connection: Connection, new: NewWave, people: Sequence[NewlyAsked], today: datetime.date
) -> UUID:
    """Store a wave with the codes of its people; returns its id.

    Raises if one of them was asked about the same encounter meanwhile.
    """
    await mark_as_asked(connection, new.survey, people, today)
    ident = await insert_wave(connection, new, today)
    await limits.insert_member_codes(
        connection, new.survey, [person.code_digest for person in people]
    )
    await insert_encounters(connection, ident, people)
    return ident


@sql.value(UUID)
def insert_wave(new: NewWave, today: datetime.date) -> sql.SQL:
    return """
        INSERT INTO encounter_waves (survey, made_on, first_day, last_day, rules, left_out)
        VALUES ($new.survey, $today, $new.first_day, $new.last_day, $new.rules::jsonb,
                $new.left_out::jsonb) RETURNING id
        """


@sql.execute
def insert_encounters(wave: UUID, people: Sequence[NewlyAsked]) -> sql.SQL:
    return """
        INSERT INTO encounters (code_digest, wave, kind, area, groups)
        SELECT d, $wave, k, a, g
          FROM unnest($people.code_digest::bytea[], $people.kind::text[], $people.area::text[],
                      $people.groups::jsonb[]) AS p (d, k, a, g)
        """


async def mark_as_asked(
    connection: Connection, survey: str, people: Sequence[NewlyAsked], today: datetime.date
) -> None:
    """Remember the marks of these people; raises if one of them was asked meanwhile."""
    marks = [person.mark for person in people if person.mark is not None]
    fresh = await connection.fetch(
        """
        INSERT INTO asked_encounters (survey, mark, asked_on)
        SELECT $1, unnest($2::bytea[]), $3 ON CONFLICT DO NOTHING RETURNING true
        """,
        survey,
        marks,
        today,
    )
    if len(fresh) < len(marks):
        raise encounters.asked_meanwhile()


async def load_people(
    connection: Connection, survey: str
) -> dict[UUID, list[encounters.AskedPerson]]:
    """Who was asked in the waves of a survey that have not ended."""
    rows = await connection.fetch(
        """
        SELECT e.wave, e.kind, e.area, e.groups, c.used
          FROM encounters e JOIN encounter_waves r ON r.id = e.wave
          JOIN member_codes c USING (code_digest)
         WHERE r.survey = $1
        """,
        survey,
    )
    people: dict[UUID, list[encounters.AskedPerson]] = {}
    for row in rows:
        person = encounters.AskedPerson(row["kind"], row["area"], row["groups"], row["used"])
        people.setdefault(row["wave"], []).append(person)
    return people


async def load_all(connection: Connection, survey: str) -> list[encounters.AskingWave]:
    """The waves of a survey, the newest first."""
    people = await load_people(connection, survey)
    rows = await connection.fetch(
        """
        SELECT id, made_on, rules, first_day, last_day, left_out, outcomes, reminded_on, ended
          FROM encounter_waves WHERE survey = $1 ORDER BY made_on DESC, id
        """,
        survey,
    )
    return [
        encounters.AskingWave(
            id=str(row["id"]),
            made_on=row["made_on"],
            rules=msgspec.convert(row["rules"], encounters.AskingRules),
            first_day=row["first_day"],
            last_day=row["last_day"],
            left_out=row["left_out"],
            outcomes=row["outcomes"],
            reminded_on=row["reminded_on"],
            is_over=row["ended"] is not None,
            sums=msgspec.convert(row["ended"], encounters.WaveSums)
            if row["ended"] is not None
            else encounters.sum_people(people.get(row["id"], [])),
        )
        for row in rows
    ]


class OpenWave(msgspec.Struct, frozen=True):
    """A wave that has not ended."""

    id: UUID
    survey: str
    reminded_on: datetime.date | None


@sql.first(OpenWave)
def find_open(survey: str, ident: UUID) -> sql.SQL:
    """A wave of a survey that has not ended, held until the end of the transaction."""
    return """
        SELECT id, survey, reminded_on FROM encounter_waves
         WHERE id = $ident AND survey = $survey AND ended IS NULL FOR UPDATE
        """


@sql.values(set[bytes])
def load_unused(ident: UUID) -> sql.SQL:
    """The digests of the codes of a wave that nobody has used."""
    return """
        SELECT code_digest FROM encounters JOIN member_codes USING (code_digest)
         WHERE wave = $1 AND NOT used
        """


@sql.execute
def set_reminded(ident: UUID, day: datetime.date) -> sql.SQL:
    return "UPDATE encounter_waves SET reminded_on = $2 WHERE id = $1"


@sql.execute
def save_outcomes(ident: UUID, outcomes: dict[str, int]) -> sql.SQL:
    """Replace what is known of the invitations of a wave that came to nothing."""
    return "UPDATE encounter_waves SET outcomes = $2::jsonb WHERE id = $1"


async def end(connection: Connection, survey: str, ident: UUID) -> None:
    """End a wave: its codes stop working, and of its people only sums are left."""
    people = (await load_people(connection, survey)).get(ident, [])
    await connection.execute(
        "UPDATE encounter_waves SET ended = $2::jsonb WHERE id = $1",
        ident,
        encounters.sum_people(people),
    )
    await connection.execute(
        """
        DELETE FROM member_codes USING encounters e
         WHERE e.wave = $1 AND member_codes.code_digest = e.code_digest
        """,
        ident,
    )


async def end_overdue(connection: Connection) -> None:
    """End the waves that were made half a year ago, and delete marks of a year ago."""
    rows = await connection.fetch(
        """
        SELECT id, survey FROM encounter_waves
         WHERE ended IS NULL AND made_on < current_date - $1::int ORDER BY id FOR UPDATE
        """,
        LONGEST_WAVE,
    )
    for row in rows:
        await end(connection, row["survey"], row["id"])
    await connection.execute(
        "DELETE FROM asked_encounters WHERE asked_on < current_date - $1::int", DAYS_OF_MARKS
    )
