"""Rows on languages: recognised, English not mistaken for another, and themes found in each."""

import csv
import tomllib
from pathlib import Path

import numpy as np

from analysis.text import language
from analysis.text.codes import read_other_language
from analysis.text.model import multilingual, reading
from analysis.themes import codebook
from tests.bench.text.rows import Row

SENTENCES_FILE = Path(__file__).with_name("said_in_languages.toml")
GOEMOTIONS_FILE = Path(__file__).parents[4] / "shared/data/labelled/goemotions_train/dev.tsv"
ROMANISED = """
police ne mere bhai ko bina wajah teen baar roka
hum ne police ko phone kiya lekin do ghante baad aaye
mujhe raat ko apni gali mein bilkul mehfooz nahi lagta
wo log hamare sath theek se baat nahi karte hain
amar bhai ke police tin bar thamiyeche kono karon chara
ami police er kache obhijog korechi kintu keu uttor dey nai
polis amader sathe bhalo byabohar kore na kokhono
pulis sanu roz rok ke talashi laindi hai bina gall to
maru nam nathi aapvu karan ke mane bik lage che
tusi dasso assi ki kariye jado pulis aundi hi nahi
"""


def load_sentences() -> dict[str, list[str]]:
    return {
        code: text.strip().splitlines()
        for code, text in tomllib.loads(SENTENCES_FILE.read_text("utf-8"))["said"].items()
    }


def load_themes() -> list[str]:
    return tomllib.loads(SENTENCES_FILE.read_text("utf-8"))["themes"]


def recognised_shares(detector=language.DETECTOR) -> dict[str, float]:
    """For each language but English, the share of its sentences that are recognised."""
    return {
        code: language.detect_languages(texts, [None] * len(texts), detector).count(code)
        / len(texts)
        for code, texts in load_sentences().items()
        if code != language.ENGLISH
    }


def false_alarms(detector=language.DETECTOR) -> float:
    with GOEMOTIONS_FILE.open(encoding="utf-8") as file:
        texts = [row[0] for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
    found = language.detect_languages(texts, [None] * len(texts), detector)
    return 1 - found.count(language.ENGLISH) / len(texts)


def theme_share(vectors) -> float:
    """Share of the foreign sentences nearest to the mean of the examples of their own theme, among
    the themes that they are about.
    """
    book = [theme for theme in codebook.STARTING_CODEBOOK.themes if theme.id in load_themes()]
    means = np.array([vectors(list(theme.examples)).mean(0) for theme in book])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    gold = [[theme.id for theme in book].index(name) for name in load_themes()]
    hits = [
        (vectors(texts[: len(gold)]) @ means.T).argmax(1) == gold
        for code, texts in load_sentences().items()
        if code != language.ENGLISH
    ]
    return float(np.mean(hits))


def given_share() -> float:
    """Share of the foreign sentences that get their own theme from the coder, among others."""
    coder = codebook.Coder(codebook.STARTING_CODEBOOK)
    hits = []
    for code, texts in load_sentences().items():
        if code != language.ENGLISH:
            some = texts[: len(load_themes())]
            read = [one.passages for one in read_other_language(some)]
            hits += [
                theme in {one.theme for one in codes}
                for theme, codes in zip(load_themes(), coder.assign(some, read), strict=True)
            ]
    return float(np.mean(hits))


def rows() -> list[Row]:
    shares = recognised_shares()
    lowest = min(shares, key=lambda code: (shares[code], code))
    romanised = ROMANISED.strip().splitlines()
    unsure = language.detect_languages(romanised, [None] * len(romanised)).count(language.UNKNOWN)
    made = [
        Row(
            f"languages, {len(shares)}, lowest ({lowest})",
            ".95",
            f"{shares[lowest]:.2f}",
            "",
            shares[lowest] >= 0.95,
        ),
        Row(
            "romanised Urdu, Bengali, Punjabi, Gujarati not taken for English",
            ".90",
            f"{unsure / len(romanised):.2f}",
            "pycld2 .80",
            unsure >= 0.9 * len(romanised),
        ),
    ]
    if GOEMOTIONS_FILE.is_file():
        alarms = false_alarms()
        made.append(Row("English taken for another", "1 %", f"{alarms:.2%}", "", alarms <= 0.01))
    if multilingual.absence_reason() is None:
        share = theme_share(multilingual.text_vectors)
        yardstick = f"MiniLM {theme_share(reading.text_vectors):.2f}"
        made.append(
            Row(
                "foreign sentence nearest to its theme, of twelve",
                ".85",
                f"{share:.2f}",
                yardstick,
                share >= 0.85,
            )
        )
        given, yardstick = given_share(), f"nearest theme, of twelve, {share:.2f}"
        what = "foreign sentence gets its theme from the coder"
        made.append(Row(what, ".74", f"{given:.2f}", yardstick, given >= 0.74))
    return made
