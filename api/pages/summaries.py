"""Summaries of the newest editions, cached in memory by the hash of the edition."""

import anyio.to_thread
import msgspec

from analysis.editions import gate
from api.editions import windows
from api.editions.summary import EditionSummary, edition_summary
from survey.editions.edition import SafeEdition
from survey.store.database import Connection, Database
from survey.store.editions import editions
from survey.store.editions.editions import EditionLine

MOST_CACHED = 200
CACHE: dict[str, EditionSummary] = {}


async def newest_summary(database: Database) -> EditionSummary | None:
    """The summary of the newest published edition that was not withdrawn."""
    return await database.load_cached(load_newest_summary)


async def load_newest_summary(connection: Connection) -> EditionSummary | None:
    line = await editions.find_newest_published(connection)
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
        while len(CACHE) >= MOST_CACHED:
            CACHE.pop(next(iter(CACHE)), None)
        CACHE[sha256] = found
    return CACHE[sha256]


def summarise(body: bytes) -> EditionSummary:
    edition = windows.with_window_starts(
        gate.as_served(msgspec.json.decode(body, type=SafeEdition))
    )
    return edition_summary(edition, windows.period_label(edition))
