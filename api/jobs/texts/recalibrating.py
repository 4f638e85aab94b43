"""Fits a recalibration of the tone to settled labels; a person decides whether to use it."""

import msgspec
import numpy as np

from analysis.text.tone import recalibration
from api.jobs.texts.labels import text_labels
from api.jobs.threads import run_in_thread
from survey.coding.codes import Sentiment
from survey.coding.double_coding import Recalibration
from survey.store.coding import codebooks, double_coding, recalibrations
from survey.store.database import Connection


async def fit_recalibration(connection: Connection) -> Recalibration | None:
    """The next recalibration; None with fewer than 200 labels, or if it would be no better.

    It is fitted only to tones that were not recalibrated.
    """
    book = await codebooks.get_newest(connection)
    rows = []
    for one in [
        text_labels(row) for row in await double_coding.load_coded_twice(connection, book.version)
    ]:
        tone = msgspec.convert(one.row["then_sentiment"], Sentiment | None)
        plain = "+r" not in one.row["then_coder_version"]
        if plain and tone and tone.confidence and one.counts and one.counts.tone:
            weight = one.row["drawn"] / one.row["coded"] / one.row["probability"]
            place = recalibration.TONES.index(one.counts.tone)
            rows.append((recalibration.sentiment_probabilities(tone), place, weight))
    if len(rows) < recalibration.FEWEST:
        return None
    last = await recalibrations.find_newest(connection)
    p, tones, weight = zip(*rows, strict=True)
    found = await run_in_thread(
        lambda: recalibration.fit_recalibration(
            np.array(p), np.array(tones), np.array(weight), version=last.version + 1 if last else 1
        )
    )
    return found if found.loss_after < found.loss else None
