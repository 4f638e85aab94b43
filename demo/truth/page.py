"""What the page "How well did it do" shows: an edition next to what was planted, by chapter."""

import datetime
from pathlib import Path

import anyio.to_thread

from analysis.editions import gate
from api.editions import windows
from demo.truth.comparison import compare_edition, compared_chapters
from demo.truth.planted import PlantedTruth, load_truth
from demo.truth.rows import count_verdicts
from survey.editions.edition import SafeEdition
from survey.store.database import Database
from survey.store.editions import editions

MOST_EDITIONS = 20
Period = tuple[str, datetime.date]


async def truth_context(
    database: Database, folder: Path, period: Period | None = None
) -> dict[str, object]:
    """What the page shows of the newest edition, or of that of a period.

    Of a demonstration without planted values, or without an edition, it shows no figures.
    """
    planted = await anyio.to_thread.run_sync(load_truth, folder)
    async with database.connection() as connection:
        lines = await editions.load_page(connection, None, MOST_EDITIONS)
        newest = await editions.find_newest_published(connection)
        if period is None and newest is not None:
            period = newest.kind, newest.start
        if planted is None or period is None:
            return {"lines": lines, "edition": None}
        edition = await editions.get(connection, *period)
    found = await anyio.to_thread.run_sync(edition_context, planted, edition)
    return found | {"lines": lines}


def edition_context(planted: PlantedTruth, edition: SafeEdition) -> dict[str, object]:
    """The verdicts on an edition as its readers see it, by chapter and on all of it."""
    shown = windows.with_window_starts(gate.as_served(edition))
    rows = compare_edition(shown, planted)
    return {
        "edition": shown,
        "label": windows.period_label(shown),
        "chapters": compared_chapters(rows),
        "counts": count_verdicts(rows),
    }
