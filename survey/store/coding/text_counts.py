"""SQL for counts of texts by their last codes, which triggers keep (43_text_counts.sql).

Rows are numbers to add: several may be alike, and their sum is what counts.
"""

from survey.store.database import Connection

FOLD_LOCK = "pg_advisory_xact_lock(hashtext('fold text counts'))"
TRY_FOLD_LOCK = "pg_try_advisory_xact_lock(hashtext('fold text counts'))"
# What others insert meanwhile is not seen, and stays for the next time.
FOLD_SQL = """
    WITH alike AS (
        SELECT stream, instrument, codebook, tone, themes FROM text_counts
         GROUP BY 1, 2, 3, 4, 5 HAVING count(*) > 1
    ), gone AS (
        DELETE FROM text_counts t USING alike a
         WHERE (t.stream, t.instrument, t.codebook, t.tone, t.themes)
             = (a.stream, a.instrument, a.codebook, a.tone, a.themes)
        RETURNING t.*
    )
    INSERT INTO text_counts (stream, instrument, codebook, tone, themes, texts)
    SELECT stream, instrument, codebook, tone, themes, sum(texts)
      FROM gone GROUP BY 1, 2, 3, 4, 5 HAVING sum(texts) <> 0
"""


async def fold(connection: Connection) -> None:
    """Make one row of those that are alike, and none of those that come to nothing.

    Waits for who does it already: after an erasure no row may say what the text was about.
    """
    # By itself, so that the next statement sees what the other one has left.
    await connection.execute(f"SELECT {FOLD_LOCK}")
    await connection.execute(FOLD_SQL)


async def fold_if_free(connection: Connection) -> None:
    """The same, but do nothing while somebody else does it."""
    if await connection.fetchval(f"SELECT {TRY_FOLD_LOCK}"):
        await connection.execute(FOLD_SQL)


async def count_by_theme(connection: Connection, codebook: int) -> dict[str, int]:
    """How many texts speak of each theme, of those whose last codes are of this version."""
    rows = await connection.fetch(
        """
        SELECT theme, sum(texts)::bigint AS texts
          FROM text_counts CROSS JOIN unnest(themes) AS theme
         WHERE codebook = $1 GROUP BY 1 HAVING sum(texts) > 0
        """,
        codebook,
    )
    return {row["theme"]: row["texts"] for row in rows}
