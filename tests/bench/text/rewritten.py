"""Letters in other words: found, no stranger taken for one of them, and no copy hidden by them."""

import csv
import datetime
import json
import random
import re
import tomllib
from pathlib import Path
from typing import NamedTuple

import numpy as np

from analysis.text import campaigns
from analysis.text.copies import FEWEST_WORDS
from analysis.text.model import reading
from tests.bench.text import sets
from tests.bench.text.campaigns import DATA, edited_copy
from tests.bench.text.rows import Row

LETTERS = tomllib.loads(Path(__file__).with_name("rewritten_letters.toml").read_text())
FIRST = datetime.date(2026, 1, 1)
YEAR = 364
SEED = 20_261_125
COPIES, PARTLY = 10, 16


class Strangers(NamedTuple):
    """Long texts of people who do not know each other, their vectors and days over a year."""

    texts: list[str]
    vectors: np.ndarray
    days: list[datetime.date]


def column(path, name):
    with (DATA / path).open(encoding="utf-8") as file:
        return [row[name] for row in csv.DictReader(file)]


def load_strangers():
    """All texts of 35 words or more in the sets at hand."""
    found = column("freetext/ppd_complaints_2015-2020.csv", "summary")
    found += column("freetext/polis_london_youth_policing/comments.csv", "comment-body")
    found += column("freetext/course_evaluations.csv", "text")
    found += column("freetext/themefinder_gambling_XS/evals/data/generation/eval_sentiments.csv",
                    "response")  # fmt: skip
    for part in (1, 2):
        path = f"themefinder_gambling_XS/evals/data/gambling_XS/inputs/question_part_{part}"
        lines = (DATA / "freetext" / path / "responses.jsonl").read_text("utf-8").splitlines()
        found += [json.loads(line)["response"] for line in lines]
    talk = (DATA / "labelled/goemotions_train/dev.tsv").read_text("utf-8").splitlines()
    found += [line.split("\t")[0] for line in talk]
    if sets.tweets():
        found += [*sets.tweets()[0], *sets.tweets("val")[0], *sets.patients().texts]
    long = sorted({text for text in found if len(text.split()) >= FEWEST_WORDS})
    days = np.random.default_rng(SEED).integers(YEAR, size=len(long))
    return Strangers(long, reading.text_vectors(long), [FIRST + day_count(day) for day in days])


def day_count(days):
    return datetime.timedelta(days=int(days))


def groups_among(strangers, letters, *, dated=True):
    """The groups found with these letters, all of one fortnight, among the texts of strangers; the
    letters come first.
    """
    vectors = np.concatenate([reading.text_vectors(letters), strangers.vectors])
    start = np.random.default_rng(SEED).integers(YEAR - 14)
    days = [FIRST + day_count(start + place % 10) for place in range(len(letters))]
    return campaigns.find_campaigns(
        [*letters, *strangers.texts], [*days, *strangers.days] if dated else None, vectors
    )


def chosen_letters(use, wording):
    return [
        one["letters"]
        for one in LETTERS["demand"]
        if (one["use"], one["wording"]) == (use, wording)
    ]


def alone_letters(use):
    return [text for one in LETTERS["alone"] if one["use"] == use for text in one["letters"]]


def letters_found(strangers, demands, alone):
    """How many letters are in a group of their own demand, and how many others are in those.

    `alone` are people who write about the same subjects by themselves, in the same fortnight.
    """
    right = others = 0
    for letters in demands:
        found = groups_among(strangers, [*letters, *alone])
        mine = [set(one.members) & set(range(len(letters))) for one in found]
        best = max(range(len(found)), key=lambda place: len(mine[place]), default=None)
        if best is not None and mine[best]:
            right += len(mine[best])
            others += len(found[best].members) - len(mine[best])
    return right, others


def copies_hidden(strangers):
    """Of ten edited copies, how many are outside the group in a run with letters that keep a part
    of them: over all demands to tune on, with vectors and without.
    """
    dice = random.Random(SEED)
    words = [word for text in strangers.texts for word in text.split()]
    hidden = np.zeros(2, int)
    demands = chosen_letters("tune", "free") + chosen_letters("tune", "close")
    for letters in demands:
        copies = [edited_copy(letters[0], words, dice) for _ in range(COPIES)]
        run = copies + [partly_kept(letters, place, dice) for place in range(PARTLY)]
        plain = campaigns.find_campaigns([*run, *strangers.texts])
        for place, found in enumerate((groups_among(strangers, run), plain)):
            hidden[place] += COPIES - max(
                (len(set(one.members) & set(range(COPIES))) for one in found), default=0
            )
    return hidden, len(demands)


def partly_kept(letters, place, dice):
    """A letter that begins or ends with a sentence or two of the first one."""
    own, other = (
        re.split(r"(?<=[.?!])\s+", one)
        for one in (letters[0], letters[1 + place % (len(letters) - 1)])
    )
    kept = dice.randrange(1, 3)
    joined = own[:kept] + other[kept:] if dice.random() < 0.5 else other[:-kept] + own[-kept:]
    return " ".join(joined)


def rows():
    if not DATA.is_dir():
        yield Row("letters in other words", "", "../shared is absent", "", False)
        return
    strangers = load_strangers()
    many = f"{len(strangers.texts):,} long texts of strangers"
    false = [groups_among(strangers, [], dated=dated) for dated in (True, False)]
    counts = [len(one) for one in false]
    yield Row(
        f"campaigns found among {many}, over a year / without days", "0 / 0",
        "{} / {}".format(*counts), "", not any(counts),
    )  # fmt: skip
    alone = alone_letters("held out")
    close, joined = letters_found(strangers, chosen_letters("held out", "close"), alone)
    yield Row(
        "campaign, letters in other words, sentence by sentence, held out",
        "28 of 30", f"{close} of 30, and {joined} others", "by words only 0", close >= 28,
    )  # fmt: skip
    free, joined = letters_found(strangers, chosen_letters("held out", "free"), alone)
    yield Row(
        "campaign, letters written anew as each would put it, held out",
        "none set", f"{free} of 30, and {joined} of {len(alone)} who write by themselves",
        "by words only 0", True,
    )  # fmt: skip
    hidden, runs = copies_hidden(strangers)
    yield Row(
        f"copies hidden by letters that keep a part, of {runs * COPIES}", "0", f"{hidden[0]}",
        f"by words only {hidden[1]}", hidden[0] == 0,
    )  # fmt: skip
