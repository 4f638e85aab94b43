"""What pages show of many published editions, cached in memory by the hash of each edition."""

from typing import Any

import anyio.to_thread

from analysis.editions import gate
from api.editions import rows
from api.editions.history import kept_figures
from api.editions.history.past import past_figures
from api.editions.summary import EditionSummary, edition_summary
from survey.editions.edition import Edition, SafeEdition
from survey.editions.stored import edition_from_json
from survey.store.database import Connection, Database
from survey.store.editions import editions
from survey.store.editions.editions import EditionLine

MOST_CACHED = 200
MOST_FIGURES = 1_000  # nearly twenty years of weeks
CACHE: dict[str, EditionSummary] = {}
FIGURES: dict[str, Edition] = {}
MOST_PASTS = 2
PAST: dict[str, Edition] = {}


async def newest_summary(database: Database) -> EditionSummary | None:
    """The summary of the newest published edition that was not withdrawn."""
    return await database.load_cached(load_newest_summary)


async def load_newest_summary(
    connection: Connection, kind: str | None = None
) -> EditionSummary | None:
    line = await editions.find_newest_published(connection, kind)
    return None if line is None else await load_edition_summary(connection, line)


async def load_edition_summary(connection: Connection, line: EditionLine) -> EditionSummary:
    """The summary of one edition; computed once, because an edition never changes."""
    if line.sha256 in CACHE:
        return CACHE[line.sha256]
    stored = await editions.get_stored(connection, line.kind, line.start, line.number)
    return await summary_of_body(stored.body, line.sha256)


async def summary_of_body(body: bytes, sha256: str) -> EditionSummary:
    """The summary of an edition whose bytes are at hand."""
    if sha256 not in CACHE:
        # In a thread, because decoding a whole edition would hold up every other request.
        found = await anyio.to_thread.run_sync(summarise, body)
        remember(CACHE, sha256, found, MOST_CACHED)
    return CACHE[sha256]


async def load_all_figures(database: Database) -> list[Edition]:
    """What pages over time need of each period's newest published edition, the oldest first.

    Each edition is read once.
    """
    found = []
    async with database.connection() as connection:
        for line in await editions.load_current(connection):
            kept = FIGURES.get(line.sha256)
            if kept is None:
                stored = await editions.get_stored(connection, line.kind, line.start, line.number)
                kept = await anyio.to_thread.run_sync(read_figures, stored.body)
                remember(FIGURES, line.sha256, kept, MOST_FIGURES)
            found.append(kept)
    return found


async def load_newest_past(database: Database) -> Edition | None:
    """What the newest published monthly edition knows of all earlier times."""
    async with database.connection() as connection:
        line = await editions.find_newest_published(connection, "monthly")
        if line is None:
            return None
        if line.sha256 not in PAST:
            stored = await editions.get_stored(connection, line.kind, line.start, line.number)
            kept = await anyio.to_thread.run_sync(read_past, stored.body)
            remember(PAST, line.sha256, kept, MOST_PASTS)
    return PAST[line.sha256]


def remember(cache: dict[str, Any], key: str, found: object, most: int) -> None:
    """Keep what was read, in the place of what was read first if there is too much."""
    while len(cache) >= most:
        cache.pop(next(iter(cache)), None)
    cache[key] = found


def read_figures(body: bytes) -> Edition:
    return kept_figures(read_edition(body))


def read_past(body: bytes) -> Edition:
    return past_figures(read_edition(body))


def summarise(body: bytes) -> EditionSummary:
    edition = rows.with_window_starts(read_edition(body))
    return edition_summary(edition, rows.period_label(edition))


def read_edition(body: bytes) -> SafeEdition:
    """A stored edition as it may be read today."""
    return gate.as_served(edition_from_json(body))
