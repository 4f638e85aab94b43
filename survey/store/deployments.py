"""SQL for deployments and published perception: each file is a version as known on a day."""

import datetime
from collections.abc import Sequence

import asyncpg
import msgspec

from survey import deployments
from survey.files.refusals import overlapping_import, same_import
from survey.store import statements as sql
from survey.store.database import Connection


async def save(connection: Connection, new: deployments.Import, *, by: str | None = None) -> int:
    """Store a file's figures as a new version; raises if it was imported before or overlaps."""
    async with connection.transaction():
        number = await insert_import(connection, new, by)
        if number is None:
            # Read in the same transaction, so the insert must not fail: an error would abort it.
            raise same_import(new.file, await get_known_on(connection, new))
        await copy_counts_in(connection, number, new)
        await insert_coverage(connection, number)
        # Compared in SQL once the figures are in; raising here undoes the whole import.
        if overlap := await find_overlap(connection, number):
            period, earlier = overlap
            raise overlapping_import(new.source, period, earlier)
        await copy_perceptions_in(connection, number, new)
    return number


@sql.value_or_none(int)
def insert_import(new: deployments.Import, by: str | None) -> sql.SQL:
    return """
        INSERT INTO imports (source, file, sha256, known_on, notes, account, origin)
        VALUES ($new.source, $new.file, $new.sha256, $new.known_on, $new.notes, $by,
                $new.origin)
            ON CONFLICT (source, sha256) DO NOTHING RETURNING id
        """


@sql.value(str)
def get_known_on(new: deployments.Import) -> sql.SQL:
    """The known-on day under which this file was imported before."""
    return "SELECT known_on::text FROM imports WHERE source = $new.source AND sha256 = $new.sha256"


async def copy_counts_in(connection: Connection, number: int, new: deployments.Import) -> None:
    await connection.copy_records_to_table(
        "deployment_counts",
        records=[
            (number, new.source, c.area, c.start, c.end, c.measure, c.tactic, c.group, c.count)
            for c in new.counts
        ],
    )


@sql.execute
def insert_coverage(number: int) -> sql.SQL:
    """Store which periods and dimensions an import covers, to avoid reading all its figures."""
    return """
        INSERT INTO told_figures (import, source, start_on, end_on, measure, dimension)
        SELECT DISTINCT import, source, start_on, end_on, measure, split_part(category, ':', 1)
          FROM deployment_counts WHERE import = $1
        """


@sql.first_by(lambda row: (row[0], row[1]))
def find_overlap(number: int) -> sql.SQL:
    """A period of an import, and an overlapping one of another import of its source."""
    # The very same period is a restatement and replaces; any other overlap counts uses twice.
    return """
        SELECT t.start_on || ' to ' || t.end_on, e.start_on || ' to ' || e.end_on
          FROM told_figures t JOIN told_figures e USING (source, measure)
         WHERE t.import = $1 AND e.import <> $1
           AND t.start_on <= e.end_on AND e.start_on <= t.end_on
           AND (t.start_on, t.end_on) <> (e.start_on, e.end_on)
         ORDER BY t.start_on, e.start_on LIMIT 1
        """


async def copy_perceptions_in(connection: Connection, number: int, new: deployments.Import) -> None:
    await connection.copy_records_to_table(
        "perceptions",
        records=[
            (number, p.area, p.quarter_end, p.item, p.proportion, p.base, p.window_months)
            for p in new.perceptions
        ],
    )


# A state of knowledge: the known-on day, and the last import that counts on that day.
KnownVersion = tuple[datetime.date, int]
LAST_IMPORT = 2**63 - 1  # the largest bigint: no import is left out for its number


def to_count(row: asyncpg.Record) -> deployments.DeploymentCount:
    return deployments.DeploymentCount(
        area=row["area"],
        start=row["start_on"],
        end=row["end_on"],
        measure=row["measure"],
        tactic=row["tactic"],
        group=row["category"],
        count=row["count"],
    )


def to_source_count(row: asyncpg.Record) -> deployments.SourceCount:
    return deployments.SourceCount(row["source"], to_count(row), row["published"])


@sql.many_by(to_source_count)
def load_counts(
    start: datetime.date,
    end: datetime.date,
    *,
    as_of: datetime.date,
    newest: int = LAST_IMPORT,
) -> sql.SQL:
    """Figures for periods within start to end, each from the last file known by `as_of`.

    A later file of a source replaces an earlier one for each period, measure and dimension (such
    as 'age') that it covers, including cells that vanished; what it does not cover still counts.
    """
    return """
        SELECT source, d.area, start_on, end_on, measure, d.tactic, d.category, d.count,
               import IN (SELECT id FROM imports WHERE origin = 'publisher') AS published
          FROM deployment_counts d
          JOIN standing_figures($as_of, $newest) s USING (source, start_on, end_on, measure, import)
         WHERE start_on >= $start AND end_on <= $end
           AND split_part(d.category, ':', 1) = s.dimension
         ORDER BY source, start_on, end_on, d.area, measure, d.tactic, d.category
        """


@sql.many_by(to_source_count)
def load_standing(
    measures: Sequence[str],
    end: datetime.date,
    *,
    as_of: datetime.date,
    newest: int = LAST_IMPORT,
) -> sql.SQL:
    """All figures of some measures that begin by a day, each from the last file known by `as_of`.

    For counts of people on one day, the newest of which may be years older than the uses.
    """
    return """
        SELECT source, d.area, start_on, end_on, measure, d.tactic, d.category, d.count,
               false AS published
          FROM deployment_counts d
          JOIN standing_figures($as_of, $newest) s USING (source, start_on, end_on, measure, import)
         WHERE measure = ANY($measures) AND start_on <= $end
           AND split_part(d.category, ':', 1) = s.dimension
         ORDER BY source, start_on, end_on, d.area, measure, d.tactic, d.category
        """


@sql.many_by(to_source_count)
def load_totals(
    source: str,
    measure: str,
    inside: tuple[datetime.date, datetime.date],
    as_of: datetime.date,
    *,
    newest: int = LAST_IMPORT,
) -> sql.SQL:
    """A source's counts of one measure per period, over all areas and kinds of person."""
    return """
        SELECT source, '' AS area, start_on, end_on, measure, d.tactic, 'all' AS category,
               sum(d.count)::bigint AS count,
               bool_and(import IN (SELECT id FROM imports WHERE origin = 'publisher')) AS published
          FROM deployment_counts d
          JOIN standing_figures($5, $6) s USING (source, start_on, end_on, measure, import)
         WHERE source = $1 AND measure = $2 AND start_on >= $3 AND end_on <= $4
           AND d.category = 'all' AND s.dimension = 'all'
         GROUP BY source, start_on, end_on, measure, d.tactic
        """


@sql.many(deployments.DeploymentCount)
def load_area_months(
    source: str,
    measure: str,
    end: datetime.date,
    as_of: datetime.date,
    *,
    newest: int = LAST_IMPORT,
) -> sql.SQL:
    """A source's counts of one measure by area, for every whole month up to `end`."""
    return """
        SELECT d.area, start_on AS start, end_on AS end, measure, d.tactic,
               d.category AS group, d.count
          FROM deployment_counts d
          JOIN standing_figures($as_of, $newest) s USING (source, start_on, end_on, measure, import)
         WHERE source = $source AND measure = $measure AND end_on <= $end
           AND start_on = date_trunc('month', start_on)
           AND end_on = (start_on + interval '1 month' - interval '1 day')::date
           AND d.category = 'all' AND s.dimension = 'all'
         ORDER BY start_on, d.area, d.tactic
        """


@sql.value(int)
def find_last_import() -> sql.SQL:
    """The number of the newest import; 0 without any."""
    return "SELECT coalesce(max(id), 0) FROM imports"


@sql.many(deployments.RestatedCount)
def load_restated_between(
    before: KnownVersion,
    after: KnownVersion,
    *,
    source: str | None = None,
    newest: int = LAST_IMPORT,
) -> sql.SQL:
    """Every cell that differs between two versions; of all sources, or of `source` alone.

    `newest` is the last import that the earlier version can have known, whatever its day. A period
    or dimension that is covered for the first time is not a change; a cell that vanished has None
    as `now`.
    """
    return """
        SELECT source, d.area, start_on AS start, end_on AS end, measure, d.tactic,
               d.category AS group,
               max(d.count) FILTER (WHERE d.import = b.import) AS was,
               max(d.count) FILTER (WHERE d.import = a.import) AS now,
               bool_and(d.import IN (SELECT id FROM imports WHERE origin = 'publisher'))
               AS published
          FROM standing_figures($1, $2, $6) b
          JOIN standing_figures($3, $4) a USING (source, start_on, end_on, measure, dimension)
          JOIN deployment_counts d USING (source, start_on, end_on, measure)
         WHERE a.import <> b.import AND d.import IN (a.import, b.import)
           AND split_part(d.category, ':', 1) = dimension AND (source = $5 OR $5 IS NULL)
         GROUP BY source, start_on, end_on, measure, d.area, d.tactic, d.category
        HAVING max(d.count) FILTER (WHERE d.import = b.import)
               IS DISTINCT FROM max(d.count) FILTER (WHERE d.import = a.import)
         ORDER BY source, start_on, end_on, d.area, measure, d.tactic, d.category
        """


async def load_restated_counts(
    connection: Connection, number: int
) -> list[deployments.RestatedCount]:
    """The figures that the import with this number changed."""
    row = await connection.fetchrow("SELECT source, known_on FROM imports WHERE id = $1", number)
    if row is None:
        return []
    # By the file's own day, so one that came late is compared with what was known then.
    before, after = (row["known_on"], number - 1), (row["known_on"], number)
    return await load_restated_between(connection, before, after, source=row["source"])


def to_publisher_count(row: asyncpg.Record) -> deployments.PublisherCount:
    return deployments.PublisherCount(row["import"], row["known_on"], row["source"], to_count(row))


@sql.many_by(to_publisher_count)
def load_publisher_counts(
    after: tuple[int, str, datetime.date, str, str, str],
    limit: int,
    as_of: datetime.date | None = None,
    *,
    newest: int = LAST_IMPORT,
) -> sql.SQL:
    """Figures of publishers' own tables that follow the key `after`, in order of their key: of
    every version, or as known by `as_of`.
    """
    # Figures of any other origin are public through editions only, behind their gate.
    return """
        SELECT d.import, i.source, i.known_on, d.area, d.start_on, d.end_on, d.measure, d.tactic,
               d.category, d.count
          FROM deployment_counts d JOIN imports i ON i.id = d.import
         WHERE i.origin = 'publisher'
           AND (d.import, d.area, d.start_on, d.measure, d.tactic, d.category)
             > ($1, $2, $3, $4, $5, $6)
           AND ($8::date IS NULL OR (d.source, d.start_on, d.end_on, d.measure,
                                     split_part(d.category, ':', 1), d.import)
                                 IN (SELECT * FROM standing_figures($8, $9)))
         ORDER BY d.import, d.area, d.start_on, d.measure, d.tactic, d.category
         LIMIT $7
        """


@sql.many(deployments.Perception)
def load_perceptions(start: datetime.date, end: datetime.date, *, as_of: datetime.date) -> sql.SQL:
    """Published perception for quarters ending from start to end, as known by `as_of`."""
    # Of two files known on the same day the one imported last counts.
    return """
        SELECT DISTINCT ON (p.area, p.quarter_end, p.item)
               p.area, p.quarter_end, p.item, p.proportion, p.base, p.window_months
          FROM perceptions p JOIN imports i ON i.id = p.import
         WHERE p.quarter_end BETWEEN $1 AND $2 AND i.known_on <= $3
         ORDER BY p.area, p.quarter_end, p.item, i.known_on DESC, i.id DESC
        """


@sql.value(int)
def count_editions_without(number: int) -> sql.SQL:
    """Number of editions made on or after this import's known-on day that did not use it."""
    return """
        SELECT count(*) FROM editions e JOIN imports i ON i.id = $1
         WHERE e.made_at::date >= i.known_on
           AND e.made_at <= i.imported_at
        """


class RestatedPerception(msgspec.Struct, frozen=True):
    """A published proportion before and after an import."""

    area: str
    quarter_end: datetime.date
    item: str
    was: float
    now: float


@sql.many(RestatedPerception)
def load_restated_perceptions(number: int) -> sql.SQL:
    """Published perception that the import with this number changed."""
    return """
        WITH told AS (
            SELECT p.area, p.quarter_end, p.item, p.proportion, i.known_on
              FROM perceptions p JOIN imports i ON i.id = p.import WHERE p.import = $1
        ), earlier AS (
            SELECT DISTINCT ON (p.area, p.quarter_end, p.item)
                   p.area, p.quarter_end, p.item, p.proportion
              FROM perceptions p JOIN imports i ON i.id = p.import
              JOIN told t USING (area, quarter_end, item)
             WHERE (i.known_on, i.id) < (t.known_on, $1)
             ORDER BY p.area, p.quarter_end, p.item, i.known_on DESC, i.id DESC
        )
        SELECT area, quarter_end, item, e.proportion AS was, t.proportion AS now
          FROM told t JOIN earlier e USING (area, quarter_end, item)
         WHERE e.proportion <> t.proportion ORDER BY area, quarter_end, item
        """


class StoredImport(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was imported, and how many figures it has."""

    id: int
    source: str
    file: str
    sha256: str
    known_on: datetime.date
    notes: list[str]
    origin: str
    counts: int
    perceptions: int


@sql.many(StoredImport)
def load_imports() -> sql.SQL:
    return """
        SELECT id, source, file, sha256, known_on, notes, origin,
               (SELECT count(*) FROM deployment_counts d WHERE d.import = i.id) AS counts,
               (SELECT count(*) FROM perceptions p WHERE p.import = i.id) AS perceptions
          FROM imports i ORDER BY id
        """
