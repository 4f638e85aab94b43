"""Reads the last year's texts again: their tone, once a person has changed how tone is read, and
all of them after an upgrade that reads otherwise.
"""

import datetime

import msgspec

from api import clock
from api.process.installation import import_lock
from api.process.long_work import run_in_thread
from survey.store import jobs
from survey.store.database import Connection
from survey.store.themes import recodings, tone_heads
from survey.store.themes.codes import UncodedText
from survey.store.themes.tone_heads import TextToReread
from survey.themes.codebooks import Coding, Sentiment
from survey.themes.tone_heads import ToneHead, ToneReading, base_version, fold_of

BATCH = 2_000
# A monthly edition looks back a year from the month before this one, to the Monday.
SINCE = datetime.timedelta(weeks=61)


async def switch_tone_head(
    connection: Connection, head: int | None, *, after: int, by: str | None
) -> ToneReading:
    """Read tone by this head, or as shipped (None), from now on, and the last year's texts again.

    `after` is the version of the reading that the person saw.
    """
    reading = await tone_heads.insert_reading(connection, head, after=after, by=by)
    await jobs.enqueue(connection, "reread_tones", str(reading.version))
    return reading


async def reread_tones(connection: Connection, key: str) -> None:
    """Read one batch again; queue another job as long as there is something left."""
    if await reread_batch(connection):
        await jobs.enqueue(connection, "reread_tones", key)


async def reread_all(connection: Connection) -> int:
    """Read all texts again that are left, so that an edition reads tone in one way throughout."""
    done = 0
    while batch := await reread_batch(connection):
        done += batch
    return done


async def reread_batch(connection: Connection) -> int:
    """Read the tone of one batch from saved tones and vectors; returns how many texts were handled.

    The old codes stay. Texts read by another version of the coder, and texts without vectors, are
    queued to be coded from their words.
    """
    reading = await tone_heads.find_reading(connection)
    if not reading.version:
        return 0
    head = await find_head(connection, reading)
    since = clock.now() - SINCE
    rows = await tone_heads.claim_texts(connection, reading.mark, since, BATCH)
    usable = await run_in_thread(usable_texts, rows)
    known = {row.id for row in usable}
    if left := [row.id for row in rows if row.id not in known]:
        await recodings.mark_due(connection, left)
        await jobs.enqueue(connection, "code_texts")
    tones = await run_in_thread(tones_of, head, usable)
    versions = [base_version(row.coder_version) + reading.mark for row in usable]
    await tone_heads.save_tones(connection, usable, tones, versions)
    return len(rows)


async def find_head(connection: Connection, reading: ToneReading) -> ToneHead | None:
    return await tone_heads.get_head(connection, reading.head) if reading.head else None


def usable_texts(rows: list[TextToReread]) -> list[TextToReread]:
    """The texts that have a tone by today's coder and vectors by today's model.

    To be called in a thread, because it loads analysis.
    """
    with import_lock("analysis.text.codes"):
        from analysis.text import codes
        from analysis.text.model import reading

    return [
        row
        for row in rows
        if row.reader == reading.VERSION
        and row.spans
        and row.coder_version.partition("+")[0] == codes.CODER_VERSION
    ]


def tones_of(head: ToneHead | None, rows: list[TextToReread]) -> list[Sentiment]:
    """The tones of texts by this head; as shipped without a head, or if it is for another model."""
    with import_lock("analysis.text.tone"):
        from analysis.text import tone as heads

    tones = [row.sentiment for row in rows]
    passages = [row.passages for row in rows if row.passages]
    if head is None or any(passage.reader != head.reader for passage in passages):
        return [heads.as_shipped(tone) for tone in tones]
    folds, streams = [row.fold for row in rows], [row.stream for row in rows]
    return heads.tones_by_head(head, tones, passages, folds, streams)


async def with_tone_in_force(
    connection: Connection, texts: list[UncodedText], codings: list[Coding]
) -> list[Coding]:
    """Codings of new texts with their tone as it is read now, under a version that says so."""
    reading = await tone_heads.find_reading(connection)
    if not reading.version:
        return codings
    head = await find_head(connection, reading)
    return await run_in_thread(marked_codings, reading.mark, head, texts, codings)


def marked_codings(
    mark: str, head: ToneHead | None, texts: list[UncodedText], codings: list[Coding]
) -> list[Coding]:
    with import_lock("analysis.text.tone"):
        from analysis.text import tone as heads

    rows = [
        (place, coding.sentiment, coding.passages)
        for place, coding in enumerate(codings)
        if head and coding.sentiment and coding.passages and coding.passages.spans
        if coding.passages.reader == head.reader
    ]
    tones: dict[int, Sentiment] = {}
    if head and rows:
        places, shipped, passages = zip(*rows, strict=True)
        folds = [fold_of(texts[place].body) for place in places]
        streams = [texts[place].stream for place in places]
        read = heads.tones_by_head(head, shipped, passages, folds, streams)
        tones = dict(zip(places, read, strict=True))
    return [
        msgspec.structs.replace(
            coding,
            sentiment=tones.get(place, coding.sentiment),
            coder_version=coding.coder_version + mark,
        )
        for place, coding in enumerate(codings)
    ]


async def read_outdated_texts(connection: Connection, key: str) -> None:
    """Queue one batch of outdated texts to be read; queue this job again while there may be
    more.
    """
    queued = await queue_outdated_batch(connection)
    if queued:
        await jobs.enqueue(connection, "code_texts")
    if queued == BATCH:
        await jobs.enqueue(connection, "read_outdated_texts", key)


async def queue_outdated(connection: Connection) -> None:
    """Queue all outdated texts, so that an edition reads its texts in one way."""
    while await queue_outdated_batch(connection) == BATCH:
        pass


async def queue_outdated_batch(connection: Connection) -> int:
    coder = await run_in_thread(current_coder)
    return await recodings.mark_outdated_due(connection, coder, clock.now() - SINCE, BATCH)


def current_coder() -> tuple[str, str]:
    """The reader and its version, without marks of what else was installed."""
    with import_lock("analysis.text.codes"):
        from analysis.text import codes

    return codes.CODER, codes.CODER_VERSION
