"""Writes closed months of answers as Parquet, deletes what is stale, and makes sums from them."""

import datetime
import functools
import itertools
import logging
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import anyio.to_thread

from analysis.parts import ClusterAway, map_parts
from api import clock
from api.process import installation
from survey.store import jobs
from survey.store.answers import archive_files, sums
from survey.store.answers import archive_months as month_store
from survey.store.answers.archive_files import AnswerRow, DamagedFile, FilePart, FileRecord
from survey.store.database import Connection
from survey.store.surveys import instruments
from survey.surveys.sums import AnswerCell

log = logging.getLogger("soundings.archive")


class RebuiltSums(NamedTuple):
    """How many responses went into the sums, and how many of their months were read from files."""

    responses: int
    months: int


async def archive_months(connection: Connection, _: str) -> None:
    """Delete the files of months that have changed, and write the next month that is due; if a
    month was due, queue another job.
    """
    if not (place := installation.archive_place()):
        return
    if await update_archive(connection, place, clock.today()):
        await jobs.enqueue(connection, "archive_months")


async def update_archive(connection: Connection, place: str, today: datetime.date) -> bool:
    """Delete the files that have to go and write the next closed month; returns False if no month
    was left to write.

    Runs in the caller's transaction, one worker at a time: another worker would delete files that
    are written but not recorded yet.
    """
    await month_store.lock_archive(connection)
    await delete_stale(connection, place)
    return await archive_next_month(connection, place, today)


async def delete_stale(connection: Connection, place: str) -> None:
    """Delete the files of months that have changed, and those that nothing records."""
    # The files first: after a kill in between, the record still says what has to go.
    written = await month_store.load_months(connection)
    for written_month in written:
        if written_month.stale and written_month.place == place:
            await delete_files(place, archive_files.month_folder(written_month.month))
            await month_store.delete_month(connection, written_month.month)
    known = {archive_files.month_folder(month.month) for month in written if month.place == place}
    for folder in await anyio.to_thread.run_sync(archive_files.load_folders, place):
        if folder not in known:
            await delete_files(place, folder)


async def delete_files(place: str, folder: str) -> None:
    await anyio.to_thread.run_sync(archive_files.delete_folder, place, folder)


async def archive_next_month(connection: Connection, place: str, today: datetime.date) -> bool:
    """Write the next closed month that is not written yet; returns False if there is none.

    It writes only one month, because nobody can change sums until the caller's transaction ends.
    """
    month = await month_store.find_closed_month(connection, today)
    if month is None:
        return False
    before = await month_store.load_state(connection, month)
    written = await write_month(connection, place, month)
    await month_store.wait_for_changes(connection)
    after = await month_store.load_state(connection, month)
    # The files have to hold what is summed, and neither less nor more.
    if before == after and sum(file.persons for file in written) == after.persons:
        await month_store.insert_month(connection, month, place, written, after.persons)
    else:
        log.info("the answers of %s changed while they were written; writing again", month)
        await delete_files(place, archive_files.month_folder(month))
    return True


async def write_month(connection: Connection, place: str, month: datetime.date) -> list[FileRecord]:
    """Write the answers of a month as files; small spans of days share a file."""
    await delete_files(place, archive_files.month_folder(month))
    known = await sums.load_layouts(connection)
    written: list[FileRecord] = []
    waiting: Counter[AnswerRow] = Counter()

    async def write_waiting() -> None:
        write = functools.partial(
            archive_files.write_rows, place, month, len(written), waiting.copy()
        )
        written.extend(await anyio.to_thread.run_sync(write))
        waiting.clear()

    async for rows in month_store.count_rows(connection, month, known):
        waiting.update(rows)
        if len(waiting) >= archive_files.ROWS_OF_A_FILE:
            await write_waiting()
    await write_waiting()
    return written


async def rebuild_sums(connection: Connection, place: str) -> RebuiltSums:
    """Make all sums again, those of written months from their files and the others from the rows.

    Nobody else can change sums until the caller's transaction ends.
    """
    await sums.lock_sums(connection)
    written = [month for month in await month_store.load_months(connection) if month.place == place]
    usable = [month for month in written if not month.stale]
    scheduler = installation.scheduler_for(
        sum(month.persons for month in usable), installation.FEWEST_PERSONS
    )
    surveys = archive_files.encode_surveys((await instruments.load_versions(connection)).values())
    used = []
    for usable_month in usable:
        parts = [FilePart(usable_month.place, file, surveys) for file in usable_month.files]
        try:
            cells = await anyio.to_thread.run_sync(sum_parts, parts, scheduler)
        except DamagedFile as damaged:
            log.warning(
                "the month %s is summed from its rows: %s", usable_month.month, str(damaged)
            )
            await month_store.mark_stale(connection, usable_month.month)
            await jobs.enqueue(connection, "archive_months")
            continue
        await month_store.replace_month(connection, usable_month.month, cells)
        used.append(usable_month)
    rest = await month_store.rebuild_other_months(connection, [month.month for month in used])
    return RebuiltSums(rest + sum(month.persons for month in used), len(used))


def sum_parts(parts: Sequence[FilePart], scheduler: str) -> list[AnswerCell]:
    """The cells of all files of a month; no two files hold people of one cell."""
    try:
        cells = list(map_parts(archive_files.load_cells, parts, scheduler))
    except ClusterAway as away:
        log.warning("sums are made without the cluster: %s", away)
        cells = list(map_parts(archive_files.load_cells, parts))
    return list(itertools.chain.from_iterable(cells))
