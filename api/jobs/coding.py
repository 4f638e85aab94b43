"""The coding job: read what waits, sum the answers, code the texts, keep both."""

import functools

import msgspec

from analysis.text import codebook, coding, named_entities, recalibration
from api.jobs.threads import run_in_thread
from survey.codebooks import Codebook
from survey.codes import Coding
from survey.store import codebooks, codes, jobs, recalibrations, sums
from survey.store.database import Connection

BATCH = 500
SLICE = 50


async def run(connection: Connection, _: str) -> None:
    """Sum and code one batch; a full one asks for another."""
    summed = await sums.sum_batch(connection, BATCH)
    if BATCH in (summed, await code_batch(connection)):
        await jobs.ask(connection, "code_texts")


async def code_batch(connection: Connection) -> int:
    waiting = await codes.claim_texts(connection, BATCH)
    if waiting:
        texts = [row["body"] for row in waiting]
        languages: list[str | None] = [row["language"] for row in waiting]
        found = await code(await codebooks.newest(connection), texts, languages)
        if tuned := await recalibrations.newest(connection):
            found = [recalibration.applied(one, tuned) for one in found]
        await codes.save(connection, [row["id"] for row in waiting], found)
    return len(waiting)


async def code_all(connection: Connection) -> int:
    """Sum and code everything that waits, so that an edition leaves nothing out."""
    while await sums.sum_batch(connection, BATCH):
        pass
    done = 0
    while batch := await code_batch(connection):
        done += batch
    return done


async def code(book: Codebook, texts: list[str], languages: list[str | None]) -> list[Coding]:
    """In slices, so that a worker that is told to stop need not read them all; no text's codes
    depend on another text."""

    def work(start: int) -> list[Coding]:
        names = named_entities.found if named_entities.is_installed() else None
        part = slice(start, start + SLICE)
        return coding.code(
            texts[part], languages[part], coder_of(msgspec.json.encode(book)), names=names
        )

    parts = [await run_in_thread(work, start) for start in range(0, len(texts), SLICE)]
    return [one for part in parts for one in part]


@functools.lru_cache(maxsize=2)
def coder_of(book: bytes) -> codebook.Coder:
    """A coder takes a moment to make and never changes: one for each codebook."""
    return codebook.coder(msgspec.json.decode(book, type=Codebook))
