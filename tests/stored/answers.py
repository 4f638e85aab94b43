"""The answers that a database holds, for tests that look at what was stored."""

import msgspec

from survey.store.surveys import responses


async def load_answers(connection, slug):
    """Every response to a survey in the order of an export, with its answers as a dict."""
    async with connection.transaction():
        batches = responses.read_in_batches(connection, slug, 100)
        found = [one async for batch in batches for one in batch]
    return [msgspec.structs.replace(one, answers=msgspec.json.decode(one.answers)) for one in found]


async def end_their_hour(connection, slug):
    """Let the answers have come two hours ago, so that programs may read them."""
    await connection.execute(
        "UPDATE responses SET received_at = received_at - interval '2 hours' WHERE instrument = $1",
        slug,
    )


async def spread_over_days(connection, slug):
    """Let the answers of the last days have come on three days: parts of results need several."""
    await connection.execute(
        """
        UPDATE responses r SET received_at = date_trunc('hour', now()) - back * interval '1 day'
          FROM (SELECT id, row_number() OVER (PARTITION BY area ORDER BY id) % 3 AS back
                  FROM responses
                 WHERE instrument = $1 AND received_at > now() - interval '4 days') n
         WHERE n.id = r.id
        """,
        slug,
    )
