"""A new version of the codebook: accepted, then applied to the texts of the last year."""

import datetime
from collections import Counter
from collections.abc import Sequence
from typing import Any

import anyio
import msgspec

from api import clock
from api.intake import PERCEPTION
from api.jobs.threads import run_in_thread
from api.loading import loading
from survey.codebooks import Codebook, carried, shifted
from survey.codes import Passages, ThemeCode
from survey.instruments import said
from survey.problems import Invalid
from survey.store import codebooks, jobs, proposals, recodings
from survey.store.database import Connection
from survey.store.recodings import Readers

BATCH = 2_000
# A monthly edition looks back a year from the month before this one, to the Monday.
SINCE = datetime.timedelta(weeks=61)
MOST_SHOWN = 5
ONE_AT_A_TIME = anyio.CapacityLimiter(1)


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """What a draft would do to one theme: texts before and after, and some that move."""

    theme: str
    name: str
    before: int
    after: int
    gained: tuple[str, ...]
    lost: tuple[str, ...]


class Preview(msgspec.Struct, frozen=True):
    """What a draft would do to the newest `texts` texts; nothing of it is kept."""

    texts: int
    effects: tuple[Effect, ...]


async def accept(
    connection: Connection, *, by: str | None, note: str, revision: int | None = None
) -> Codebook:
    """Make the draft the version in use, within the caller's transaction.

    `revision` is that of the draft which the person saw. What is refused leaves the draft there.
    """
    taken = await codebooks.take_draft(connection)
    if taken is None or revision not in (None, taken.revision):
        raise codebooks.changed()
    newest = await codebooks.newest(connection)
    if taken.book.version != newest.version + 1:
        raise codebooks.stale(taken.book.version)
    if not taken.book.edits:
        raise Invalid(
            "codebook.unchanged",
            "The draft has no changes.",
            "Make a change, or discard the draft.",
        )
    book = msgspec.structs.replace(taken.book, note=note)
    await codebooks.insert(connection, book, by=by)
    await proposals.overtake(connection, sorted(book.ids()))
    await jobs.ask(connection, "recode_texts", str(book.version))
    return book


async def run(connection: Connection, key: str) -> None:
    """Re-code one batch; as long as something was left to do, ask for another."""
    if await recode_batch(connection):
        await jobs.ask(connection, "recode_texts", key)


async def recode_all(connection: Connection) -> int:
    """Re-code everything that is left, so that an edition is told in one version."""
    done = 0
    while batch := await recode_batch(connection):
        done += batch
    return done


async def recode_batch(connection: Connection) -> int:
    """Themes anew from kept passages, beside the old codes; what has none is read again."""
    book = await codebooks.newest(connection)
    known = await run_in_thread(readers)
    rows = await recodings.claim(connection, book.version, clock.now() - SINCE, known, BATCH)
    bare = [row["id"] for row in rows if row["reader"] is None]
    if bare:
        await recodings.mark_due(connection, bare)
        await jobs.ask(connection, "code_texts")
    kept = [row for row in rows if row["reader"] is not None]
    themes = await assigned(book, [passages_of(row) for row in kept])
    await recodings.save(connection, book.version, kept, themes)
    await recodings.insert(connection, book.version, moved(book, kept, themes))
    return len(rows)


def readers() -> Readers:
    """Called in a thread: the pages come here, and do not load analysis until they must."""
    with loading("analysis.text.multilingual", "analysis.text.reading"):
        from analysis.text import multilingual, reading

    if multilingual.why_absent():
        return Readers([reading.VERSION], [multilingual.READER])
    return Readers([reading.VERSION, multilingual.READER], [])


def passages_of(row: Any) -> Passages:
    return msgspec.convert({name: row[name] for name in ("reader", "spans", "vectors")}, Passages)


def moved(
    book: Codebook, rows: Sequence[Any], themes: Sequence[tuple[ThemeCode, ...]]
) -> Counter[tuple[str, str]]:
    """How many texts left one theme for another; "" is no theme."""
    return Counter(
        shift
        for row, codes in zip(rows, themes, strict=True)
        for shift in shifted(
            book, row["themes"], [code.theme for code in codes], since=row["codebook"]
        )
    )


async def assigned(book: Codebook, passages: list[Passages]) -> list[tuple[ThemeCode, ...]]:
    """Themes under any version, a draft too; one at a time, for a coder learns in seconds."""
    if not passages:
        return []

    def work() -> list[tuple[ThemeCode, ...]]:
        with loading("api.jobs.coding"):
            from api.jobs import coding

        return coding.coder_of(msgspec.json.encode(book)).assign(passages)

    return await run_in_thread(work, limiter=ONE_AT_A_TIME)


async def preview(connection: Connection, book: Codebook, limit: int = 2_000) -> Preview:
    """What a draft would do to each theme, by the newest texts; redacted ones are shown."""
    newest = await codebooks.newest(connection)
    known = await run_in_thread(readers)
    rows = await recodings.latest(connection, known, PERCEPTION, limit)
    found = await assigned(book, [passages_of(row) for row in rows])
    before = [set(carried(newest, row["themes"], since=row["codebook"])) for row in rows]
    after = [{code.theme for code in codes} for codes in found]
    words = [row["redacted"] for row in rows]
    names = {theme.id: said(theme.name) for theme in (*newest.themes, *book.themes)}
    return Preview(
        len(rows),
        tuple(effect(theme, name, words, before, after) for theme, name in names.items()),
    )


def effect(
    theme: str,
    name: str,
    words: Sequence[str],
    before: Sequence[set[str]],
    after: Sequence[set[str]],
) -> Effect:
    was, now = ([theme in themes for themes in codes] for codes in (before, after))
    gained = [text for text, one, other in zip(words, was, now, strict=True) if other and not one]
    lost = [text for text, one, other in zip(words, was, now, strict=True) if one and not other]
    return Effect(
        theme=theme,
        name=name,
        before=sum(was),
        after=sum(now),
        gained=tuple(gained[:MOST_SHOWN]),
        lost=tuple(lost[:MOST_SHOWN]),
    )
