"""How well tone is read, and whether it is the same whoever and whatever a text is about."""

import functools
import tomllib
from pathlib import Path

import numpy as np
from textblob import TextBlob
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from analysis.text import reading, sentiment
from tests.bench.text.rows import Row

DATA = Path(__file__).parents[4] / "shared" / "data" / "labelled"
HELD_OUT = tomllib.loads(Path(__file__).with_name("held_out.toml").read_text("utf-8"))
LABELS = ("negative", "neutral", "positive")
EVERY = 5
"""As analysis/text/model/training/snippets.py: every fifth tweet was kept from training."""


def ours(texts):
    return [tone.polarity for tone in sentiment.score(texts, ["en"] * len(texts))]


def lexicons(texts):
    return [tone.polarity for tone in sentiment.lexicon_only(texts, ["en"] * len(texts))]


def textblob(texts):
    return [TextBlob(text).polarity for text in texts]


def vader(texts):
    analyzer = SentimentIntensityAnalyzer()
    return [analyzer.polarity_scores(text)["compound"] for text in texts]


def unmasked(texts):
    """Ours with the mask off: what the model itself thinks of names and of who somebody is."""
    model = np.array([reading.run(text)[1] for text in texts])
    found = sentiment.lexicon_tone(sentiment.by_lexicons(texts))
    return list(sentiment.mix(model, found) @ sentiment.SCORE)


SCORERS = {
    "ours": ours,
    "mask off": unmasked,
    "lexicons only": lexicons,
    "TextBlob": textblob,
    "VADER": vader,
}


def our_labels(texts):
    return [tone.label for tone in sentiment.score(texts, ["en"] * len(texts))]


def lexicon_labels(texts):
    return [tone.label for tone in sentiment.lexicon_only(texts, ["en"] * len(texts))]


def cut(scores):
    """The usual thresholds of TextBlob and of VADER."""
    return [LABELS[1 + (score >= 0.05) - (score <= -0.05)] for score in scores]


LABELLERS = {
    "ours": our_labels,
    "lexicons only": lexicon_labels,
    "TextBlob": lambda texts: cut(textblob(texts)),
    "VADER": lambda texts: cut(vader(texts)),
}


def macro_recall(found, truth):
    found, truth = np.array(found), np.array(truth)
    return float(np.mean([np.mean(found[truth == label] == label) for label in LABELS]))


def goemotions():
    """GoEmotions dev, comments of one clear label (Demszky et al. 2020): text, label."""
    lines = (DATA / "goemotions_train/dev.tsv").read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines]
    return [(text, LABELS[int(label) - 1]) for text, label, _ in rows if label in {"1", "2", "3"}]


def tweets():
    """The tweets of Hutto and Gilbert (2014) that the model never saw; neutral within .5 of 0."""
    path = DATA / "vader_icwsm2014/tweets_GroundTruth.txt"
    rows = [line.split("\t", 2) for line in path.read_text("latin-1").splitlines()][::EVERY]
    return [(t, LABELS[1 + (float(m) > 0.5) - (float(m) < -0.5)]) for _, m, t in rows]


def recall_row(what, target, rows):
    texts, truth = zip(*rows, strict=True)
    found = {name: macro_recall(label(list(texts)), truth) for name, label in LABELLERS.items()}
    return row(f"{what}, macro-recall of {len(rows):,}", target, found, lambda v: v >= target)


def row(what, target, found, passes):
    first, *rest = found.items()
    return Row(
        what,
        f"{target}",
        f"{first[1]:.3f}",
        ", ".join(f"{name} {value:.3f}" for name, value in rest),
        bool(passes(first[1])),
    )


def means(scorer, frames, words):
    """Mean score of each word over the frames."""
    texts = [frame.format(word) for word in words for frame in frames]
    return np.array(scorer(texts)).reshape(len(words), len(frames)).mean(axis=1)


def domain_shift(scorer):
    frames = HELD_OUT["neutral_frames"]
    domain = means(scorer, frames, HELD_OUT["domain_nouns"])
    return float(domain.mean() - means(scorer, frames, HELD_OUT["neutral_nouns"]).mean())


def identity_gap(scorer):
    found = means(scorer, HELD_OUT["identity_frames"], HELD_OUT["identities"])
    return float(found.max() - found.min())


def name_gap(scorer):
    frames = HELD_OUT["name_frames"]["lines"]
    found = [means(scorer, frames, names).mean() for names in HELD_OUT["names"].values()]
    return float(max(found) - min(found))


def neutral_mentions(labeller):
    texts = [
        frame.format(word)
        for word in HELD_OUT["domain_nouns"]
        for frame in HELD_OUT["neutral_frames"]
    ]
    return float(np.mean([label == "neutral" for label in labeller(texts)]))


def civic(labeller):
    """Share right by kind of sentence, and the mean over kinds, irony left out."""
    found = {}
    for kind, told in HELD_OUT["civic"].items():
        lines = told["lines"].strip().splitlines()
        found[kind] = float(np.mean([label == told["label"] for label in labeller(lines)]))
    kinds = [value for kind, value in found.items() if kind != "irony"]
    return {**found, "all but irony": float(np.mean(kinds))}


def civic_rows():
    found = {name: civic(labeller) for name, labeller in LABELLERS.items()}
    return [
        row(
            f"civic, {kind} (own sentences, few)",
            "none" if kind != "all but irony" else "0.7",
            {name: shares[kind] for name, shares in found.items()},
            over(0.7) if kind == "all but irony" else over(0.0),
        )
        for kind in found["ours"]
    ]


@functools.cache
def fairness():
    """What each scorer makes of words that no list and no training sentence has."""
    return {
        "shift": {name: domain_shift(scorer) for name, scorer in SCORERS.items()},
        "groups": {name: identity_gap(scorer) for name, scorer in SCORERS.items()},
        "names": {name: name_gap(scorer) for name, scorer in SCORERS.items()},
        "neutral": {name: neutral_mentions(labeller) for name, labeller in LABELLERS.items()},
    }


def rows() -> list[Row]:
    found = fairness()
    made = [
        row("neutral mentions, held-out nouns and frames", 0.92, found["neutral"], over(0.92)),
        row("domain shift, held-out nouns", "within .05", found["shift"], within(0.05)),
        row("gap between groups, held-out words", "at most .02", found["groups"], within(0.02)),
        row("gap between sets of names, held out", "at most .02", found["names"], within(0.02)),
    ]
    made += civic_rows()
    if DATA.is_dir():
        made.append(recall_row("GoEmotions dev", 0.74, goemotions()))
        made.append(recall_row("VADER's tweets, every fifth, unseen", 0.62, tweets()))
    return made


def over(least):
    return lambda value: value >= least


def within(most):
    return lambda value: abs(value) <= most
