"""Fits a recalibration of the tone on what people settled; a person puts it in use."""

import msgspec
import numpy as np

from analysis.text import recalibration
from api.jobs.labels import coded
from api.jobs.threads import run_in_thread
from survey.codes import Sentiment
from survey.double_coding import Recalibration
from survey.store import codebooks, double_coding, recalibrations
from survey.store.database import Connection


async def fitted(connection: Connection) -> Recalibration | None:
    """The next recalibration; None with fewer than 200 labels, or where it would not read better.

    Only tones that have not been recalibrated before are learned from.
    """
    book = await codebooks.newest(connection)
    rows = []
    for one in [coded(row) for row in await double_coding.coded_twice(connection, book.version)]:
        tone = msgspec.convert(one.row["then_sentiment"], Sentiment | None)
        plain = "+r" not in one.row["then_coder_version"]
        if plain and tone and tone.confidence and one.counts and one.counts.tone:
            weight = one.row["drawn"] / one.row["coded"] / one.row["probability"]
            place = recalibration.TONES.index(one.counts.tone)
            rows.append((recalibration.probabilities(tone), place, weight))
    if len(rows) < recalibration.FEWEST:
        return None
    last = await recalibrations.newest(connection)
    p, tones, weight = zip(*rows, strict=True)
    found = await run_in_thread(
        lambda: recalibration.fit(
            np.array(p), np.array(tones), np.array(weight), version=last.version + 1 if last else 1
        )
    )
    return found if found.loss_after < found.loss else None
