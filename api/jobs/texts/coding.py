"""Codes texts that wait, sums up the answers that wait, and saves both.

Several workers may do so at once. Sums are shared by all answers of a survey and stay locked until
the end of a transaction, so they are always what a transaction does last.
"""

import functools
import itertools
import logging
from collections.abc import Sequence

import msgspec

from analysis.parts import ClusterAway, map_parts
from analysis.text import codes as coding
from analysis.text.codes import ThemeReader
from analysis.text.model import mpnet
from analysis.text.personal_data import named_entities
from analysis.themes import codebook
from api.jobs.texts.second_readings import with_tone_in_force
from api.process import installation
from api.process.installation import reads_with_mpnet
from api.process.long_work import run_in_thread
from survey.store import jobs
from survey.store.answers import sums
from survey.store.database import Connection
from survey.store.themes import codebooks, codes
from survey.themes.codebooks import Codebook, Coding

BATCH = 500
BATCH_OF_A_CLUSTER = 5_000  # a cluster has to have enough at once for all its processors
SLICE = 50
JOBS_WHILE_BUSY = 8  # so that as many workers find one while there is more than a batch to do

log = logging.getLogger("soundings.coding")


async def code_texts(connection: Connection, _: str) -> None:
    """Code one batch of texts and add one of responses to the sums; after a full batch, queue jobs
    for this worker and others.
    """
    coded = await code_batch(connection)
    summed = await sums.sum_batch(connection, BATCH)
    # Last, like the sums, as it locks what other workers add up.
    await codes.fold_counts_if_free(connection)
    if summed == BATCH or coded >= BATCH:
        await jobs.enqueue_up_to(connection, "code_texts", JOBS_WHILE_BUSY)


async def code_batch(connection: Connection, *, wait: bool = False) -> int:
    """Code one batch of waiting texts; returns how many.

    With `wait`, also code texts that another worker began and did not finish.
    """
    # Many at once only where a cluster would be used for them.
    many = installation.scheduler_for(BATCH_OF_A_CLUSTER, installation.FEWEST_TEXTS)
    batch = BATCH_OF_A_CLUSTER if many else BATCH
    waiting = await codes.claim_texts(connection, batch, wait=wait)
    if waiting:
        texts = [row.body for row in waiting]
        languages = [row.language for row in waiting]
        codings = await code_in_slices(await codebooks.get_newest(connection), texts, languages)
        codings = await with_tone_in_force(connection, waiting, codings)
        await codes.save(connection, [row.id for row in waiting], codings)
    return len(waiting)


async def code_all(connection: Connection) -> int:
    """Code every waiting text and add every waiting response to the sums, so that an edition leaves
    nothing out.
    """
    # Of two that wait for each other's texts one would fail.
    await codes.wait_for_turn(connection)
    done = 0
    # What other workers have begun comes last: they are probably done with it by then.
    for wait in (False, True):
        while batch := await code_batch(connection, wait=wait):
            done += batch
    await sum_all(connection)
    return done


async def sum_all(connection: Connection) -> None:
    """Add every waiting response to the sums."""
    # Each batch locks its cells in their order, but several together do not: of two workers each
    # would wait for a cell of the other's. So whoever needs several locks all cells first.
    if await sums.count_waiting(connection, BATCH + 1) <= BATCH:
        await sums.sum_batch(connection, BATCH)
        return
    await sums.lock_sums(connection)
    while await sums.sum_batch(connection, BATCH):
        pass


class TextPart(msgspec.Struct, frozen=True):
    """Texts to code together, with all that their codes depend on.

    `names` and `mpnet` say whether these two optional packages are used.
    """

    book: bytes
    texts: list[str]
    languages: list[str | None]
    names: bool
    mpnet: bool


def code_part(part: TextPart) -> list[Coding]:
    """The coding of each text of a part, in this process or in a worker of a cluster."""
    return coding.code_texts(
        part.texts,
        part.languages,
        cached_coder(part.book),
        names=named_entities.find_persons if part.names else None,
        theme_reader=ThemeReader(mpnet.READER, mpnet.read_passages) if part.mpnet else None,
    )


async def code_in_slices(
    book: Codebook, texts: list[str], languages: list[str | None]
) -> list[Coding]:
    """Code texts in slices, so that a worker that is told to stop need not finish them all.

    The codes of a text do not depend on other texts: so equal texts are coded once, and a cluster
    of machines gives the same codes as this one.
    """
    asked = list(zip(texts, languages, strict=True))
    different = list(dict.fromkeys(asked))
    parts = await run_in_thread(text_parts, msgspec.json.encode(book), different)
    scheduler = installation.scheduler_for(len(different), installation.FEWEST_TEXTS)
    coded = (scheduler and await code_on_cluster(parts, scheduler)) or [
        await run_in_thread(code_part, part) for part in parts
    ]
    codings = dict(zip(different, itertools.chain.from_iterable(coded), strict=True))
    return [codings[pair] for pair in asked]


def text_parts(book: bytes, different: Sequence[tuple[str, str | None]]) -> list[TextPart]:
    names, with_mpnet = named_entities.is_installed(), reads_with_mpnet()
    slices = [different[start : start + SLICE] for start in range(0, len(different), SLICE)]
    return [
        TextPart(
            book, [text for text, _ in some], [language for _, language in some], names, with_mpnet
        )
        for some in slices
    ]


async def code_on_cluster(parts: Sequence[TextPart], scheduler: str) -> list[list[Coding]] | None:
    """The codings of each part, computed on a cluster; None if the cluster is away.

    Nothing is saved there: whatever becomes of its workers, the caller saves each coding once.
    """
    try:
        return await run_in_thread(lambda: list(map_parts(code_part, parts, scheduler)))
    except ClusterAway as away:
        log.warning("texts are coded without the cluster: %s", away)
        return None


# Two: the codebook in use, and a draft that somebody is trying out.
@functools.lru_cache(maxsize=2)
def cached_coder(book: bytes) -> codebook.Coder:
    """The coder of a codebook. It is slow to make and never changes, so it is cached."""
    return codebook.Coder(msgspec.json.decode(book, type=Codebook))
