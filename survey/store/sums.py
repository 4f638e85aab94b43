"""SQL for sums of answers: added as answers are coded, taken away as they go, made from nothing."""

import datetime
from collections.abc import Sequence
from typing import Any

import asyncpg
import msgspec

from survey.store import instruments
from survey.store.database import Connection
from survey.sums import Alike, Cell, Layout, span, summed

Layouts = dict[tuple[str, int], Layout]


async def sum_batch(connection: Connection, limit: int) -> int:
    """Add responses that are not in the sums yet; how many there were."""
    rows = await connection.fetch(
        """
        UPDATE responses SET summed = true
         WHERE id IN (SELECT id FROM responses WHERE NOT summed
                       ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED)
        RETURNING instrument, version, mode, area, answers, stratum, psu, probability,
                  (received_at AT TIME ZONE 'Europe/London')::date AS day
        """,
        limit,
    )
    await add(connection, cells_of(rows, await layouts(connection)))
    return len(rows)


async def take_out(connection: Connection, reference: str) -> None:
    """Take a response out of the sums, so that it may change or go."""
    rows = await connection.fetch(
        """
        UPDATE responses SET summed = false WHERE reference = $1 AND summed
        RETURNING instrument, version, mode, area, answers, stratum, psu, probability,
                  (received_at AT TIME ZONE 'Europe/London')::date AS day
        """,
        reference,
    )
    await subtract(connection, cells_of(rows, await layouts(connection)))


async def rebuild(connection: Connection, batch: int = 5_000) -> int:
    """Make all sums from nothing, in the caller's transaction; how many responses there are."""
    await connection.execute("DELETE FROM answer_sums")
    await connection.execute("UPDATE responses SET summed = false WHERE summed")
    done = 0
    while found := await sum_batch(connection, batch):
        done += found
    return done


async def layouts(connection: Connection) -> Layouts:
    return {key: Layout(one) for key, one in (await instruments.versions(connection)).items()}


def cells_of(rows: Sequence[asyncpg.Record], known: Layouts) -> list[Cell]:
    """What some responses add."""
    return summed(
        (alike(row, known[row["instrument"], row["version"]]), of(row, known)) for row in rows
    )


def of(row: asyncpg.Record, known: Layouts) -> tuple[int, ...]:
    return known[row["instrument"], row["version"]].of(row["answers"])


def alike(row: asyncpg.Record, layout: Layout) -> Alike:
    return Alike(
        instrument=row["instrument"],
        version=row["version"],
        mode=row["mode"],
        area=row["area"],
        since=span(row["day"]),
        stratum=row["stratum"] or "",
        psu=row["psu"] or "",
        probability=row["probability"] or 0.0,
        kind=layout.kind(row["answers"]),
    )


async def add(connection: Connection, cells: Sequence[Cell]) -> None:
    """Add cells to those that stand, in one order, so that two workers do not wait in a circle."""
    await connection.execute(
        """
        INSERT INTO answer_sums AS kept (instrument, version, mode, area, since, stratum, psu,
                                         probability, kind, persons, sums)
        SELECT instrument, version, mode, area, since, stratum, psu, probability,
               kind::text[], persons, sums::bigint[]
          FROM unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::date[], $6::text[],
                      $7::text[], $8::float[], $9::text[], $10::bigint[], $11::text[])
            AS a (instrument, version, mode, area, since, stratum, psu, probability, kind,
                  persons, sums)
            ON CONFLICT (instrument, version, since, area, stratum, psu, probability, kind)
            DO UPDATE SET persons = kept.persons + excluded.persons,
                          sums = add_each(kept.sums, excluded.sums)
        """,
        *columns(cells, sign=1),
    )


async def subtract(connection: Connection, cells: Sequence[Cell]) -> None:
    """Take cells away from those that stand; one that nobody is left in goes."""
    await connection.execute(
        """
        MERGE INTO answer_sums AS kept
        USING (SELECT * FROM unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::date[],
                                    $6::text[], $7::text[], $8::float[], $9::text[],
                                    $10::bigint[], $11::text[])
                   AS a (instrument, version, mode, area, since, stratum, psu, probability, kind,
                         persons, sums)) AS gone
           ON (kept.instrument, kept.version, kept.since, kept.area, kept.stratum, kept.psu,
               kept.probability, kept.kind)
            = (gone.instrument, gone.version, gone.since, gone.area, gone.stratum, gone.psu,
               gone.probability, gone.kind::text[])
         WHEN MATCHED AND kept.persons + gone.persons = 0 THEN DELETE
         WHEN MATCHED THEN UPDATE SET persons = kept.persons + gone.persons,
                                      sums = add_each(kept.sums, gone.sums::bigint[])
        """,
        *columns(cells, sign=-1),
    )


def columns(cells: Sequence[Cell], *, sign: int) -> list[list[Any]]:
    """The cells turned on their side, as unnest wants them."""
    shared = [msgspec.structs.astuple(cell.alike) for cell in cells]
    turned: list[list[Any]] = [list(column) for column in zip(*shared, strict=True)] or [[]] * 9
    kinds = [array(kind) for kind in turned[8]]
    sums = [array([sign * one for one in cell.sums]) for cell in cells]
    return [*turned[:8], kinds, [sign * cell.persons for cell in cells], sums]


def array(values: Sequence[Any]) -> str:
    """A list as PostgreSQL writes it."""
    quoted = (str(one).replace("\\", "\\\\").replace('"', '\\"') for one in values)
    return "{" + ",".join(f'"{one}"' for one in quoted) + "}"


async def sampled(
    connection: Connection,
    instrument: str,
    first: datetime.date,
    days: tuple[datetime.date, datetime.date],
    items: int | None = None,
) -> list[asyncpg.Record]:
    """The sampled cells of one survey of some days, a row for each version, a list a column.

    `days` since the day `first`; `likes` are stratum, area, PSU and kind, an ASCII 31 between two.
    From the sum with the number `items` on (None: none of them) all are in `sums`, as PostgreSQL
    sends arrays: 20 bytes of head, then 4 of length and 8 of number for each.
    In no order: to sort texts takes longest.
    """
    return await connection.fetch(
        """
        SELECT version, max(cardinality(sums)) AS width, count(*) AS cells,
               array_agg(since - $2::date) AS days,
               array_agg(concat_ws(chr(31), stratum, area, psu, array_to_string(kind, chr(31))))
                   AS likes,
               array_agg(probability) AS probabilities, array_agg(persons) AS persons,
               array_agg(sums[1]) AS scored, array_agg(sums[2]) AS score,
               array_agg(sums[3]) AS squares,
               string_agg(array_send(sums[$5:]), ''::bytea) FILTER (WHERE $5 IS NOT NULL) AS sums
          FROM answer_sums
         WHERE instrument = $1 AND mode = 'sampled' AND since BETWEEN $3 AND $4
         GROUP BY version ORDER BY version
        """,
        instrument,
        first,
        *days,
        items,
    )


async def completed(
    connection: Connection,
    instrument: str,
    versions: Sequence[int],
    days: tuple[datetime.date, datetime.date],
    places: tuple[int, int],
) -> list[asyncpg.Record]:
    """By span, the sums of these places over all cells of some versions of a survey."""
    low, high = places
    return await connection.fetch(
        f"""
        SELECT since, ARRAY[{", ".join(f"sum(sums[{at}])::bigint" for at in range(low, high))}]
                   AS sums
          FROM answer_sums
         WHERE instrument = $1 AND version = ANY($2) AND mode = 'sampled'
           AND since BETWEEN $3 AND $4
         GROUP BY since ORDER BY since
        """,  # noqa: S608 - whole numbers of our own
        instrument,
        versions,
        *days,
    )


async def every(connection: Connection) -> list[Cell]:
    """Every cell that stands, in the order of what its people share."""
    rows = await connection.fetch(
        """
        SELECT instrument, version, mode, area, since, stratum, psu, probability, kind, persons,
               sums
          FROM answer_sums ORDER BY instrument, version, since, area, stratum, psu, probability,
               kind
        """
    )
    return [
        Cell(
            alike=Alike(**dict(list(row.items())[:8]), kind=tuple(row["kind"])),
            persons=row["persons"],
            sums=tuple(row["sums"]),
        )
        for row in rows
    ]


async def counted(
    connection: Connection, mode: str, start: datetime.date, end: datetime.date
) -> list[asyncpg.Record]:
    """How many people answered in one stream, by area and first day of the span."""
    return await connection.fetch(
        """
        SELECT area, since, sum(persons)::bigint AS persons
          FROM answer_sums WHERE mode = $1 AND since BETWEEN $2 AND $3
         GROUP BY area, since ORDER BY since, area
        """,
        mode,
        start,
        end,
    )


async def spans_of(
    connection: Connection,
    instrument: str,
    days: tuple[datetime.date, datetime.date],
    area: str | None = None,
) -> list[asyncpg.Record]:
    """What stands under the index of some days, by area, span and version: persons, those of them
    with an index, and the sum of these in the units of the version's layout."""
    return await connection.fetch(
        """
        SELECT area, since, version, sum(persons)::bigint AS persons,
               coalesce(sum(sums[1]), 0)::bigint AS scored,
               coalesce(sum(sums[2]), 0)::bigint AS score
          FROM answer_sums
         WHERE instrument = $1 AND mode = 'sampled' AND since BETWEEN $2 AND $3
           AND area = coalesce($4, area)
         GROUP BY area, since, version ORDER BY area, since, version
        """,
        instrument,
        *days,
        area,
    )


async def weeks(
    connection: Connection, instrument: str, start: datetime.date, end: datetime.date
) -> list[datetime.date]:
    """The Mondays from start to end of the weeks that one survey has sampled answers of."""
    rows = await connection.fetch(
        """
        SELECT week::date AS week
          FROM generate_series($2::date, $3::date, interval '7 days') AS week
         WHERE EXISTS (SELECT FROM answer_sums s
                        WHERE s.since >= week AND s.since < week + interval '7 days'
                          AND s.instrument = $1 AND s.mode = 'sampled')
         ORDER BY week
        """,
        instrument,
        start,
        end,
    )
    return [row["week"] for row in rows]


async def kept_weeks(connection: Connection, basis: str) -> list[asyncpg.Record]:
    """The weeks of the index that were estimated on this basis and still stand."""
    return await connection.fetch(
        "SELECT week, body FROM index_weeks WHERE basis = $1 ORDER BY week", basis
    )


async def keep_week(connection: Connection, week: datetime.date, basis: str, body: object) -> None:
    await connection.execute(
        """
        INSERT INTO index_weeks (week, basis, body) VALUES ($1, $2, $3)
            ON CONFLICT (week, basis) DO UPDATE SET body = excluded.body
        """,
        week,
        basis,
        body,
    )
