"""SQL for sums of answers: added as answers are coded, taken away as they go, made from nothing."""

import datetime
from collections.abc import Sequence
from typing import Any

import asyncpg
import msgspec

from survey.store import instruments
from survey.store.database import Connection
from survey.sums import (
    Alike,
    AnswerDraw,
    AnswerKind,
    Cell,
    Layout,
    SpanCount,
    SpanSums,
    span,
    summed,
)

Layouts = dict[tuple[str, int], Layout]
KEEPING = 5502  # the lock of schema file 0025
# Cells as `columns` gives them, with the numbers of their draws and kinds.
NUMBERED = """
    instrument, version, mode, since, d.id AS draw, k.id AS kind, persons, sums::bigint[] AS sums
      FROM unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::date[], $6::text[],
                  $7::text[], $8::float[], $9::text[], $10::bigint[], $11::text[])
           AS a (instrument, version, mode, area, since, stratum, psu, probability, kind, persons,
                 sums)
      JOIN answer_draws d USING (area, stratum, psu, probability)
      JOIN answer_kinds k ON k.kind = a.kind::text[]"""


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
    given = columns(cells, sign=1)
    await number(connection, given)
    await connection.execute(
        f"""
        INSERT INTO answer_sums AS kept (instrument, version, mode, since, draw, kind, persons,
                                         sums)
        SELECT {NUMBERED}
         ORDER BY instrument, version, since, draw, kind
            ON CONFLICT (instrument, version, since, draw, kind)
            DO UPDATE SET persons = kept.persons + excluded.persons,
                          sums = add_each(kept.sums, excluded.sums)
        """,
        *given,
    )


async def number(connection: Connection, given: Sequence[list[Any]]) -> None:
    """Give each new draw and each new kind of people its number."""
    _, _, _, area, _, stratum, psu, probability, kind, _, _ = given
    await connection.execute(
        """
        INSERT INTO answer_draws (area, stratum, psu, probability)
        SELECT DISTINCT * FROM unnest($1::text[], $2::text[], $3::text[], $4::float[])
         ORDER BY 1, 2, 3, 4 ON CONFLICT DO NOTHING
        """,
        *(area, stratum, psu, probability),
    )
    await connection.execute(
        """
        INSERT INTO answer_kinds (kind) SELECT DISTINCT one::text[] FROM unnest($1::text[]) AS one
         ORDER BY 1 ON CONFLICT DO NOTHING
        """,
        kind,
    )


async def subtract(connection: Connection, cells: Sequence[Cell]) -> None:
    """Take cells away from those that stand; one that nobody is left in goes."""
    await connection.execute(
        f"""
        MERGE INTO answer_sums AS kept USING (SELECT {NUMBERED}) AS gone
           ON (kept.instrument, kept.version, kept.since, kept.draw, kept.kind)
            = (gone.instrument, gone.version, gone.since, gone.draw, gone.kind)
         WHEN MATCHED AND kept.persons + gone.persons = 0 THEN DELETE
         WHEN MATCHED THEN UPDATE SET persons = kept.persons + gone.persons,
                                      sums = add_each(kept.sums, gone.sums)
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


async def draws(connection: Connection) -> list[AnswerDraw]:
    """Where people of the cells live and how they were drawn, by number."""
    rows = await connection.fetch(
        "SELECT id, area, stratum, psu, probability FROM answer_draws ORDER BY id"
    )
    return [AnswerDraw(*row) for row in rows]


async def kinds(connection: Connection) -> list[AnswerKind]:
    """Which kinds of people the cells hold, by number."""
    rows = await connection.fetch("SELECT id, kind FROM answer_kinds ORDER BY id")
    return [AnswerKind(*row) for row in rows]


async def sampled(
    connection: Connection,
    instrument: str,
    version: int,
    blocks: Sequence[datetime.date],
    end: datetime.date,
    places: Sequence[int],
) -> bytes:
    """The sampled cells of one version, as PostgreSQL copies them, in no order.

    The days from one of `blocks` to the next are added up, those after the last up to `end`. Of
    each cell the number of its block (from 1), draw, kind, persons and the sums at `places`, 0
    at place 0: 8 bytes each.
    """
    parts: list[bytes] = []

    async def keep(part: bytes) -> None:
        parts.append(part)

    of = ", ".join(f"coalesce(sum(sums[{at}]), 0)::bigint" for at in places)
    await connection.copy_from_query(
        f"""
        SELECT width_bucket(since, $3::date[])::bigint AS block, draw::bigint, kind::bigint,
               sum(persons)::bigint, {of}
          FROM answer_sums
         WHERE instrument = $1 AND version = $2 AND mode = 'sampled'
           AND since BETWEEN $4::date AND $5::date
         GROUP BY block, draw, kind
        """,  # noqa: S608 - whole numbers of our own
        *(instrument, version, list(blocks), blocks[0], end),
        output=keep,
        format="binary",
    )
    return b"".join(parts)


async def every(connection: Connection) -> list[Cell]:
    """Every cell that stands, in the order of what its people share."""
    rows = await connection.fetch(
        """
        SELECT instrument, version, mode, area, since, stratum, psu, probability, k.kind, persons,
               sums
          FROM answer_sums JOIN answer_draws d ON d.id = draw
               JOIN answer_kinds k ON k.id = answer_sums.kind
         ORDER BY instrument, version, since, area, stratum, psu, probability, k.kind
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


async def persons_by_span(
    connection: Connection, mode: str, start: datetime.date, end: datetime.date
) -> list[SpanCount]:
    """How many people answered in one stream, by area and first day of the span."""
    rows = await connection.fetch(
        """
        SELECT area, since, sum(persons)::bigint AS persons
          FROM answer_sums JOIN answer_draws d ON d.id = draw
         WHERE mode = $1 AND since BETWEEN $2 AND $3
         GROUP BY area, since ORDER BY since, area
        """,
        mode,
        start,
        end,
    )
    return [SpanCount(*row) for row in rows]


async def spans_of(
    connection: Connection,
    instrument: str,
    days: tuple[datetime.date, datetime.date],
    places: Sequence[int],
    area: str | None = None,
) -> list[SpanSums]:
    """Sampled answers of some days by area, span and version: persons, and their sums at `places`
    in the version's layout."""
    of = ", ".join(f"coalesce(sum(sums[{at}]), 0)::bigint" for at in places)
    rows = await connection.fetch(
        f"""
        SELECT area, since, version, sum(persons)::bigint AS persons, ARRAY[{of}] AS sums
          FROM answer_sums JOIN answer_draws d ON d.id = draw
         WHERE instrument = $1 AND mode = 'sampled' AND since BETWEEN $2 AND $3
           AND area = coalesce($4, area)
         GROUP BY area, since, version ORDER BY area, since, version
        """,  # noqa: S608 - whole numbers of our own
        instrument,
        *days,
        area,
    )
    return [SpanSums(*row) for row in rows]


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


async def kept_weeks(connection: Connection, basis: str) -> dict[datetime.date, Any]:
    """What was made of the weeks on this basis and still stands, by week."""
    rows = await connection.fetch("SELECT week, body FROM index_weeks WHERE basis = $1", basis)
    return {row["week"]: row["body"] for row in rows}


async def may_keep(connection: Connection) -> bool:
    """Whether nobody is changing sums, nor will until this transaction ends.

    To be asked before the sums of a week are read: what is read beside a change that has not been
    committed would stand for ever.
    """
    free: bool = await connection.fetchval("SELECT pg_try_advisory_xact_lock($1)", KEEPING)
    return free


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
