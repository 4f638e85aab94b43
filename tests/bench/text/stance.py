"""Stance towards a demand from few labels, on tweets about five targets and a consultation."""

import csv

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import balanced_accuracy_score

from analysis.text import stance
from analysis.text.model import reading
from analysis.text.tone import lexicon_scores, lexicon_tone, mixed_tone
from tests.bench.text import sets
from tests.bench.text.rows import Row
from tests.bench.text.themes import GAMBLING

LABELS = (20, 60, 200)
AIMS = {20: 0.66, 60: 0.78, 200: 0.86}
SEEDS = range(5)
TARGETS = {
    "abortion": "Abortion should be legal.",
    "atheism": "Atheism is right: there is no god.",
    "climate": "Climate change is a real concern.",
    "feminist": "The feminist movement is right.",
    "hillary": "Hillary Clinton should be president.",
}
CONSULTED = "Ban gambling advertisements during televised sports."
TONE = slice(2 * reading.DIMENSIONS, 2 * reading.DIMENSIONS + 3)


def rows():
    yield from consultation_rows()
    yield from tweet_rows()


def consultation_rows():
    """Synthetic answers to a government's consultation: agreed or not; chance is .5."""
    with (GAMBLING / "eval_sentiments.csv").open(encoding="utf-8") as file:
        answers = {row["response"]: int(row["position"] == "Yes") for row in csv.DictReader(file)}
    texts, said = list(answers), np.array(list(answers.values()))
    read = stance_features(texts, CONSULTED)
    found = {labels: [] for labels in LABELS}
    for labels in LABELS:
        for seed in SEEDS:
            learned, left = drawn(said, labels, seed)
            found[labels].append(scores(texts, read, said, learned, (texts, read, said, left)))
    for labels in LABELS:
        what = f"stance, consultation, {labels} labels, balanced accuracy"
        yield stance_row(what, AIMS[labels], found[labels])


def tweet_rows():
    """TweetEval: 3 stances towards five targets, learned from training tweets; chance is .33."""
    if sets.stances("abortion", "test") is None:
        return
    found = {labels: [] for labels in LABELS}
    for name, target in TARGETS.items():
        texts, said = sets.stances(name, "train")
        others, other_said = sets.stances(name, "test")
        read, other_read = (stance_features(some, target) for some in (texts, others))
        asked = others, other_read, other_said, np.arange(len(others))
        for labels in LABELS:
            for seed in SEEDS:
                learned, _ = drawn(said, labels, seed)
                found[labels].append(scores(texts, read, said, learned, asked))
    for labels in LABELS:
        what = f"stance, tweets on 5 targets (test), {labels} labels, balanced accuracy"
        yield stance_row(what, None, found[labels])


def stance_row(what, aim, found):
    head, tone, words = np.mean(found, axis=0)
    yard = f"tone alone {tone:.3f}; TF-IDF + LR {words:.3f}"
    return Row(what, f"{aim}" if aim else "none set", f"{head:.3f}", yard, head >= (aim or 0))


def stance_features(texts, target):
    read = reading.read_texts(texts)
    lexicon = lexicon_tone(lexicon_scores(texts))
    found = stance.ReadTexts(
        texts, [one.rows for one in read.placed], mixed_tone(read.tone, lexicon)
    )
    return stance.stance_features(found, stance.demand_vector(target))


def drawn(said, labels, seed):
    """Places of `labels` texts by chance, of every stance at least one, and those of the others."""
    rng = np.random.default_rng((seed, labels))
    while True:
        order = rng.permutation(len(said))
        if len(set(said[order[:labels]])) == len(set(said)):
            return order[:labels], order[labels:]


def scores(texts, read, said, learned, asked):
    """Balanced accuracy of the head, of the same head on the tone alone, and of TF-IDF."""
    others, other_read, other_said, left = asked
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    counted = words.fit_transform([texts[i] for i in learned])
    pairs = (
        (read[learned], other_read[left]),
        (read[learned, TONE], other_read[left, TONE]),
        (counted, words.transform([others[i] for i in left])),
    )
    return [
        balanced_accuracy_score(
            other_said[left], stance.fit_head(mine, said[learned]).predict(theirs)
        )
        for mine, theirs in pairs
    ]
