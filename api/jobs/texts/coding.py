"""Codes texts that wait, sums up the answers that wait, and saves both.

Several workers may do so at once. Sums are shared by all answers of a survey and stay locked until
the end of a transaction, so they are always what a transaction does last.
"""

import functools
import itertools

import msgspec

from analysis.text import coding
from analysis.text.coding import ThemeReader
from analysis.text.mpnet import reader as mpnet
from analysis.text.personal_data import named_entities
from analysis.text.themes import codebook
from api.jobs.texts.rereading import with_tone_in_force
from api.jobs.threads import run_in_thread
from api.process.theme_reader import reads_with_mpnet
from survey.coding.codebooks import Codebook
from survey.coding.codes import Coding
from survey.store import jobs
from survey.store.coding import codebooks, codes
from survey.store.database import Connection
from survey.store.surveys import sums

BATCH = 500
SLICE = 50
WORKERS_FOUND_WORK = 8  # how many workers find a job while there is more than a batch to do


async def code_texts(connection: Connection, _: str) -> None:
    """Code one batch of texts and add one of responses to the sums; after a full batch, queue jobs
    for this worker and others.
    """
    coded = await code_batch(connection)
    summed = await sums.sum_batch(connection, BATCH)
    if BATCH in (coded, summed):
        await jobs.enqueue_up_to(connection, "code_texts", WORKERS_FOUND_WORK)


async def code_batch(connection: Connection, *, wait: bool = False) -> int:
    """Code one batch of the texts that wait; how many. `wait` is for those of other workers too."""
    waiting = await codes.claim_texts(connection, BATCH, wait=wait)
    if waiting:
        texts = [row.body for row in waiting]
        languages = [row.language for row in waiting]
        found = await code_in_slices(await codebooks.get_newest(connection), texts, languages)
        found = await with_tone_in_force(connection, waiting, found)
        await codes.save(connection, [row.id for row in waiting], found)
    return len(waiting)


async def code_all(connection: Connection) -> int:
    """Code every waiting text and add every waiting response to the sums, so that an edition leaves
    nothing out.
    """
    done = 0
    while batch := await code_batch(connection, wait=True):
        done += batch
    while await sums.sum_batch(connection, BATCH):
        pass
    return done


async def code_in_slices(
    book: Codebook, texts: list[str], languages: list[str | None]
) -> list[Coding]:
    """Code texts in slices, so that a worker that is told to stop need not finish them all.

    The codes of a text do not depend on other texts, so equal texts are coded once.
    """
    asked = list(zip(texts, languages, strict=True))
    different = list(dict.fromkeys(asked))

    def work(start: int) -> list[Coding]:
        names = named_entities.find_persons if named_entities.is_installed() else None
        second = ThemeReader(mpnet.READER, mpnet.read_passages) if reads_with_mpnet() else None
        some = different[start : start + SLICE]
        return coding.code_texts(
            [text for text, _ in some],
            [language for _, language in some],
            cached_coder(msgspec.json.encode(book)),
            names=names,
            theme_reader=second,
        )

    parts = [await run_in_thread(work, start) for start in range(0, len(different), SLICE)]
    found = dict(zip(different, itertools.chain.from_iterable(parts), strict=True))
    return [found[one] for one in asked]


# Two: the codebook in use, and a draft that somebody is trying out.
@functools.lru_cache(maxsize=2)
def cached_coder(book: bytes) -> codebook.Coder:
    """The coder of a codebook. It is slow to make and never changes, so it is cached."""
    return codebook.make_coder(msgspec.json.decode(book, type=Codebook))
