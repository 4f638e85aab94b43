"""Texts that the machine has coded, and two people who code a sample of them."""

import datetime
import uuid

import msgspec
import numpy as np

from analysis.text.model import reading
from api import clock
from api.operations.answers import submissions
from survey.store.accounts import people
from survey.store.answers import responses
from survey.store.themes import codebooks, codes, double_coding
from survey.surveys.ready import load_ready_instruments
from survey.themes.codebooks import Coding, Passages, Sentiment, ThemeCode
from survey.themes.double_coding import CoderLabel
from tests.people import CINDY, JOAN

QUARTER = datetime.date(2026, 4, 1)
DAY = datetime.date(2026, 5, 12)
FEEDBACK = next(one.version for one in load_ready_instruments() if one.slug == "feedback")
THIRD_REVIEWER = ("rosa@example.org", "Rosa Lindqvist", "reviewer")


async def ensure_reviewers(connection):
    """The ids of two coders and of the person who decides; missing accounts are created."""
    return [await ensure_account(connection, who) for who in (CINDY, JOAN, THIRD_REVIEWER)]


async def ensure_account(connection, who):
    found = await people.by_email(connection, who[0])
    return found.id if found else await people.insert(connection, *who, None)


async def load_theme_ids(connection):
    return [theme.id for theme in (await codebooks.get_newest(connection)).themes]


async def insert_answers(
    connection, said, *, day=DAY, area="E09000012", language="en", answers=None
):
    """Insert open answers of one day, with the machine's themes and tone; their text ids."""
    moment = clock.midnight(day) + datetime.timedelta(hours=12)
    idents = [uuid.uuid4() for _ in said]
    await responses.copy_responses_in(
        connection,
        [
            (
                i,
                submissions.new_reference(),
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
        [
            (uuid.uuid4(), i, None, "story", f"The {n}. thing I saw.", language)
            for n, i in enumerate(idents)
        ],
    )
    rows = await connection.fetch(
        "SELECT id::text FROM texts WHERE response = ANY($1) ORDER BY body", idents
    )
    made = [row["id"] for row in rows]
    await save_machine_codes(connection, made, said)
    return made


async def save_machine_codes(connection, texts, said, *, version="test"):
    """Save the machine's codes for these texts, under the newest codebook."""
    book = await codebooks.get_newest(connection)
    await codes.save(
        connection,
        texts,
        [machine_coding(themes, tone, book.version, version) for themes, tone in said],
    )


async def save_readings(connection, texts, *, confidence=0.4):
    """Save codes with a doubtful tone and no theme, each text with a vector of its own."""
    book = await codebooks.get_newest(connection)
    vectors = np.random.default_rng(3).normal(size=(len(texts), reading.DIMENSIONS))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    doubtful = machine_coding([], "negative", book.version, "test with vectors")
    sentiment = msgspec.structs.replace(doubtful.sentiment, confidence=confidence)
    await codes.save(
        connection,
        texts,
        [
            msgspec.structs.replace(
                doubtful,
                sentiment=sentiment,
                passages=Passages(
                    reader=reading.VERSION,
                    spans=((0, 5),),
                    vectors=vector.astype("<f2").tobytes(),
                ),
            )
            for vector in vectors
        ],
    )


def machine_coding(themes, tone, codebook, version):
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
    return CoderLabel(tone=tone, themes=tuple(sorted(themes)), comment_type=comment_type)


async def code_as_person(connection, account, says):
    """Code texts as this person until none is left; `says` gives the label for a text."""
    while (text := await double_coding.find_next_text(connection, account)) is not None:
        await double_coding.insert_label(connection, text.text, says(text.text), by=account)
