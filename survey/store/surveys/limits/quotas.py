"""SQL for quotas: how many answers there may be from a borough or group, and how many there are."""

import asyncpg

from survey.store.database import Connection
from survey.store.statements import SQL, boolean, many
from survey.surveys.instruments import Instrument
from survey.surveys.refusals import doubled_quota
from survey.surveys.sharing import Quota, group_names


@many(Quota)
def load(survey: str) -> SQL:
    """The quotas of a survey, that of everybody first."""
    return """
        SELECT id, area, groups, most, answers FROM quotas WHERE survey = $1
         ORDER BY area IS NULL AND groups = '{}' DESC, id
        """


async def insert(connection: Connection, survey: str, quota: Quota) -> None:
    """Add a quota; its answers are counted by `recount`."""
    try:
        await connection.execute(
            "INSERT INTO quotas (survey, area, groups, most) VALUES ($1, $2, $3, $4)",
            survey,
            quota.area,
            quota.groups,
            quota.most,
        )
    except asyncpg.UniqueViolationError:
        raise doubled_quota() from None


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


@boolean
def delete(survey: str, quota: int) -> SQL:
    """Remove a quota of a survey; False if there is none."""
    return "DELETE FROM quotas WHERE survey = $1 AND id = $2 RETURNING true"


async def add_answers(connection: Connection, taken: dict[int, int]) -> None:
    """Add to the answers of each quota; a negative number takes away."""
    await connection.execute(
        """
        UPDATE quotas q SET answers = greatest(q.answers + t.taken, 0)
          FROM unnest($1::int[], $2::int[]) AS t (id, taken) WHERE q.id = t.id
        """,
        list(taken),
        list(taken.values()),
    )


async def recount(connection: Connection, survey: str, versions: list[Instrument]) -> None:
    """Count the answers of every quota of a survey from what is stored."""
    # A response counts if, for each group of the quota, an option that it chose counts as the group
    # by the questions of its own version.
    await connection.execute(
        """
        WITH asked AS (
            SELECT * FROM unnest($2::int[], $3::text[], $4::text[], $5::text[], $6::text[])
                AS a (version, margin, kind, question, option)
        ), counted AS (
            SELECT q.id, count(r.id) AS answers
              FROM quotas q LEFT JOIN responses r
                ON r.instrument = q.survey AND (q.area IS NULL OR r.area = q.area)
               AND NOT EXISTS (
                       SELECT FROM jsonb_each_text(q.groups) g
                        WHERE NOT EXISTS (
                                  SELECT FROM asked a
                                   WHERE a.version = r.version AND a.margin = g.key
                                     AND a.kind = g.value AND r.answers ->> a.question = a.option))
             WHERE q.survey = $1 GROUP BY q.id
        )
        UPDATE quotas q SET answers = c.answers FROM counted c WHERE c.id = q.id
        """,
        survey,
        *asked_options(versions),
    )


def asked_options(versions: list[Instrument]) -> list[list[object]]:
    """One list per column: which options of which question count as a group, in each version."""
    rows: list[tuple[object, ...]] = [
        (one.version, margin, kind, one.margins()[margin].name, option)
        for one in versions
        for margin, groups in group_names(one).items()
        for kind, options in groups.items()
        for option in options
    ]
    return [[row[place] for row in rows] for place in range(5)]
