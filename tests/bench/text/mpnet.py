"""Themes by the second reader, next to the sentence model; without its extra there are no rows."""

import csv
import json
import re
import statistics

import numpy as np

from analysis.text import codes
from analysis.text.model import mpnet
from analysis.text.model.passages import pack_passages
from analysis.themes import codebook
from tests.bench.text.rows import Row
from tests.bench.text.speed import forty_words, texts_a_second
from tests.bench.text.themes import GAMBLING, few_shot_f1, packed_passages

ROUNDS = 3
SECOND = codes.ThemeReader(mpnet.READER, mpnet.read_passages)


def rows():
    if not mpnet.is_installed():
        return
    yield consultation_row()
    yield speed_row()


def consultation_row():
    with (GAMBLING / "eval_sentiments.csv").open(encoding="utf-8") as file:
        answers = list(csv.DictReader(file))
    topics = [set(re.findall(r"'([A-L])': \{", row["target_topics"])) for row in answers]
    texts = [row["response"] for row, letters in zip(answers, topics, strict=True) if letters]
    truth = np.array(
        [[int(one in letters) for one in "ABCDEFGHIJKL"] for letters in topics if letters]
    )
    framework = json.loads((GAMBLING / "framework_themes.json").read_text("utf-8"))
    names = [part[key]["topics"][0] for part in framework.values() for key in sorted(part)]
    by_mpnet = [pack_passages(mpnet.READER, one) for one in mpnet.read_passages(texts)]
    found = [
        np.mean([few_shot_f1(texts, truth, names, read, 10, seed) for seed in range(3)])
        for read in (by_mpnet, packed_passages(texts))
    ]
    what = "mpnet: consultation, ten examples a theme, samples-F1"
    return Row(what, "none set", f"{found[0]:.3f}", f"sentence model {found[1]:.3f}", True)


def speed_row():
    texts, coder = forty_words(100), codebook.Coder(codebook.STARTING_CODEBOOK)

    def with_second(some):
        codes.code_texts(some, [None] * len(some), coder, theme_reader=SECOND)

    def without(some):
        codes.code_texts(some, [None] * len(some), coder)

    taken = [
        [texts_a_second(texts, work) for work in (with_second, without)] for _ in range(ROUNDS)
    ]
    second, plain = (statistics.median(one) for one in zip(*taken, strict=True))
    what = "mpnet: full pipeline, texts a second a core"
    return Row(what, "none set", f"{second:,.0f}", f"without it {plain:,.0f}", True)
