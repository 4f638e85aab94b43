"""Accepts a new version of the codebook, and applies it to the texts of the last year."""

from collections import Counter
from collections.abc import Sequence

import anyio
import msgspec

from api import clock
from api.jobs.texts.second_readings import BATCH, SINCE
from api.operations.answers.submissions import PERCEPTION_SURVEY
from api.process.installation import import_lock, reads_with_mpnet
from api.process.long_work import run_in_thread, save_step
from survey.store import jobs
from survey.store.database import Connection
from survey.store.themes import codebooks, codes, recodings
from survey.store.themes.recodings import PassageReaders, RecodableText
from survey.surveys.instruments import wording_text
from survey.themes.codebook_edits import DraftEffect, ThemeEffect
from survey.themes.codebooks import Codebook, ThemeCode, current_themes, theme_shifts
from survey.themes.refusals import changed_codebook_draft, stale_codebook_draft, unchanged_codebook

MOST_SHOWN = 5
MOST_TEXTS = 2_000  # the newest ones, by which the effect of a draft is judged
TEXTS_A_STEP = 250
ONE_AT_A_TIME = anyio.CapacityLimiter(1)


async def accept_draft(
    connection: Connection, *, by: str | None, note: str, revision: int | None = None
) -> Codebook:
    """Make the draft the version in use, within the caller's transaction.

    `revision` is that of the draft which the person saw. After a refusal the draft remains.
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
    await codebooks.close_overtaken_proposals(connection, sorted(book.ids()))
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
    await recodings.add_shifts(
        connection,
        book.version,
        Counter(
            shift
            for row, codes in zip(ready, themes, strict=True)
            for shift in theme_shifts(
                book, row.themes, [code.theme for code in codes], since=row.codebook
            )
        ),
    )
    return len(rows)


def passage_readers() -> PassageReaders:
    """The models whose stored passages can be coded now, and models that are not installed.

    To be called in a thread: it loads analysis, which pages do only when they must.
    """
    with import_lock("analysis.text.model.multilingual", "analysis.text.model.mpnet"):
        from analysis.text.model import multilingual, reading
        from analysis.text.model.mpnet import READER

    # A text that mpnet has not read yet is read again, and coded from the beginning.
    english = READER if reads_with_mpnet() else reading.VERSION
    # Without the extra, what its model has read keeps its codes until it is installed again.
    if multilingual.absence_reason():
        return PassageReaders([english], [multilingual.READER])
    return PassageReaders([english, multilingual.READER], [])


async def assign_themes(
    book: Codebook, texts: Sequence[RecodableText]
) -> list[tuple[ThemeCode, ...]]:
    """The themes of these texts by their words and passages, under any version, even a draft.

    Runs for one caller at a time, because making a coder takes seconds.
    """
    read = [(text.redacted, text.passages) for text in texts if text.passages]
    if not read:
        return []

    def work() -> list[tuple[ThemeCode, ...]]:
        with import_lock("api.jobs.texts.coding"):
            from api.jobs.texts import coding

        words, passages = zip(*read, strict=True)
        return coding.cached_coder(msgspec.json.encode(book)).assign(words, passages)

    return await run_in_thread(work, limiter=ONE_AT_A_TIME)


async def save_draft_effect(connection: Connection, key: str) -> None:
    """Work out what the draft of this revision would change, and save it; a draft that was changed
    since has another job.
    """
    draft = await codebooks.find_draft(connection)
    if draft is not None and str(draft.revision) == key:
        effect = await work_out_effect(connection, draft.book)
        await codebooks.save_effect(connection, draft.revision, effect)


async def work_out_effect(connection: Connection, book: Codebook) -> DraftEffect:
    """What a draft would do to each theme, judged by the newest texts, with its progress saved."""
    newest = await codebooks.get_newest(connection)
    known = await run_in_thread(passage_readers)
    rows = await recodings.load_latest(connection, known, PERCEPTION_SURVEY, MOST_TEXTS)
    assignments: list[tuple[ThemeCode, ...]] = []
    for start in range(0, len(rows), TEXTS_A_STEP):
        await save_step("draft_effect", f"{start:,} of {len(rows):,}")
        assignments += await assign_themes(book, rows[start : start + TEXTS_A_STEP])
    before = [set(current_themes(newest, row.themes, since=row.codebook)) for row in rows]
    after = [{code.theme for code in codes} for codes in assignments]
    ids = [str(row.id) for row in rows]
    names = {theme.id: wording_text(theme.name) for theme in (*newest.themes, *book.themes)}
    return DraftEffect(
        len(rows),
        tuple(theme_effect(theme, name, ids, before, after) for theme, name in names.items()),
    )


def theme_effect(
    theme: str,
    name: str,
    ids: Sequence[str],
    before: Sequence[set[str]],
    after: Sequence[set[str]],
) -> ThemeEffect:
    was, now = ([theme in themes for themes in codes] for codes in (before, after))
    gained = [text for text, past, other in zip(ids, was, now, strict=True) if other and not past]
    lost = [text for text, past, other in zip(ids, was, now, strict=True) if past and not other]
    return ThemeEffect(
        theme=theme,
        name=name,
        before=sum(was),
        after=sum(now),
        gained=tuple(gained[:MOST_SHOWN]),
        lost=tuple(lost[:MOST_SHOWN]),
    )
