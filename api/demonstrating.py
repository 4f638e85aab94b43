"""What the invented people of the demonstration do: they code texts blind, and approve quotes."""

import datetime
import random
from collections.abc import Mapping

from analysis.world import World
from analysis.world_writing import Written
from api import clock
from api.jobs import double_coding as drawing
from survey.codes import CommentType, Polarity
from survey.double_coding import Label, quarter_of
from survey.quotes import sentences
from survey.store import double_coding, quotes, texts
from survey.store.database import Connection

SLIPS = 0.08
"""How often one of the two misses something: they agree as careful coders do."""
TYPES: dict[Polarity, CommentType] = {
    "positive": "praise",
    "negative": "complaint",
    "neutral": "suggestion",
}
NEWEST = (datetime.date.max, "ffffffff-ffff-ffff-ffff-ffffffffffff")


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
    connection: Connection, truth: Mapping[str, Label], people: tuple[str, str], number: int
) -> int:
    """Two people code the sample of the last whole quarter; where they differ, truth decides."""
    last = quarter_of(clock.today()) - datetime.timedelta(days=1)
    drawn = await drawing.draw(connection, quarter_of(last), seed=number)
    chance = random.Random(number)  # noqa: S311 - a seed must give the same labels
    for person in people:
        while text := await double_coding.next_text(connection, person):
            said = truth[await texts.body(connection, text["text"])]
            if chance.random() < SLIPS:
                heard = (said.themes or ())[:1]
                said = Label(tone="neutral", themes=heard, comment_type="experience")
            await double_coding.insert_label(connection, text["text"], said, by=person)
    for row in await double_coding.disagreements(connection):
        said = truth[await texts.body(connection, row["text"])]
        await double_coding.insert_resolution(
            connection, row["text"], said, "Read again together.", by=people[1]
        )
    return drawn


async def quote(connection: Connection, theme: str, *, by: str) -> int | None:
    """Propose and approve the first sentence of the newest text of a theme that may be quoted."""
    found = await quotes.quotable(connection, theme, NEWEST, 1)
    if not found:
        return None
    source = await quotes.source(connection, found[0]["id"])
    number = await quotes.insert(connection, source, theme, sentences(source["redacted"])[0], by=by)
    await quotes.approve(connection, number, by=by)
    return number
