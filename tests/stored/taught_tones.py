"""Texts whose tone the machine misreads and two people agree on; their vectors tell the tone."""

import datetime

import msgspec
import numpy as np
import pytest

from analysis.text.codes import CODER_VERSION
from analysis.text.model import reading
from analysis.text.model.passages import PassageVectors, pack_passages
from analysis.text.tone import LABELS
from api.jobs.texts import double_coding, second_readings
from survey.store.themes import codebooks, codes
from survey.themes.codebooks import Sentiment
from tests.stored.coded_twice import QUARTER, code_as_person, insert_answers, label, machine_coding

TEXTS = 160


@pytest.fixture(autouse=True)
def in_the_year_of_the_texts(monkeypatch):
    monkeypatch.setattr(second_readings, "SINCE", datetime.timedelta(weeks=2_000))


@pytest.fixture
async def connection(db):
    return db.the_connection


@pytest.fixture
async def tones(connection):
    return await insert_readable_texts(connection)


async def insert_readable_texts(connection, n=TEXTS):
    """Insert texts that the machine all reads as neutral; the tone that each has, by its id."""
    made = await insert_answers(connection, [([], None)] * n)
    await connection.execute("DELETE FROM codings WHERE text = ANY($1::uuid[])", made)
    rng = np.random.default_rng(3)
    tone = rng.choice(3, n, p=[0.5, 0.3, 0.2])
    book = await codebooks.get_newest(connection)
    await codes.save(
        connection, made, [readable_coding(rng, place, book.version) for place in tone]
    )
    return {text: LABELS[place] for text, place in zip(made, tone, strict=True)}


def readable_coding(rng, place, codebook):
    vector = rng.normal(0, 0.02, 384) + np.eye(3, 384)[place]
    row = (vector / np.linalg.norm(vector)).astype(np.float32)
    said = Sentiment(label="neutral", polarity=0.0, subjectivity=0.0, words=(), confidence=0.5)
    return msgspec.structs.replace(
        machine_coding([], None, codebook, CODER_VERSION),
        sentiment=said,
        passages=pack_passages(reading.VERSION, PassageVectors(((0, 9),), row[None])),
    )


async def let_people_code(connection, accounts, tones):
    """Draw the sample of the quarter; two people call each text what it is."""
    await double_coding.draw_sample(connection, QUARTER, seed=1)
    for account in accounts[:2]:
        await code_as_person(connection, account, lambda text: label(tone=tones[text]))
