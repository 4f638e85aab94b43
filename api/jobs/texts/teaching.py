"""Chooses the texts of a quarter whose labels teach the machine most."""

import functools
from collections.abc import Sequence

import numpy as np

from analysis.statistics.sampling.variance import Floats
from analysis.text import tone
from analysis.text.model import reading
from analysis.themes import tone_heads
from analysis.themes.tone_heads import ReadTexts
from api.jobs.texts.discoveries import text_vectors
from api.process.threads import run_in_thread
from survey.store.database import Connection
from survey.store.themes import codes
from survey.store.themes.codes import ReadText
from survey.themes.codebooks import Sentiment
from survey.themes.double_coding import TEACHING_SIZE

NO_TONE = (np.nan, np.nan, np.nan)


async def choose_teaching_texts(
    connection: Connection, frame: Sequence[str], drawn: set[str]
) -> list[str]:
    """The ids of the texts of a quarter to teach with; `frame` are all, `drawn` those that chance
    drew.

    Texts in other languages are not among them: nothing compares their vectors with the others'.
    """
    rows = await codes.load_read_texts(connection, frame, reading.VERSION)
    if not rows:
        return []
    work = functools.partial(
        tone_heads.teaching_texts,
        read_texts(rows),
        np.array([row.text in drawn for row in rows], dtype=np.bool_),
        size=TEACHING_SIZE,
    )
    return [rows[place].text for place in await run_in_thread(work)]


def read_texts(rows: Sequence[ReadText]) -> ReadTexts:
    return ReadTexts(
        vectors=text_vectors(rows),
        tone=np.array([tone_probabilities(row.sentiment) for row in rows], dtype=np.float64),
        strengths=theme_strengths(rows),
    )


def tone_probabilities(sentiment: Sentiment | None) -> Sequence[float]:
    return NO_TONE if sentiment is None else tone.tone_probabilities(sentiment).tolist()


def theme_strengths(rows: Sequence[ReadText]) -> Floats:
    """Texts x themes: the strength of each theme that was found, 0 of the others."""
    themes = sorted({code.theme for row in rows for code in row.themes})
    place = {theme: i for i, theme in enumerate(themes)}
    found = np.zeros((len(rows), len(themes)))
    for i, row in enumerate(rows):
        for code in row.themes:
            found[i, place[code.theme]] = code.strength
    return found
