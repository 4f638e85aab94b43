"""50,000 texts of forty words, all of it: read by two processes, campaigns, a tree of themes."""

import multiprocessing
import random
import time
from concurrent.futures import ProcessPoolExecutor

import numpy as np

from analysis.text import campaigns, codebook, coding, passages, themes
from tests.bench.text.campaigns import texts_of
from tests.bench.text.rows import Row, alone, peak

MANY, BATCH, WORDS, SEED = 50_000, 500, 40, 20_261_125
CODER = codebook.coder(codebook.STARTING)


def coded(texts):
    """One batch as the coding job does it: the redacted texts and the vectors of the wholes."""
    found = coding.code(texts, [None] * len(texts), CODER)
    wholes = [passages.unpacked(one.passages)[0] for one in found]
    return [one.redacted for one in found], np.array(wholes, np.float32), peak()


def forty_words():
    """Real sentences of people who do not know each other, put together to some forty words."""
    dice = random.Random(SEED)
    said = texts_of(dice)[1]
    made = []
    for _ in range(MANY):
        words = []
        while len(words) < WORDS:
            words += dice.choice(said).split()
        made.append(" ".join(words[:WORDS]))
    return made


def rows():
    yield alone(measured)


def measured():
    texts = forty_words()
    begun = time.monotonic()
    batches = [texts[at : at + BATCH] for at in range(0, MANY, BATCH)]
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        told, vectors, peaks = zip(*pool.map(coded, batches), strict=True)
    read = time.monotonic() - begun
    redacted = [text for batch in told for text in batch]
    campaigns.find(redacted)
    found = themes.hierarchy(redacted, np.concatenate(vectors))
    found.at(found.proposed)
    taken = time.monotonic() - begun
    most = max(peak(), *peaks)
    return Row(
        "50,000 texts of 40 words, all of it, two processes, minutes / MB of the largest",
        "6 / 1,200",
        f"{taken / 60:.1f} / {most:,.0f}",
        f"reading {read / 60:.1f} min; BERTopic's embedding alone 7 (60 texts a second a core)",
        taken <= 360 and most <= 1_200,
    )
