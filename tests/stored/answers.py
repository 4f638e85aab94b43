"""The answers that a database holds, for tests that look at what was stored."""

import contextlib

from survey.store.answers import counts


async def load_answers(connection, slug):
    """Every response to a survey in the order of an export, with its answers as a dict; also those
    of this hour.
    """
    rows = await connection.fetch(
        """
        SELECT version, mode, area, language,
               received_at::date AS day, answers
          FROM responses WHERE instrument = $1 ORDER BY received_at, id
        """,
        slug,
    )
    return [counts.ExportedResponse(*row) for row in rows]


async def end_their_hour(connection, slug):
    """Let the answers have come two hours ago, so that pages, files and programs have them."""
    await connection.execute(
        "UPDATE responses SET received_at = received_at - interval '2 hours' WHERE instrument = $1",
        slug,
    )


@contextlib.asynccontextmanager
async def arriving_an_hour_ago(connection):
    """Within the block, answers arrive in the hour before: files have them at once."""
    default = "ALTER TABLE responses ALTER COLUMN received_at SET DEFAULT date_trunc('hour', now())"
    await connection.execute(f"{default} - interval '1 hour'")
    try:
        yield
    finally:
        await connection.execute(default)


async def spread_over_days(connection, slug):
    """Let the answers of the last days have come in past hours of three days: parts of results need
    several.
    """
    await connection.execute(
        """
        UPDATE responses r SET received_at = date_trunc('hour', now())
               - interval '1 hour' - back * interval '1 day'
          FROM (SELECT id, row_number() OVER (PARTITION BY area ORDER BY id) % 3 AS back
                  FROM responses
                 WHERE instrument = $1 AND received_at > now() - interval '4 days') n
         WHERE n.id = r.id
        """,
        slug,
    )
