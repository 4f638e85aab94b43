"""How well tone is read, and whether it depends on who or what a text is about."""

import functools
import tomllib
from pathlib import Path

import numpy as np
from textblob import TextBlob
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from analysis.text import reading
from analysis.text.tone import sentiment
from tests.bench.text.rows import Row

DATA = Path(__file__).parents[4] / "shared" / "data" / "labelled"
HELD_OUT = tomllib.loads(Path(__file__).with_name("held_out.toml").read_text("utf-8"))
LABELS = ("negative", "neutral", "positive")
EVERY = 5
"""As tools/text_model/training/snippets.py: every fifth tweet was kept from training."""


def our_scores(texts):
    return [tone.polarity for tone in sentiment.score_texts(texts, ["en"] * len(texts))]


def lexicon_tones(texts):
    """(n, 3) of the two lexicons alone, without the model."""
    return sentiment.lexicon_tone(sentiment.lexicon_scores(texts))


def lexicon_scores(texts):
    return list(lexicon_tones(texts) @ sentiment.SCORE)


def textblob_scores(texts):
    return [TextBlob(text).polarity for text in texts]


def vader_scores(texts):
    analyzer = SentimentIntensityAnalyzer()
    return [analyzer.polarity_scores(text)["compound"] for text in texts]


def unmasked_scores(texts):
    """Our scores without masking: how the model alone reacts to names and identities."""
    model = np.array([reading.find_tone(reading.run_shared_layers(text)) for text in texts])
    return list(sentiment.mixed_tone(model, lexicon_tones(texts)) @ sentiment.SCORE)


SCORERS = {
    "ours": our_scores,
    "mask off": unmasked_scores,
    "lexicons only": lexicon_scores,
    "TextBlob": textblob_scores,
    "VADER": vader_scores,
}


def our_labels(texts):
    return [tone.label for tone in sentiment.score_texts(texts, ["en"] * len(texts))]


def lexicon_labels(texts):
    return [LABELS[n] for n in lexicon_tones(texts).argmax(axis=1)]


def labels_of_scores(scores):
    """The usual thresholds of TextBlob and of VADER."""
    return [LABELS[1 + (score >= 0.05) - (score <= -0.05)] for score in scores]


LABELLERS = {
    "ours": our_labels,
    "lexicons only": lexicon_labels,
    "TextBlob": lambda texts: labels_of_scores(textblob_scores(texts)),
    "VADER": lambda texts: labels_of_scores(vader_scores(texts)),
}


def macro_recall(found, truth):
    found, truth = np.array(found), np.array(truth)
    return float(np.mean([np.mean(found[truth == label] == label) for label in LABELS]))


def load_goemotions():
    """GoEmotions dev, comments with one clear label (Demszky et al. 2020): text, label."""
    lines = (DATA / "goemotions_train/dev.tsv").read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines]
    return [(text, LABELS[int(label) - 1]) for text, label, _ in rows if label in {"1", "2", "3"}]


def load_tweets():
    """Tweets of Hutto and Gilbert (2014) not used in training; neutral within .5 of 0."""
    path = DATA / "vader_icwsm2014/tweets_GroundTruth.txt"
    rows = [line.split("\t", 2) for line in path.read_text("latin-1").splitlines()][::EVERY]
    return [(t, LABELS[1 + (float(m) > 0.5) - (float(m) < -0.5)]) for _, m, t in rows]


def recall_row(what, target, rows):
    texts, truth = zip(*rows, strict=True)
    found = {name: macro_recall(label(list(texts)), truth) for name, label in LABELLERS.items()}
    return score_row(f"{what}, macro-recall of {len(rows):,}", target, found, lambda v: v >= target)


def score_row(what, target, found, passes):
    first, *rest = found.items()
    return Row(
        what,
        f"{target}",
        f"{first[1]:.3f}",
        ", ".join(f"{name} {value:.3f}" for name, value in rest),
        bool(passes(first[1])),
    )


def word_means(scorer, frames, words):
    """The mean score of each word over the frames."""
    texts = [frame.format(word) for word in words for frame in frames]
    return np.array(scorer(texts)).reshape(len(words), len(frames)).mean(axis=1)


def domain_shift(scorer):
    frames = HELD_OUT["neutral_frames"]
    domain = word_means(scorer, frames, HELD_OUT["domain_nouns"])
    return float(domain.mean() - word_means(scorer, frames, HELD_OUT["neutral_nouns"]).mean())


def identity_gap(scorer):
    found = word_means(scorer, HELD_OUT["identity_frames"], HELD_OUT["identities"])
    return float(found.max() - found.min())


def name_gap(scorer):
    frames = HELD_OUT["name_frames"]["lines"]
    found = [word_means(scorer, frames, names).mean() for names in HELD_OUT["names"].values()]
    return float(max(found) - min(found))


def neutral_mentions(labeller):
    texts = [
        frame.format(word)
        for word in HELD_OUT["domain_nouns"]
        for frame in HELD_OUT["neutral_frames"]
    ]
    return float(np.mean([label == "neutral" for label in labeller(texts)]))


def civic_shares(labeller):
    """The share of right labels by kind of sentence, and its mean over kinds without irony."""
    found = {}
    for kind, sentences in HELD_OUT["civic"].items():
        lines = sentences["lines"].strip().splitlines()
        found[kind] = float(np.mean([label == sentences["label"] for label in labeller(lines)]))
    kinds = [value for kind, value in found.items() if kind != "irony"]
    return {**found, "all but irony": float(np.mean(kinds))}


def civic_rows():
    found = {name: civic_shares(labeller) for name, labeller in LABELLERS.items()}
    return [
        score_row(
            f"civic, {kind} (own sentences, few)",
            "none" if kind != "all but irony" else "0.7",
            {name: shares[kind] for name, shares in found.items()},
            at_least(0.7) if kind == "all but irony" else at_least(0.0),
        )
        for kind in found["ours"]
    ]


@functools.cache
def fairness_scores():
    """Each scorer's results on words that are in no list and no training sentence."""
    return {
        "shift": {name: domain_shift(scorer) for name, scorer in SCORERS.items()},
        "groups": {name: identity_gap(scorer) for name, scorer in SCORERS.items()},
        "names": {name: name_gap(scorer) for name, scorer in SCORERS.items()},
        "neutral": {name: neutral_mentions(labeller) for name, labeller in LABELLERS.items()},
    }


def rows() -> list[Row]:
    found = fairness_scores()
    made = [
        score_row(
            "neutral mentions, held-out nouns and frames", 0.92, found["neutral"], at_least(0.92)
        ),
        score_row("domain shift, held-out nouns", "within .05", found["shift"], at_most(0.05)),
        score_row(
            "gap between groups, held-out words", "at most .02", found["groups"], at_most(0.02)
        ),
        score_row(
            "gap between sets of names, held out", "at most .02", found["names"], at_most(0.02)
        ),
    ]
    made += civic_rows()
    if DATA.is_dir():
        made.append(recall_row("GoEmotions dev", 0.74, load_goemotions()))
        made.append(recall_row("VADER's tweets, every fifth, unseen", 0.62, load_tweets()))
    return made


def at_least(least):
    return lambda value: value >= least


def at_most(most):
    return lambda value: abs(value) <= most
