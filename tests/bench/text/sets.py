"""Labelled texts of strangers that Soundings neither ships nor learned from, to be measured on.

They are read from the folder that the setting SOUNDINGS_SETS names; without it their rows are left
out of the table. Its files, under these names:

- tweeteval_{val,test}_{text,labels}.txt: the task `sentiment` of TweetEval (Barbieri et al. 2020).
- stance_{abortion,atheism,climate,feminist,hillary}_{train,test}_{text,labels}.txt: its task
  `stance` (Mohammad et al. 2016), for a target against it, in favour of it or neither.
- patients_v6.csv: comments of patients with tone and themes by people, `v6framework_230831.csv`
  of NHS England's pxtextmining.
- stackoverflow_{title,label}_StackOverflow.txt: questions under 20 headings (Xu et al. 2015).
"""

import csv
import os
from pathlib import Path
from typing import NamedTuple

import numpy as np

SETS = Path(os.environ.get("SOUNDINGS_SETS", "nowhere"))
TONES = ("negative", "neutral", "positive")
ABOUT_PATIENTS = 12
"""The columns before this one say whose comment it is and what was asked."""


class ThemedTexts(NamedTuple):
    """n texts, their tones (n), the names of k themes, and who stands under which: (n, k)."""

    texts: list[str]
    tones: list[str]
    themes: list[str]
    member: np.ndarray


def lines(name):
    return (SETS / name).read_text("utf-8").removesuffix("\n").split("\n")


def tweets(part="test"):
    """The texts and tones of 12,284 tweets; of 2,000 others to learn from with part "val".

    None where they are not at hand.
    """
    if not (SETS / f"tweeteval_{part}_text.txt").is_file():
        return None
    places = lines(f"tweeteval_{part}_labels.txt")
    return lines(f"tweeteval_{part}_text.txt"), [TONES[int(place)] for place in places]


def stances(target, part):
    """Tweets about a target and their stances (0 neither, 1 against, 2 in favour); None where they
    are not at hand.
    """
    if not (SETS / f"stance_{target}_{part}_text.txt").is_file():
        return None
    return lines(f"stance_{target}_{part}_text.txt"), np.array(
        lines(f"stance_{target}_{part}_labels.txt"), int
    )


def patients():
    """The comments of patients to which people gave a tone; None where they are not at hand.

    Of five grades the outer two on each side are one tone.
    """
    path = SETS / "patients_v6.csv"
    if not path.is_file():
        return None
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["Comment sentiment"]]
    themes = list(rows[0])[ABOUT_PATIENTS:]
    return ThemedTexts(
        [row["FFT answer"] for row in rows],
        [
            TONES[1 + (row["Comment sentiment"] < "3") - (row["Comment sentiment"] > "3")]
            for row in rows
        ],
        themes,
        np.array([[row[theme].strip() == "1" for theme in themes] for row in rows]),
    )


def titles():
    """The titles of 20,000 questions and the numbers of their headings; None where not at hand."""
    if not (SETS / "stackoverflow_title_StackOverflow.txt").is_file():
        return None
    headings = lines("stackoverflow_label_StackOverflow.txt")
    return lines("stackoverflow_title_StackOverflow.txt"), np.array(headings, int)
