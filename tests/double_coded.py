"""Texts that a machine has coded, and two people who code a sample of them."""

import datetime
import uuid

from api import clock, intake
from survey.codes import Coding, Sentiment, ThemeCode
from survey.double_coding import Label
from survey.ready import ready
from survey.store import codebooks, codes, double_coding, people, responses
from tests.people import CINDY, JOAN

QUARTER = datetime.date(2026, 4, 1)
DAY = datetime.date(2026, 5, 12)
FEEDBACK = next(one.version for one in ready() if one.slug == "feedback")
THIRD = ("rosa@example.org", "Rosa Lindqvist", "reviewer")


async def accounts(connection):
    """Two reviewers and the one who decides, by their number."""
    return [await account(connection, who) for who in (CINDY, JOAN, THIRD)]


async def account(connection, who):
    found = await people.by_email(connection, who[0])
    return found["id"] if found else await people.insert(connection, *who, None)


async def themes_of(connection):
    return [theme.id for theme in (await codebooks.newest(connection)).themes]


async def written(connection, said, *, day=DAY, area="E09000012", language="en", answers=None):
    """Open answers of one day, each with the machine's themes and tone; their ids."""
    moment = clock.midnight(day) + datetime.timedelta(hours=12)
    idents = [uuid.uuid4() for _ in said]
    await responses.copy_in(
        connection,
        [
            (
                i,
                intake.new_reference(),
                "feedback",
                FEEDBACK,
                "open",
                area,
                language,
                answers or {},
                None,
                None,
                None,
                moment,
            )
            for i in idents
        ],
    )
    await responses.copy_texts_in(
        connection,
        [(i, None, "story", f"The {n}. thing I saw.", language) for n, i in enumerate(idents)],
    )
    rows = await connection.fetch(
        "SELECT id::text FROM texts WHERE response = ANY($1) ORDER BY body", idents
    )
    made = [row["id"] for row in rows]
    await recoded(connection, made, said)
    return made


async def recoded(connection, texts, said, *, version="test"):
    """The machine's codes, under the codebook in use."""
    book = await codebooks.newest(connection)
    await codes.save(
        connection, texts, [coding(themes, tone, book.version, version) for themes, tone in said]
    )


def coding(themes, tone, codebook, version):
    return Coding(
        language="en",
        redacted="I saw [name] at the station.",
        spans=(),
        sentiment=tone and Sentiment(label=tone, polarity=0.0, subjectivity=0.0, words=()),
        themes=tuple(ThemeCode(theme, 0.9) for theme in themes),
        coder="test",
        coder_version=version,
        codebook=codebook,
    )


def label(themes=(), tone="neutral", comment_type="experience"):
    return Label(tone=tone, themes=tuple(sorted(themes)), comment_type=comment_type)


async def coded_by(connection, account, says):
    """A person codes until nothing is left; `says` gives the label of a text."""
    while (text := await double_coding.next_text(connection, account)) is not None:
        await double_coding.insert_label(connection, text["text"], says(text["text"]), by=account)
