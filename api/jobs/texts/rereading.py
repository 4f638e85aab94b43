"""Reads the last year's texts again: their tone, once a person has changed how tone is read, and
all of them after an upgrade that reads otherwise.
"""

import datetime
from collections import Counter
from collections.abc import Sequence

import anyio
import msgspec

from api import clock
from api.jobs.threads import run_in_thread
from api.operations.submissions import PERCEPTION_SURVEY
from api.process.loading import import_lock
from api.process.theme_reader import reads_with_mpnet
from survey.coding.codebooks import Codebook, current_themes, theme_shifts
from survey.coding.codes import Coding, Sentiment, ThemeCode
from survey.coding.refusals import changed_codebook_draft, stale_codebook_draft, unchanged_codebook
from survey.coding.tone_heads import ToneHead, ToneReading, base_version, fold_of
from survey.store import jobs
from survey.store.coding import codebooks, codes, proposals, recodings, tone_heads
from survey.store.coding.codes import UncodedText
from survey.store.coding.recodings import PassageReaders, RecodableText
from survey.store.coding.tone_heads import TextToReread
from survey.store.database import Connection
from survey.surveys.instruments import wording_text

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
    """Read one batch from saved tones and vectors; returns how many texts were handled.

    The old codes stay. Texts that another version of the coder read, or that have no vectors, are
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
    """The texts with a tone of today's coder and vectors of today's model.

    To be called in a thread, as `passage_readers` of recoding.
    """
    with import_lock("analysis.text.coding"):
        from analysis.text import coding, reading

    return [
        row
        for row in rows
        if row.reader == reading.VERSION
        and row.spans
        and row.coder_version.partition("+")[0] == coding.CODER_VERSION
    ]


def tones_of(head: ToneHead | None, rows: list[TextToReread]) -> list[Sentiment]:
    """The tones of texts by this head, or as shipped without one or under another model."""
    with import_lock("analysis.text.tone.head"):
        from analysis.text.tone import head as heads

    tones = [row.sentiment for row in rows]
    passages = [row.passages for row in rows if row.passages]
    if head is None or any(one.reader != head.reader for one in passages):
        return [heads.as_shipped(one) for one in tones]
    folds, streams = [row.fold for row in rows], [row.stream for row in rows]
    return heads.tones_by_head(head, tones, passages, folds, streams)


async def with_tone_in_force(
    connection: Connection, texts: list[UncodedText], found: list[Coding]
) -> list[Coding]:
    """Codings of new texts with their tone as it is read now, under a version that says so."""
    reading = await tone_heads.find_reading(connection)
    if not reading.version:
        return found
    head = await find_head(connection, reading)
    return await run_in_thread(marked_codings, reading.mark, head, texts, found)


def marked_codings(
    mark: str, head: ToneHead | None, texts: list[UncodedText], found: list[Coding]
) -> list[Coding]:
    with import_lock("analysis.text.tone.head"):
        from analysis.text.tone import head as heads

    rows = [
        (place, coding.sentiment, coding.passages)
        for place, coding in enumerate(found)
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
            one,
            sentiment=tones.get(place, one.sentiment),
            coder_version=one.coder_version + mark,
        )
        for place, one in enumerate(found)
    ]


async def read_outdated_texts(connection: Connection, key: str) -> None:
    """Queue one batch to be read; queue another job as long as there may be more."""
    queued = await queue_outdated_batch(connection)
    if queued:
        await jobs.enqueue(connection, "code_texts")
    if queued == BATCH:
        await jobs.enqueue(connection, "read_outdated_texts", key)


async def queue_outdated(connection: Connection) -> None:
    """Queue all of them, so that an edition reads its texts in one way throughout."""
    while await queue_outdated_batch(connection) == BATCH:
        pass


async def queue_outdated_batch(connection: Connection) -> int:
    coder = await run_in_thread(current_coder)
    return await recodings.mark_outdated_due(connection, coder, clock.now() - SINCE, BATCH)


def current_coder() -> tuple[str, str]:
    """The reader and its version, without marks of what else was installed."""
    with import_lock("analysis.text.coding"):
        from analysis.text import coding

    return coding.CODER, coding.CODER_VERSION


MOST_SHOWN = 5
ONE_AT_A_TIME = anyio.CapacityLimiter(1)


class DraftEffect(msgspec.Struct, frozen=True, kw_only=True):
    """What a draft would do to one theme: texts before and after, and examples gained and lost."""

    theme: str
    name: str
    before: int
    after: int
    gained: tuple[str, ...]
    lost: tuple[str, ...]


class DraftPreview(msgspec.Struct, frozen=True):
    """What a draft would do to the newest `texts` texts; none of it is saved."""

    texts: int
    effects: tuple[DraftEffect, ...]


async def accept_draft(
    connection: Connection, *, by: str | None, note: str, revision: int | None = None
) -> Codebook:
    """Make the draft the version in use, within the caller's transaction.

    `revision` is that of the draft which the person saw. What is refused leaves the draft there.
    """
    taken = await codebooks.take_draft(connection)
    if taken is None or revision not in (None, taken.revision):
        raise changed_codebook_draft()
    newest = await codebooks.get_newest(connection)
    # Another version was accepted since this draft began, and accepting it would undo that one.
    if taken.book.version != newest.version + 1:
        raise stale_codebook_draft(taken.book.version)
    if not taken.book.edits:
        raise unchanged_codebook()
    book = msgspec.structs.replace(taken.book, note=note)
    await codebooks.insert(connection, book, by=by)
    await proposals.close_overtaken(connection, sorted(book.ids()))
    await jobs.enqueue(connection, "recode_texts", str(book.version))
    return book


async def recode_texts(connection: Connection, key: str) -> None:
    """Re-code one batch; queue another job as long as there is something left."""
    if await recode_batch(connection):
        await jobs.enqueue(connection, "recode_texts", key)
    await codes.fold_counts_if_free(connection)


async def recode_all(connection: Connection) -> int:
    """Re-code all texts that are left, so that an edition uses one version throughout."""
    done = 0
    while batch := await recode_batch(connection):
        done += batch
    return done


async def recode_batch(connection: Connection) -> int:
    """Re-code one batch from saved passages; returns how many texts were handled.

    The old codes stay. Texts without passages are queued to be coded from their words.
    """
    book = await codebooks.get_newest(connection)
    known = await run_in_thread(passage_readers)
    rows = await recodings.claim_texts(connection, book.version, clock.now() - SINCE, known, BATCH)
    bare = [row.id for row in rows if row.passages is None]
    if bare:
        await recodings.mark_due(connection, bare)
        await jobs.enqueue(connection, "code_texts")
    ready = [row for row in rows if row.passages is not None]
    themes = await assign_themes(book, ready)
    await recodings.save(connection, book.version, ready, themes)
    await recodings.add_shifts(connection, book.version, theme_shift_rows(book, ready, themes))
    return len(rows)


def passage_readers() -> PassageReaders:
    """The readers whose passages can be used.

    To be called in a thread: pages call this too, and do not load analysis before they must.
    """
    with import_lock("analysis.text.multilingual", "analysis.text.mpnet.reader"):
        from analysis.text import multilingual, reading
        from analysis.text.mpnet import reader as mpnet

    # A text that mpnet has not read yet is read again, and coded from the beginning.
    english = mpnet.READER if reads_with_mpnet() else reading.VERSION
    # Without the extra, what its model has read keeps its codes until it is installed again.
    if multilingual.absence_reason():
        return PassageReaders([english], [multilingual.READER])
    return PassageReaders([english, multilingual.READER], [])


def theme_shift_rows(
    book: Codebook, rows: Sequence[RecodableText], themes: Sequence[tuple[ThemeCode, ...]]
) -> Counter[tuple[str, str]]:
    """How many texts moved from one theme to another; "" means no theme."""
    return Counter(
        shift
        for row, codes in zip(rows, themes, strict=True)
        for shift in theme_shifts(
            book, row.themes, [code.theme for code in codes], since=row.codebook
        )
    )


async def assign_themes(
    book: Codebook, texts: Sequence[RecodableText]
) -> list[tuple[ThemeCode, ...]]:
    """The themes of these texts by their words and passages, under any version, drafts too.

    One at a time, because making a coder takes seconds.
    """
    read = [(one.redacted, one.passages) for one in texts if one.passages]
    if not read:
        return []

    def work() -> list[tuple[ThemeCode, ...]]:
        with import_lock("api.jobs.texts.coding"):
            from api.jobs.texts import coding

        words, passages = zip(*read, strict=True)
        return coding.cached_coder(msgspec.json.encode(book)).assign(words, passages)

    return await run_in_thread(work, limiter=ONE_AT_A_TIME)


async def preview_draft(connection: Connection, book: Codebook, limit: int = 2_000) -> DraftPreview:
    """What a draft would do to each theme, judged by the newest texts; redacted text is shown."""
    newest = await codebooks.get_newest(connection)
    known = await run_in_thread(passage_readers)
    rows = await recodings.load_latest(connection, known, PERCEPTION_SURVEY, limit)
    found = await assign_themes(book, rows)
    before = [set(current_themes(newest, row.themes, since=row.codebook)) for row in rows]
    after = [{code.theme for code in codes} for codes in found]
    words = [row.redacted for row in rows]
    names = {theme.id: wording_text(theme.name) for theme in (*newest.themes, *book.themes)}
    return DraftPreview(
        len(rows),
        tuple(draft_effect(theme, name, words, before, after) for theme, name in names.items()),
    )


def draft_effect(
    theme: str,
    name: str,
    words: Sequence[str],
    before: Sequence[set[str]],
    after: Sequence[set[str]],
) -> DraftEffect:
    was, now = ([theme in themes for themes in codes] for codes in (before, after))
    gained = [text for text, one, other in zip(words, was, now, strict=True) if other and not one]
    lost = [text for text, one, other in zip(words, was, now, strict=True) if one and not other]
    return DraftEffect(
        theme=theme,
        name=name,
        before=sum(was),
        after=sum(now),
        gained=tuple(gained[:MOST_SHOWN]),
        lost=tuple(lost[:MOST_SHOWN]),
    )
