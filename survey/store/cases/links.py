"""SQL for links: published deployment counts that a case may belong to, as known on a day."""

import datetime

from survey.deployments.counts import SourceCount
from survey.store.database import Connection
from survey.store.deployments import LAST_IMPORT, to_source_count


async def load_candidates(
    connection: Connection,
    area: str,
    days: tuple[datetime.date, datetime.date],
    kinds: tuple[list[str], list[str]],
    *,
    as_of: datetime.date,
    most: int,
    limit: int,
) -> list[SourceCount]:
    """Counts of a borough whose period overlaps these days, of these measures and tactics.

    Only counts that point at few events: over a week at most, and up to `most`. From the newest
    file of each source; the shortest periods first, as they say most.
    """
    rows = await connection.fetch(
        """
        SELECT d.source, d.area, d.start_on, d.end_on, d.measure, d.tactic, d.category, d.count,
               import IN (SELECT id FROM imports WHERE origin = 'publisher') AS published
          FROM deployment_counts d
          JOIN standing_figures($7, $8) s
               USING (source, start_on, end_on, measure, import)
         WHERE d.area = $1 AND d.category = 'all' AND s.dimension = 'all'
           AND d.count BETWEEN 1 AND $9 AND d.end_on - d.start_on < 7
           AND d.start_on <= $3 AND d.end_on >= $2
           AND d.measure = ANY($4) AND d.tactic = ANY($5)
         ORDER BY d.end_on - d.start_on, d.start_on DESC, d.source, d.measure, d.tactic LIMIT $6
        """,
        area,
        *days,
        *kinds,
        limit,
        as_of,
        LAST_IMPORT,
        most,
    )
    return [to_source_count(row) for row in rows]
