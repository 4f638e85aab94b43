"""How well tone is read, and whether it depends on who or what a text is about."""

import csv
import functools
import itertools
import random
import re
import tomllib
from pathlib import Path

import numpy as np
from textblob import TextBlob
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from analysis.text import tone as sentiment
from analysis.text.courtesies import text_to_read
from analysis.text.model import reading
from analysis.text.model.passages import sentence_bounds, with_blank_marks
from tests.bench.text import sets
from tests.bench.text.rows import Row

DATA = Path(__file__).parents[4] / "shared" / "data" / "labelled"
HELD_OUT = tomllib.loads(Path(__file__).with_name("held_out.toml").read_text("utf-8"))
LABELS = ("negative", "neutral", "positive")
COURSE = DATA.parent / "freetext/course_evaluations.csv"
ABOUT_POLICE = re.compile(
    r"\b(?:police\w*|officers?|cops?|arrest\w*|tasers?|tasered)\b", re.IGNORECASE
)
EVERY = 5
"""As tools/text_model/sentences.py: every fifth tweet was kept from training."""


def our_scores(texts):
    return [tone.polarity for tone in read_tones(texts)]


def read_tones(texts):
    """Our tone of each text, as it is coded: without courtesies."""
    return sentiment.score_texts([*map(text_to_read, texts)], ["en"] * len(texts))


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
    seen = [reading.run_shared_layers(text) for text in texts]
    model = np.array([reading.find_tone(one) for one in seen])
    return list(sentiment.mixed_tone(model, lexicon_tones(texts)) @ sentiment.SCORE)


SCORERS = {
    "ours": our_scores,
    "mask off": unmasked_scores,
    "lexicons only": lexicon_scores,
    "TextBlob": textblob_scores,
    "VADER": vader_scores,
}


def our_labels(texts):
    return [tone.label for tone in our_tones(tuple(texts))]


def lexicon_labels(texts):
    texts = list(texts)
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


def load_course():
    """Comments on university courses; half of what their tone was fitted to, so they flatter."""
    with COURSE.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return [(row["text"], LABELS[1 + int(float(row["sentiment"]))]) for row in rows]


def strangers():
    """Labelled texts that nothing was fitted to, by name: those that are at hand."""
    found = {}
    if rows := sets.tweets():
        found["tweets of TweetEval, test"] = list(zip(*rows, strict=True))
    if rows := sets.patients():
        found["comments of patients"] = [
            row for row in zip(rows.texts, rows.tones, strict=True) if row[0].strip()
        ]
    return found


@functools.cache
def our_tones(texts):
    """Our tone of each text; cached, because several rows are about the same texts."""
    return read_tones(texts)


def accuracy(found, truth):
    return float(np.mean(np.array(found) == np.array(truth)))


def calibration_error(tones, truth, bins=10):
    """The mean gap between confidence and share of right labels over bins of equal width."""
    sure = np.array([tone.confidence for tone in tones])
    right = np.array([tone.label for tone in tones]) == np.array(truth)
    place = np.minimum((sure * bins).astype(int), bins - 1)
    gaps = [abs((right[place == n] - sure[place == n]).sum()) for n in range(bins)]
    return float(sum(gaps) / len(right))


def stranger_rows():
    """Tone where people judged it and nothing was fitted: macro-recall, accuracy, calibration."""
    for what, rows in strangers().items():
        least = 0.64 if "tweets" in what else 0.54
        yield recall_row(what, least, rows)
        yield recall_row(f"{what}, accuracy", None, rows, accuracy)
        yield calibration_row(what, rows)
        about = [(text, label) for text, label in rows if ABOUT_POLICE.search(text)]
        if "tweets" in what:
            yield recall_row("tweets that mention police", None, about)
            yield recall_row("tweets that mention police, accuracy", None, about, accuracy)


PAIRS, SEED = 500, 20_261_127


def joined_pairs():
    """Two comments of GoEmotions dev as one text of two sentences, and the tone of each."""
    chance = random.Random(SEED)
    alone = [
        (text if text[-1] in ".!?" else f"{text}.", label)
        for text, label in load_goemotions()
        if len(text.split()) > 3 and len(sentence_bounds(text)) == 1
    ]
    pairs = (chance.sample(alone, 2) for _ in range(100 * PAIRS))
    different = (
        (one, two)
        for one, two in pairs
        if one[1] != two[1]
        and len(sentence_bounds(text_to_read(with_blank_marks(f"{one[0]} {two[0]}")))) == 2
    )
    return list(itertools.islice(different, PAIRS))


def statement_row():
    """How often a sentence's own tone is right, where its text has two tones."""
    pairs = joined_pairs()
    tones = our_tones(tuple(f"{one[0]} {two[0]}" for one, two in pairs))
    truth = [label for pair in pairs for _, label in pair]
    alone = [text for pair in pairs for text, _ in pair]
    found = {
        "by sentence, where it is read so": [
            label
            for tone in tones
            for label in ([each.label for each in tone.statements] or [tone.label] * 2)
        ],
        "the text's own tone": [tone.label for tone in tones for _ in range(2)],
        "lexicons only": lexicon_labels(alone),
        "each comment read alone": our_labels(alone),
    }
    recalls = {name: macro_recall(labels, truth) for name, labels in found.items()}
    what = f"tone by sentence, {PAIRS} texts of two comments of different tone"
    return score_row(what, "none", recalls, at_least(0.0))


def calibration_row(what, rows):
    texts, truth = zip(*rows, strict=True)
    found = calibration_error(our_tones(texts), truth)
    mean = np.mean([tone.confidence for tone in our_tones(texts)])
    right = accuracy([tone.label for tone in our_tones(texts)], truth)
    return Row(
        f"calibration error of the confidence, {what}",
        "none: it is not shown",
        f"{found:.3f}",
        f"mean confidence {mean:.2f}, right {right:.2f}",
        True,
    )


def recall_row(what, target, rows, measure=macro_recall):
    """One row by the measure, of ours and the yardsticks; without a target it always passes."""
    texts, truth = zip(*rows, strict=True)
    found = {name: measure(label(texts), truth) for name, label in LABELLERS.items()}
    named = f"{what}, macro-recall" if measure is macro_recall else what
    least = "none" if target is None else target
    passes = at_least(target or 0.0)
    return score_row(f"{named} of {len(rows):,}", least, found, passes)


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


def identity_gap(scorer, words="identities", frames="identity_frames"):
    """The highest less the lowest mean of the words; the word "tall" is always one of them."""
    found = word_means(scorer, HELD_OUT[frames], [*HELD_OUT[words], "tall"])
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
        "described": {name: identity_gap(scorer, "described") for name, scorer in SCORERS.items()},
        "impaired": {name: identity_gap(scorer, "impaired") for name, scorer in SCORERS.items()},
        "unknown": {
            name: identity_gap(scorer, "described", "unknown_frames")
            for name, scorer in SCORERS.items()
        },
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
            "gap between 52 words of looks, health, faith and origin, held out",
            "at most .02",
            found["described"],
            at_most(0.02),
        ),
        score_row(
            "the same where the person is on no list either", "none", found["unknown"], at_most(2)
        ),
        score_row(
            "gap of stammering, stuttering, lisping, limping",
            "at most .02",
            found["impaired"],
            at_most(0.02),
        ),
        score_row(
            "gap between sets of names, held out", "at most .02", found["names"], at_most(0.02)
        ),
    ]
    made += civic_rows()
    if DATA.is_dir():
        made.append(recall_row("GoEmotions dev", 0.74, load_goemotions()))
        made.append(recall_row("VADER's tweets, every fifth, unseen", 0.62, load_tweets()))
        made.append(statement_row())
        made.append(calibration_row("GoEmotions dev", load_goemotions()))
        made.append(calibration_row("comments on courses", load_course()))
    return [*made, *stranger_rows()]


def at_least(least):
    return lambda value: value >= least


def at_most(most):
    return lambda value: abs(value) <= most
