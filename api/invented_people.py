"""What the invented people of the demonstration do: they code blind, teach the codebook, quote."""

import datetime
import random
from collections.abc import Mapping

import msgspec

from analysis.world import World
from analysis.world_writing import Written
from api.jobs import double_coding as drawing
from api.jobs import recoding
from survey.codebooks import Exemplify
from survey.codes import CommentType, Polarity, ThemeCode
from survey.double_coding import Label
from survey.edits import draft_of, edited
from survey.quotes import sentences
from survey.store import codebooks, double_coding, quotes, texts
from survey.store.database import Connection

SLIPS = 0.08
"""How often one of the two misses something: they agree as careful coders do."""
TYPES: dict[Polarity, CommentType] = {
    "positive": "praise",
    "negative": "complaint",
    "neutral": "suggestion",
}
EXAMPLES = 5
WHY = "Two people coded a quarter; what the machine missed there became examples."
FIRST = "00000000-0000-0000-0000-000000000000"
TRIED = 20


def meant(world: World) -> dict[str, Label]:
    """What each text was meant to say, by its words."""
    voices = (*world.sampled, *world.volunteers, *world.complainants)
    return {voice.written.text: label(voice.written) for voice in voices}


def label(written: Written) -> Label:
    return Label(
        tone=written.tone,
        themes=tuple(sorted(written.themes)),
        comment_type=TYPES[written.tone],
    )


async def double_code(
    connection: Connection,
    truth: Mapping[str, Label],
    people: tuple[str, str],
    quarter: datetime.date,
    *,
    number: int,
) -> int:
    """Two people code the sample of a quarter; where they differ, truth decides."""
    drawn = await drawing.draw(connection, quarter, seed=number)
    chance = random.Random(number)  # noqa: S311 - a seed must give the same labels
    for person in people:
        while text := await double_coding.next_text(connection, person):
            said = truth[await texts.body(connection, text["text"])]
            if chance.random() < SLIPS:
                heard = (said.themes or ())[:1]
                said = Label(tone="neutral", themes=heard, comment_type="experience")
            await double_coding.insert_label(connection, text["text"], said, by=person)
    for row in [one for one in await double_coding.disagreements(connection) if not one["note"]]:
        said = truth[await texts.body(connection, row["text"])]
        await double_coding.insert_resolution(
            connection, row["text"], said, "Read again together.", by=people[1]
        )
    return drawn


async def teach(connection: Connection, *, by: str) -> None:
    """What the machine missed becomes examples; the next version is accepted and applied."""
    book = await codebooks.newest(connection)
    draft = draft_of(book)
    for theme, found in (await drawing.missed(connection, book)).items():
        for _, words in found[:EXAMPLES]:
            draft = edited(draft, Exemplify(theme=theme, text=words))
    if draft.edits:
        await codebooks.save_draft(connection, draft, revision=0, by=by)
        await recoding.accept(connection, by=by, note=WHY)
        await recoding.recode_all(connection)


async def quote(connection: Connection, theme: str, before: datetime.date, *, by: str) -> None:
    """Propose and approve a sentence that says the theme, of a text from before this day."""
    for text in await quotes.quotable(connection, theme, (before, FIRST), TRIED):
        source = await quotes.source(connection, text.id)
        span = telling(source.redacted, msgspec.convert(source.themes, list[ThemeCode]), theme)
        if span:
            number = await quotes.insert(connection, source, theme, span, by=by)
            await quotes.approve(connection, number, by=by)
            return


def telling(words: str, codes: list[ThemeCode], theme: str) -> tuple[int, int] | None:
    """The sentence that a theme was recognised by; None where it was the whole text."""
    (code,) = (one for one in codes if one.theme == theme)
    middle = (code.start + code.end) // 2
    parts = [span for span in sentences(words) if span != (0, len(words))]
    inside = (span for span in parts if span[0] <= middle < span[1])
    return next(inside, None) if code.end - code.start < len(words) else None
