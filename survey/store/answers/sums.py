"""SQL for sums of answers: added as answers are coded, subtracted as they go, or rebuilt."""

import datetime
from collections.abc import Iterable, Sequence
from typing import TypeVar

import asyncpg
import msgspec

from survey.store import statements as sql
from survey.store.database import Connection
from survey.store.surveys import instruments
from survey.surveys.sums import (
    INDEX_SUMS,
    AnswerCell,
    AnswerCellKey,
    AnswerDraw,
    AnswerKind,
    SpanCount,
    SpanSums,
    StratumAnswers,
    SumLayout,
    span_start,
    sum_cells,
)

WeekResult = TypeVar("WeekResult")
SumLayouts = dict[tuple[str, int], SumLayout]
SAVED_WEEKS_LOCK = 5502  # the lock that forget_index_weeks takes (007_answers.sql)
# Cells as `cell_columns` gives them, with the numbers of their draws and kinds.
NUMBERED_CELLS = """
    instrument, version, mode, since, d.id AS draw, k.id AS kind, persons, sums::bigint[] AS sums
      FROM unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::date[], $6::text[],
                  $7::text[], $8::float[], $9::text[], $10::bigint[], $11::text[])
           AS a (instrument, version, mode, area, since, stratum, psu, probability, kind, persons,
                 sums)
      JOIN answer_draws d USING (area, stratum, psu, probability)
      JOIN answer_kinds k ON k.kind = a.kind::text[]"""


async def sum_batch(connection: Connection, limit: int) -> int:
    """Add responses that are not in the sums yet; return the number added."""
    # The caller holds a transaction: a worker that is killed in between counts nobody twice.
    rows = await connection.fetch(
        """
        UPDATE responses SET summed = true
         WHERE id IN (SELECT id FROM responses WHERE NOT summed
                       ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED)
        RETURNING instrument, version, mode, area, answers, stratum, psu, probability,
                  received_at::date AS day
        """,
        limit,
    )
    await add_cells(connection, cells_from_rows(rows, await load_layouts_of(connection, rows)))
    return len(rows)


@sql.value(int)
def count_waiting(most: int) -> sql.SQL:
    """How many responses are not in the sums yet, counted up to `most`."""
    return "SELECT count(*) FROM (SELECT FROM responses WHERE NOT summed LIMIT $1) waiting"


async def subtract_response(connection: Connection, reference: str) -> None:
    """Subtract a response from the sums, so that it may change or be erased."""
    # Locked first: a worker that is adding it right now has marked it where we do not see that.
    await connection.execute("SELECT FROM responses WHERE reference = $1 FOR UPDATE", reference)
    # What was added can be worked out again: summed answers and published versions never change.
    rows = await connection.fetch(
        """
        UPDATE responses SET summed = false WHERE reference = $1 AND summed
        RETURNING instrument, version, mode, area, answers, stratum, psu, probability,
                  received_at::date AS day
        """,
        reference,
    )
    await subtract_cells(connection, cells_from_rows(rows, await load_layouts_of(connection, rows)))


@sql.execute
def lock_sums() -> sql.SQL:
    """Let nobody else change sums or counts until this transaction ends."""
    # In the order in which a worker comes to them: it would wait for us, and we for it.
    return "LOCK TABLE answer_counts, week_counts, answer_sums IN SHARE ROW EXCLUSIVE MODE"


async def rebuild(connection: Connection, batch: int = 5_000) -> int:
    """Rebuild all sums, in the caller's transaction; return the number of responses."""
    await lock_sums(connection)
    await connection.execute("DELETE FROM answer_sums")
    await connection.execute("UPDATE responses SET summed = false WHERE summed")
    done = 0
    while summed := await sum_batch(connection, batch):
        done += summed
    return done


async def load_layouts_of(connection: Connection, rows: Sequence[asyncpg.Record]) -> SumLayouts:
    """The layouts of the surveys of some responses: a site may have thousands of others."""
    layouts: SumLayouts = {}
    for slug in sorted({row["instrument"] for row in rows}):
        versions = await instruments.load_versions(connection, slug)
        layouts |= {key: SumLayout(version) for key, version in versions.items()}
    return layouts


async def load_layouts(connection: Connection) -> SumLayouts:
    return {
        key: SumLayout(version)
        for key, version in (await instruments.load_versions(connection)).items()
    }


def cells_from_rows(rows: Sequence[asyncpg.Record], known: SumLayouts) -> list[AnswerCell]:
    return sum_cells(
        (
            cell_key_from_row(row, known[row["instrument"], row["version"]]),
            known[row["instrument"], row["version"]].of(row["answers"]),
        )
        for row in rows
    )


def cell_key_from_row(row: asyncpg.Record, layout: SumLayout) -> AnswerCellKey:
    return AnswerCellKey(
        instrument=row["instrument"],
        version=row["version"],
        mode=row["mode"],
        area=row["area"],
        since=span_start(row["day"]),
        stratum=row["stratum"] or "",
        psu=row["psu"] or "",
        probability=row["probability"] or 0.0,
        kind=layout.kind(row["answers"]),
    )


async def add_cells(connection: Connection, cells: Sequence[AnswerCell]) -> None:
    """Add cells to the stored ones, in a fixed order, so that two workers never deadlock."""
    given = cell_columns(cells, sign=1)
    await number_draws(connection, given)
    await connection.execute(
        f"""
        INSERT INTO answer_sums AS kept (instrument, version, mode, since, draw, kind, persons,
                                         sums)
        SELECT {NUMBERED_CELLS}
         ORDER BY instrument, version, since, draw, kind
            ON CONFLICT (instrument, version, since, draw, kind)
            DO UPDATE SET persons = kept.persons + excluded.persons,
                          sums = add_each(kept.sums, excluded.sums)
        """,
        *given,
    )


async def number_draws(connection: Connection, given: Sequence[list[object]]) -> None:
    """Number each new draw and each new kind of people."""
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
        INSERT INTO answer_kinds (kind) SELECT DISTINCT kind::text[] FROM unnest($1::text[]) AS kind
         ORDER BY 1 ON CONFLICT DO NOTHING
        """,
        kind,
    )


async def subtract_cells(connection: Connection, cells: Sequence[AnswerCell]) -> None:
    """Subtract cells from the stored ones; delete those without anybody left."""
    await connection.execute(
        f"""
        MERGE INTO answer_sums AS kept USING (SELECT {NUMBERED_CELLS}) AS gone
           ON (kept.instrument, kept.version, kept.since, kept.draw, kept.kind)
            = (gone.instrument, gone.version, gone.since, gone.draw, gone.kind)
         WHEN MATCHED AND kept.persons + gone.persons = 0 THEN DELETE
         WHEN MATCHED THEN UPDATE SET persons = kept.persons + gone.persons,
                                      sums = add_each(kept.sums, gone.sums)
        """,
        *cell_columns(cells, sign=-1),
    )


def cell_columns(cells: Sequence[AnswerCell], *, sign: int) -> list[list[object]]:
    """One list per column, as unnest needs them."""
    shared = [msgspec.structs.astuple(cell.alike)[:8] for cell in cells]
    turned = [list(column) for column in zip(*shared, strict=True)] or [[]] * 8
    # As text: unnest would take an array of arrays apart into single values.
    kinds = [postgres_array(cell.alike.kind) for cell in cells]
    sums = [postgres_array([sign * number for number in cell.sums]) for cell in cells]
    return [*turned, kinds, [sign * cell.persons for cell in cells], sums]


def postgres_array(values: Iterable[object]) -> str:
    """A list as a PostgreSQL array literal."""
    quoted = (str(item).replace("\\", "\\\\").replace('"', '\\"') for item in values)
    return "{" + ",".join(f'"{item}"' for item in quoted) + "}"


@sql.many_by(lambda row: AnswerDraw(*row))
def load_draws() -> sql.SQL:
    """Where the people of the cells live and how they were drawn, by number."""
    return "SELECT id, area, stratum, psu, probability FROM answer_draws ORDER BY id"


@sql.many_by(lambda row: AnswerKind(*row))
def load_kinds() -> sql.SQL:
    """The kinds of people in the cells, by number."""
    return "SELECT id, kind FROM answer_kinds ORDER BY id"


async def copy_sampled_out(
    connection: Connection,
    instrument: str,
    version: int,
    blocks: Sequence[datetime.date],
    end: datetime.date,
    places: Sequence[int],
) -> bytes:
    """The sampled cells of one version, as PostgreSQL copies them, in no order.

    Days from one of `blocks` to the next are added up, and those from the last one up to `end`.
    Each cell becomes the number of its block (from 1), draw, kind, persons and the sums at `places`
    (0 at place 0), 8 bytes each.
    """
    # Bytes go straight into arrays, without a Python object for every number.
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


async def load_all(connection: Connection) -> list[AnswerCell]:
    """Every stored cell, in the order of what its people have in common."""
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
        AnswerCell(
            alike=AnswerCellKey(**dict(list(row.items())[:8]), kind=tuple(row["kind"])),
            persons=row["persons"],
            sums=tuple(row["sums"]),
        )
        for row in rows
    ]


@sql.many_by(lambda row: SpanCount(*row))
def load_span_counts(mode: str, start: datetime.date, end: datetime.date) -> sql.SQL:
    """How many people answered in one stream, by area and span; `since` is the first day of a span.
    Only spans that begin from `start` to `end` are counted.
    """
    return """
        SELECT area, since, sum(persons)::bigint AS persons
          FROM answer_sums JOIN answer_draws d ON d.id = draw
         WHERE mode = $1 AND since BETWEEN $2 AND $3
         GROUP BY area, since ORDER BY since, area
        """


async def load_span_sums(
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


@sql.many_by(lambda row: StratumAnswers(*row))
def load_stratum_answers(instrument: str, end: datetime.date) -> sql.SQL:
    """The sampled answers to a survey up to a day, by the stratum in which people were drawn."""
    return f"""
        SELECT stratum, min(since) AS since, sum(persons)::bigint AS answered,
               coalesce(sum(sums[1]), 0)::bigint AS scored,
               coalesce(sum(sums[{INDEX_SUMS + 1}]), 0)::bigint AS complete
          FROM answer_sums JOIN answer_draws d ON d.id = draw
         WHERE instrument = $1 AND mode = 'sampled' AND since <= $2
         GROUP BY stratum ORDER BY stratum
        """  # noqa: S608 - a whole number of our own


@sql.values(list[datetime.date])
def load_answered_weeks(instrument: str, start: datetime.date, end: datetime.date) -> sql.SQL:
    """The Mondays from start to end of the weeks that one survey has sampled answers of."""
    return """
        SELECT week::date AS week
          FROM generate_series($2::date, $3::date, interval '7 days') AS week
         WHERE EXISTS (SELECT FROM answer_sums s
                        WHERE s.since >= week AND s.since < week + interval '7 days'
                          AND s.instrument = $1 AND s.mode = 'sampled')
         ORDER BY week
        """


async def load_saved_weeks(
    connection: Connection, basis: str, kind: type[WeekResult]
) -> dict[datetime.date, WeekResult]:
    """The saved result of each week on this basis that is still valid, by week."""
    rows = await connection.fetch("SELECT week, body FROM index_weeks WHERE basis = $1", basis)
    return {row["week"]: msgspec.convert(row["body"], kind) for row in rows}


@sql.boolean
def try_lock_weeks(*, saved_weeks_lock: int = SAVED_WEEKS_LOCK) -> sql.SQL:
    """Lock the sums against changes until this transaction ends; False if a change is under way.

    Call it before reading the sums of a week: a result read during an uncommitted change would be
    saved for ever.
    """
    return "SELECT pg_try_advisory_xact_lock($saved_weeks_lock)"


@sql.execute
def save_week(week: datetime.date, basis: str, body: object) -> sql.SQL:
    return """
        INSERT INTO index_weeks (week, basis, body) VALUES ($1, $2, $3)
            ON CONFLICT (week, basis) DO UPDATE SET body = excluded.body
        """
