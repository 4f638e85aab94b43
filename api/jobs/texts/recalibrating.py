"""Fits a recalibration of the tone to settled labels; a person decides whether to use it."""

import numpy as np

from analysis.text.tone import sentiment
from api.jobs.threads import run_in_thread
from survey.coding.double_coding import Recalibration
from survey.store.coding import codebooks, double_coding, recalibrations
from survey.store.database import Connection


async def fit_recalibration(connection: Connection) -> Recalibration | None:
    """The next recalibration; None with fewer than 200 labels, or if it would be no better.

    It is fitted only to tones that were not recalibrated.
    """
    book = await codebooks.get_newest(connection)
    rows = []
    for one in await double_coding.load_coded_twice(connection, book.version):
        tone, counts = one.then_sentiment, one.counts
        plain = "+r" not in one.then_coder_version
        if plain and tone and tone.confidence and counts and counts.tone:
            place = sentiment.TONES.index(counts.tone)
            rows.append((sentiment.sentiment_probabilities(tone), place, one.weight))
    if len(rows) < sentiment.FEWEST:
        return None
    last = await recalibrations.find_newest(connection)
    p, tones, weight = zip(*rows, strict=True)
    found = await run_in_thread(
        lambda: sentiment.fit_recalibration(
            np.array(p), np.array(tones), np.array(weight), version=last.version + 1 if last else 1
        )
    )
    return found if found.loss_after < found.loss else None
