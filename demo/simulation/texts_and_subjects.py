"""What people write in the simulated city, on whom force is used, and the chance behind both."""

import datetime
import random
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from survey.deployments import DeploymentCount
from survey.themes.codebooks import Polarity
from survey.themes.demands import STANCES, Stance

# In this order: an array stream is known by its place, so a new one goes at the end.
ARRAY_STREAMS = ("city", "disabilities", "subjects", "schools")
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
NOT_RECORDED = 0.05
SEARCHES_PER_10_000 = 15.0  # a month
# Categories of a subject that depend on nothing else, by dimension, with their shares.
SUBJECT_SHARES: dict[str, dict[str, float]] = {
    "age": {
        "0-10": 0.001,
        "11-17": 0.064,
        "18-34": 0.5,
        "35-49": 0.275,
        "50-64": 0.11,
        "65+": 0.02,
        "unknown": 0.03,
    },
    "sex": {"male": 0.86, "female": 0.12, "unknown": 0.02},
    "health": {"none": 0.7, "mental": 0.19, "physical": 0.04, "both": 0.02, "unknown": 0.05},
}
MONTH = datetime.timedelta(days=31)


def stream(seed: int, name: str) -> random.Random:
    """The random generator that one named part of the simulation has for a seed."""
    return random.Random(f"{seed} {name}")  # noqa: S311 - a seed must give the same world


def array_stream(seed: int, name: str) -> np.random.Generator:
    """The random generator for a part that draws whole arrays; `name` is one of ARRAY_STREAMS."""
    return np.random.default_rng((seed, ARRAY_STREAMS.index(name)))


@dataclass(frozen=True)
class SimulatedText:
    """A text with its true themes, tone and language, which are unknown for a real text.

    `letter` says whether it is a copy of the campaign's letter; `stance` is the writer's towards
    what that letter asks for, if the text is about it.
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
        """A text that fits this perception index, of one theme or two."""
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
        """A sentence in another language that people in the city speak."""
        entries = self.words["elsewhere"]
        entry = entries[int(self.random.integers(len(entries)))]
        return SimulatedText(entry["text"], (entry["code"],), "neutral", entry["language"])

    def pick(self, among: Sequence[str]) -> str:
        return among[int(self.random.choice(len(among)))]


def joined_text(parts: Sequence[str]) -> str:
    return " ".join(part for part in parts if part)


class SubjectSimulator:
    """Draws the groups of subjects, and searches, from a random generator of its own, so that all
    other draws from a seed stay the same.
    """

    def __init__(self, seed: int, residents: Mapping[str, float]) -> None:
        self.random = array_stream(seed, "subjects")
        self.residents = residents

    def shares(self, times: Mapping[str, float]) -> dict[str, float]:
        """The share of each group among subjects, and the share of those whose group was not
        recorded.
        """
        raw = {group: times[group] * n for group, n in self.residents.items()}
        whole = sum(raw.values()) / (1 - NOT_RECORDED)
        return {group: n / whole for group, n in raw.items()} | {"unknown": NOT_RECORDED}

    def groups(self, times: Mapping[str, float]) -> tuple[str, ...]:
        """What is recorded of one subject, as categories of published counts."""
        shares = {"ethnicity_officer": self.shares(times), **SUBJECT_SHARES}
        return tuple(f"{dimension}:{self.pick(among)}" for dimension, among in shares.items())

    def pick(self, among: Mapping[str, float]) -> str:
        return list(among)[int(self.random.choice(len(among), p=list(among.values())))]

    def searches(
        self,
        times: Mapping[str, float],
        people: Mapping[str, float],
        start: datetime.date,
        end: datetime.date,
    ) -> list[DeploymentCount]:
        """Stops and searches of the months that lie inside start to end, by perceived ethnicity.

        `people`: residents by area.
        """
        shares = self.shares(times)
        counted: Counter[tuple[str, datetime.date, str]] = Counter()
        for month in whole_months(start, end):
            for area, residents in people.items():
                number = int(self.random.poisson(SEARCHES_PER_10_000 * residents / 10_000))
                counted[area, month, "all"] = number
                # Drawn together, so that the groups add up to the whole.
                split = self.random.multinomial(number, list(shares.values())).tolist()
                for group, n in zip(shares, split, strict=True):
                    counted[area, month, f"ethnicity_officer:{group}"] = n
        return [search_count(cell, number) for cell, number in sorted(counted.items())]


def whole_months(start: datetime.date, end: datetime.date) -> list[datetime.date]:
    """The first day of each whole month between the days `start` and `end`, both included."""
    months, month = [], start if start.day == 1 else next_month(start)
    while next_month(month) <= end + datetime.timedelta(days=1):
        months.append(month)
        month = next_month(month)
    return months


def next_month(day: datetime.date) -> datetime.date:
    # 31 days after the first of any month lie in the next one.
    return (day.replace(day=1) + MONTH).replace(day=1)


def search_count(cell: tuple[str, datetime.date, str], number: int) -> DeploymentCount:
    area, month, group = cell
    return DeploymentCount(
        area=area,
        start=month,
        end=next_month(month) - datetime.timedelta(days=1),
        measure="searches",
        tactic="stop_search",
        group=group,
        count=number,
    )
