"""What the people of the simulated city write, and what they mean by it."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from survey.coding.codes import Polarity
from survey.coding.demands import STANCES, Stance

WORDS = Path(__file__).with_name("words.toml")
PRAISE_ABOVE, WORRY_BELOW = 66, 54  # index of the writer
SECOND_THEME_SHARE = 0.35
STANCE_SHARES = (0.45, 0.2, 0.2, 0.15)  # of those who write about schools, as in STANCES
STANCE_TONES: dict[Stance, Polarity] = {
    "for": "negative",
    "against": "positive",
    "conditions": "neutral",
    "none": "neutral",
}
TONES: dict[str, Polarity] = {"praise": "positive", "worry": "negative", "ideas": "neutral"}


@dataclass(frozen=True)
class SimulatedText:
    """A text with its true themes, tone and language, which no real text comes with.

    `letter` if it is a copy of the campaign's letter; `stance` towards what that letter asks for,
    where the text is about it.
    """

    text: str
    themes: tuple[str, ...] = ()
    tone: Polarity = "neutral"
    language: str = "en"
    letter: bool = False
    stance: Stance = "none"


NO_TEXT = SimulatedText("")


class TextSimulator:
    """Draws texts from one generator."""

    def __init__(self, random: np.random.Generator) -> None:
        self.random = random
        self.words: dict[str, Any] = tomllib.loads(WORDS.read_text(encoding="utf-8"))

    def text(self, index: float, theme: str = "") -> SimulatedText:
        """What somebody with this index might write, of one theme or two."""
        mood = "praise" if index > PRAISE_ABOVE else "worry" if index < WORRY_BELOW else "ideas"
        names = [theme or self.pick(list(self.words["themes"]))]
        if self.random.random() < SECOND_THEME_SHARE:
            names.append(self.pick(list(self.words["themes"])))
        spoken = [self.words["themes"][name] for name in names]
        said = [self.pick(theme[mood]) for theme in spoken]
        parts = [self.pick(self.words["openings"]), *said, self.pick(self.words["endings"])]
        codes = dict.fromkeys(
            code
            for sentence, theme in zip(said, spoken, strict=True)
            for code in self.words["coded"].get(sentence, [theme["code"]])
        )
        return SimulatedText(joined_text(parts), tuple(codes), TONES[mood])

    def newcomer(self) -> SimulatedText:
        """A worry that no theme of the first codebook covers."""
        sentences = self.words["newcomer"]["sentences"]
        said = [sentences[i] for i in self.random.choice(len(sentences), 2, replace=False)]
        return SimulatedText(
            joined_text([self.pick(self.words["openings"]), *said]), (), "negative"
        )

    def campaign(self) -> SimulatedText:
        """The campaign letter as one sender sends it, with two or three of its phrases changed."""
        letter = self.words["campaign"]
        text = letter["letter"]
        for swap in letter["swaps"]:
            if self.random.random() < 0.4:
                text = text.replace(swap[0], self.pick(swap[1:]))
        parts = [self.pick(letter["begun"]), text, self.pick(letter["ended"])]
        return SimulatedText(
            joined_text(parts), (letter["code"],), "negative", letter=True, stance="for"
        )

    def about_schools(self) -> SimulatedText:
        """What somebody writes about Taser in schools: for the letter's demand, against it, for it
        under conditions, or about something else in schools.
        """
        stance = STANCES[int(self.random.choice(len(STANCES), p=STANCE_SHARES))]
        said, words = self.words["schools"][stance], self.words
        parts = [
            self.pick(words["openings"]),
            self.pick(said["first"]),
            self.pick(said["second"]),
            self.pick(words["endings"]),
        ]
        code = self.words["schools"]["code"]
        return SimulatedText(joined_text(parts), (code,), STANCE_TONES[stance], stance=stance)

    def elsewhere(self) -> SimulatedText:
        """A sentence in another language of the city."""
        entries = self.words["elsewhere"]
        entry = entries[int(self.random.integers(len(entries)))]
        return SimulatedText(entry["text"], (entry["code"],), "neutral", entry["language"])

    def pick(self, among: Sequence[str]) -> str:
        return among[int(self.random.choice(len(among)))]


def joined_text(parts: Sequence[str]) -> str:
    return " ".join(part for part in parts if part)
