"""SQL for deployments and published perception: every file a version as known on a day."""

import datetime

import asyncpg

from survey import problems
from survey.deployments import Import
from survey.store.database import Connection


async def save(connection: Connection, found: Import, *, by: str | None = None) -> int:
    """Keep a file's figures as a new version; the same file again is refused."""
    async with connection.transaction():
        number = await insert_import(connection, found, by)
        if number is None:
            raise problems.same_import(found.file, await known_on(connection, found))
        await copy_counts_in(connection, number, found)
        await copy_perceptions_in(connection, number, found)
    return number


async def insert_import(connection: Connection, found: Import, by: str | None) -> int | None:
    number: int | None = await connection.fetchval(
        """
        INSERT INTO imports (source, file, sha256, known_on, notes, account)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (source, sha256) DO NOTHING RETURNING id
        """,
        found.source,
        found.file,
        found.sha256,
        found.known_on,
        list(found.notes),
        by,
    )
    return number


async def known_on(connection: Connection, found: Import) -> str:
    """The day as known on which this file was kept before."""
    day: str = await connection.fetchval(
        "SELECT known_on::text FROM imports WHERE source = $1 AND sha256 = $2",
        found.source,
        found.sha256,
    )
    return day


async def copy_counts_in(connection: Connection, number: int, found: Import) -> None:
    await connection.copy_records_to_table(
        "deployment_counts",
        records=[
            (number, found.source, c.area, c.start, c.end, c.measure, c.tactic, c.group, c.count)
            for c in found.counts
        ],
    )


async def copy_perceptions_in(connection: Connection, number: int, found: Import) -> None:
    await connection.copy_records_to_table(
        "perceptions",
        records=[
            (number, p.area, p.quarter_end, p.item, p.proportion, p.base, p.window_months)
            for p in found.perceptions
        ],
    )


async def counts(
    connection: Connection,
    start: datetime.date,
    end: datetime.date,
    *,
    as_of: datetime.date,
) -> list[asyncpg.Record]:
    """Figures for periods within start to end, each from the last file known by `as_of`.

    A later file of a source replaces an earlier one period by period, cells that vanished included.
    """
    return await connection.fetch(
        """
        WITH standing AS (
            SELECT DISTINCT ON (d.source, d.start_on, d.end_on)
                   d.source, d.start_on, d.end_on, d.import
              FROM deployment_counts d JOIN imports i ON i.id = d.import
             WHERE d.start_on >= $1 AND d.end_on <= $2 AND i.known_on <= $3
             ORDER BY d.source, d.start_on, d.end_on, i.known_on DESC, i.id DESC
        )
        SELECT d.source, d.area, d.start_on, d.end_on, d.measure, d.tactic, d.category, d.count
          FROM deployment_counts d JOIN standing s USING (source, start_on, end_on, import)
         ORDER BY d.source, d.start_on, d.area, d.measure, d.tactic, d.category
        """,
        start,
        end,
        as_of,
    )


async def page(
    connection: Connection, after: tuple[int, str, datetime.date, str, str, str], limit: int
) -> list[asyncpg.Record]:
    """Every figure of every version, in the order of its key."""
    return await connection.fetch(
        """
        SELECT d.import, i.source, i.known_on, d.area, d.start_on, d.end_on, d.measure, d.tactic,
               d.category, d.count
          FROM deployment_counts d JOIN imports i ON i.id = d.import
         WHERE (d.import, d.area, d.start_on, d.measure, d.tactic, d.category)
             > ($1, $2, $3, $4, $5, $6)
         ORDER BY d.import, d.area, d.start_on, d.measure, d.tactic, d.category
         LIMIT $7
        """,
        *after,
        limit,
    )


async def perceptions(
    connection: Connection, start: datetime.date, end: datetime.date, *, as_of: datetime.date
) -> list[asyncpg.Record]:
    """Published perception for quarters that end from start to end, as known by `as_of`."""
    return await connection.fetch(
        """
        SELECT DISTINCT ON (p.area, p.quarter_end, p.item)
               p.area, p.quarter_end, p.item, p.proportion, p.base, p.window_months
          FROM perceptions p JOIN imports i ON i.id = p.import
         WHERE p.quarter_end BETWEEN $1 AND $2 AND i.known_on <= $3
         ORDER BY p.area, p.quarter_end, p.item, i.known_on DESC, i.id DESC
        """,
        start,
        end,
        as_of,
    )


async def imports(connection: Connection) -> list[asyncpg.Record]:
    return await connection.fetch(
        """
        SELECT id, source, file, sha256, known_on, notes,
               (SELECT count(*) FROM deployment_counts d WHERE d.import = i.id) AS counts,
               (SELECT count(*) FROM perceptions p WHERE p.import = i.id) AS perceptions
          FROM imports i ORDER BY id
        """
    )
