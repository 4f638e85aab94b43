"""50,000 texts of forty words end to end: read by two processes, campaigns, a tree of themes."""

import datetime
import multiprocessing
import random
import time
from concurrent.futures import ProcessPoolExecutor

import numpy as np

from analysis.text import campaigns, codes
from analysis.text.model import passages
from analysis.themes import candidates, codebook
from tests.bench.text.campaigns import load_texts
from tests.bench.text.rows import Row, peak_memory, run_alone

MANY, BATCH, WORDS, SEED = 50_000, 500, 40, 20_261_125
FIRST = datetime.date(2026, 1, 1)
CODER = codebook.Coder(codebook.STARTING_CODEBOOK)


def code_batch(texts):
    """Code a batch as the job does: redacted texts, vectors of whole texts, peak memory."""
    found = codes.code_texts(texts, [None] * len(texts), CODER)
    wholes = [passages.unpack_vectors(one.passages)[0] for one in found]
    return [one.redacted for one in found], np.array(wholes, np.float32), peak_memory()


def forty_words():
    """Texts of forty words, put together from real sentences of unrelated people."""
    dice = random.Random(SEED)
    said = load_texts(dice)[1]
    made = []
    for _ in range(MANY):
        words = []
        while len(words) < WORDS:
            words += dice.choice(said).split()
        made.append(" ".join(words[:WORDS]))
    return made


def rows():
    yield run_alone(measure_all)


def measure_all():
    texts = forty_words()
    begun = time.monotonic()
    batches = [texts[at : at + BATCH] for at in range(0, MANY, BATCH)]
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        text_batches, vectors, peaks = zip(*pool.map(code_batch, batches), strict=True)
    read = time.monotonic() - begun
    redacted = [text for batch in text_batches for text in batch]
    wholes = np.concatenate(vectors)
    days = [FIRST + datetime.timedelta(days=place % 364) for place in range(MANY)]
    campaigns.find_campaigns(redacted, days, wholes)
    found = candidates.theme_hierarchy(redacted, wholes)
    found.at(found.proposed)
    taken = time.monotonic() - begun
    most = max(peak_memory(), *peaks)
    return Row(
        "50,000 texts of 40 words, all of it, two processes, minutes / MB of the largest",
        "6 / 1,200",
        f"{taken / 60:.1f} / {most:,.0f}",
        f"reading {read / 60:.1f} min; BERTopic's embedding alone 7 (60 texts a second a core)",
        taken <= 360 and most <= 1_200,
    )
