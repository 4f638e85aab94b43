"""The true figures of a simulated city for any days, on the scales that an edition uses."""

import datetime
import math
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec
import numpy as np
from scipy.stats import norm

from analysis.statistics.sampling.variance import Floats
from demo import simulation
from demo.simulation import SimulatedCity, SimulatedPerson, texts_and_subjects
from survey.themes.codebooks import Polarity
from survey.themes.demands import Stance

FILE = "planted_truth.json"
Verdict = Literal["holds", "misses", "right", "false", "silent"]
NOT_SHOWN = "Not shown"
# A person scatters about the borough's mean, and each answer about the person.
ANSWER_SPREAD = float(np.hypot(simulation.INDEX_SPREAD, simulation.ITEM_SPREAD))
# An answer of 1 to 5 is rounded: the index from which on it is 2, 3, 4 and 5.
STEPS = (12.5, 37.5, 62.5, 87.5)
DISAGREES_BELOW, AGREES_FROM = STEPS[1], STEPS[2]
TONE_VALUES = {"negative": -100.0, "neutral": 0.0, "positive": 100.0}
PER = 10_000
Days = tuple[datetime.date, datetime.date]


class WrittenText(msgspec.Struct, frozen=True, array_like=True):
    """A text, and what its writer meant by it.

    `letter` says whether it is a copy of the campaign's letter; `stance` is the writer's towards
    what that letter asks for.
    """

    stream: str
    day: datetime.date
    themes: tuple[str, ...]
    tone: Polarity
    language: str
    letter: bool
    stance: Stance = "none"


class PlantedTruth(msgspec.Struct, frozen=True, kw_only=True):
    """The true values of a simulated city; boroughs are in the order of `areas`.

    `levels` is the mean index of each borough in each week from the Monday `first`, before answers
    are rounded to five points; `weekly_mean` how many deployments a week each borough has on
    average; `incidents` how many there were on each day.
    """

    first: datetime.date
    areas: tuple[str, ...]
    adults: tuple[float, ...]
    residents: tuple[float, ...]
    levels: tuple[tuple[float, ...], ...]
    weekly_mean: tuple[float, ...]
    incidents: tuple[int, ...]
    texts: tuple[WrittenText, ...]


def planted_truth(world: SimulatedCity) -> PlantedTruth:
    """The true values of a city, taken from its simulation."""
    days = {
        deployment.incident: (deployment.day - world.first).days for deployment in world.deployments
    }
    incidents = Counter(days.values())
    streams = (
        ("sampled", world.sampled),
        ("open", world.volunteers),
        ("complaints", world.complainants),
    )
    return PlantedTruth(
        first=world.first,
        areas=tuple(world.codes),
        adults=tuple(map(float, world.adults)),
        residents=tuple(map(float, world.residents)),
        levels=tuple(tuple(row) for row in world.truth.round(4).tolist()),
        weekly_mean=tuple(world.weekly_mean.tolist()),
        incidents=tuple(incidents[day] for day in range(7 * world.truth.shape[1])),
        texts=tuple(
            written_text(stream, person)
            for stream, of in streams
            for person in of
            if person.written.text
        ),
    )


def written_text(stream: str, person: SimulatedPerson) -> WrittenText:
    said = person.written
    return WrittenText(
        stream,
        person.moment.date(),
        said.themes,
        said.tone,
        said.language,
        said.letter,
        said.stance,
    )


def save_truth(folder: Path, planted: PlantedTruth) -> None:
    folder.mkdir(parents=True, exist_ok=True)  # with a database elsewhere nothing else makes it
    (folder / FILE).write_bytes(msgspec.json.encode(planted))


def has_truth(folder: Path) -> bool:
    return (folder / FILE).is_file()


def load_truth(folder: Path) -> PlantedTruth | None:
    """The true values of the demonstration in this folder; None if they were not saved there."""
    try:
        return msgspec.json.decode((folder / FILE).read_bytes(), type=PlantedTruth)
    # A demonstration on real files has none, and an older one may have them in another shape.
    except (FileNotFoundError, msgspec.DecodeError):
        return None


class TruthRow(msgspec.Struct, frozen=True, kw_only=True):
    """What an edition says, what is true, and the verdict.

    `kind` is the group of figures that it is counted in, `what` the figure itself. An interval
    'holds' the truth or 'misses' it; a statement without an interval is 'right' or 'false';
    'silent' is what the edition does not say.
    """

    chapter: str
    kind: str
    what: str
    says: str
    truth: str
    verdict: Verdict


class Subject(NamedTuple):
    """What a row is about."""

    chapter: str
    kind: str
    what: str


class SaidInterval(NamedTuple):
    """A figure of an edition with its limits; `unit` follows the numbers, of `places` decimals."""

    value: float | None
    low: float | None
    high: float | None
    places: int = 1
    unit: str = ""

    def text(self, number: float) -> str:
        return f"{number:,.{self.places}f}{self.unit}"


def interval_row(about: Subject, said: SaidInterval, truth: float) -> TruthRow:
    """The row of a figure with an interval; its verdict is 'silent' if the figure, its interval or
    the true value is missing.
    """
    if said.value is None or said.low is None or said.high is None or math.isnan(truth):
        verdict: Verdict = "silent"
        says = NOT_SHOWN if said.value is None else said.text(said.value)
    else:
        verdict = "holds" if said.low <= truth <= said.high else "misses"
        value, low, high = map(said.text, (said.value, said.low, said.high))
        says = f"{value} (95% interval {low} to {high})"
    true = "None" if math.isnan(truth) else said.text(truth)
    return TruthRow(**about._asdict(), says=says, truth=true, verdict=verdict)


def statement_row(about: Subject, says: str, truth: str, *, is_true: bool) -> TruthRow:
    """The row of a statement without an interval."""
    return TruthRow(
        **about._asdict(), says=says, truth=truth, verdict="right" if is_true else "false"
    )


def silent_row(about: Subject, says: str, truth: str) -> TruthRow:
    """The row of something about which the edition says neither yes nor no."""
    return TruthRow(**about._asdict(), says=says, truth=truth, verdict="silent")


class VerdictCounts(NamedTuple):
    """How many intervals hold the truth, how many statements are false, what was not said."""

    intervals: int
    held: int
    statements: int
    false: int
    silent: int

    @property
    def sentence(self) -> str:
        parts = []
        if self.intervals:
            parts.append(f"{self.held} of {self.intervals} intervals hold the truth")
        if self.statements:
            right = self.statements - self.false
            parts.append(f"{right} of {self.statements} statements are right")
        if self.silent:
            parts.append(f"{self.silent} figures are not shown")
        return "; ".join(parts) + "."


def count_verdicts(rows: Iterable[TruthRow]) -> VerdictCounts:
    verdicts = Counter(row.verdict for row in rows)
    return VerdictCounts(
        intervals=verdicts["holds"] + verdicts["misses"],
        held=verdicts["holds"],
        statements=verdicts["right"] + verdicts["false"],
        false=verdicts["false"],
        silent=verdicts["silent"],
    )


class Agreement(NamedTuple):
    """The per cent of people who agree with an item, and that less the per cent who disagree."""

    agree: float
    net: float


class TrueFigures:
    """The true figures of one simulated city; `days` are a first and a last day, both included."""

    def __init__(self, planted: PlantedTruth) -> None:
        self.planted = planted
        self.place = {area: i for i, area in enumerate(planted.areas)}
        self.levels = np.array(planted.levels)
        self.adults = np.array(planted.adults)
        self.residents = np.array(planted.residents)
        self.weekly_mean = np.array(planted.weekly_mean)
        share = self.residents / self.residents.sum()
        self.weekly_complaints = (
            simulation.COMPLAINTS_PER_DEPLOYMENT * self.weekly_mean
            + simulation.OTHER_COMPLAINTS_A_WEEK * share
        )

    def areas(self, domain: str) -> list[int]:
        """The positions of a domain's boroughs among the planted areas: of one borough, or of all
        if the domain is the city.
        """
        return [self.place[domain]] if domain in self.place else list(range(len(self.adults)))

    def week_shares(self, days: Days) -> Floats:
        """The share of the days that falls into each week; answers come evenly over a week."""
        first, last = ((day - self.planted.first).days for day in days)
        weeks = 7 * np.arange(self.levels.shape[1])
        inside = np.clip(np.minimum(weeks + 6, last) - np.maximum(weeks, first) + 1, 0, 7)
        return np.asarray(inside / max(inside.sum(), 1))

    def mean_of_adults(self, by_level: Floats, domain: str, days: Days) -> float:
        """The mean of a figure, boroughs x weeks, over the adults of a domain."""
        rows = self.areas(domain)
        return float(np.average(by_level[rows] @ self.week_shares(days), weights=self.adults[rows]))

    def index(self, domain: str, days: Days) -> float:
        return self.mean_of_adults(expected_index(self.levels), domain, days)

    def agreement(self, domain: str, days: Days) -> Agreement:
        """How people answer each of the four items, which are alike in the simulation."""
        agree, disagree = (
            100 * self.mean_of_adults(shares, domain, days)
            for shares in (
                norm.sf(AGREES_FROM, self.levels, ANSWER_SPREAD),
                norm.cdf(DISAGREES_BELOW, self.levels, ANSWER_SPREAD),
            )
        )
        return Agreement(agree, agree - disagree)

    def effect(self) -> float:
        """Points of the index per deployment per 10,000: less than the planted effect, as answers
        cannot go below 1 or above 5.
        """
        slope = (expected_index(self.levels + 0.5) - expected_index(self.levels - 0.5)).mean()
        return simulation.EFFECT_ON_INDEX * float(slope)

    def rate(self, weekly: Floats, domain: str, days: int) -> float:
        """Events per 10,000 residents over `days` days; each borough has `weekly` a week."""
        rows = self.areas(domain)
        return float(PER * weekly[rows].sum() * days / 7 / self.residents[rows].sum())

    def incidents(self, days: Days) -> int:
        """How many deployments there were on these days."""
        first, last = ((day - self.planted.first).days for day in days)
        return sum(self.planted.incidents[max(first, 0) : last + 1])

    def texts(self, stream: str, days: Days) -> list[WrittenText]:
        first, last = days
        return [
            text
            for text in self.planted.texts
            if text.stream == stream and first <= text.day <= last
        ]

    def theme_share(self, stream: str, theme: str, days: Days, *, once: bool = False) -> float:
        """The share of texts on a theme: for the sampled stream as residents would write, else
        among the texts written.

        With `once`, the copies of the campaign's letter count as one text.
        """
        if stream == "sampled":
            return sum(
                chance * theme_chances()[mood].get(theme, 0.0)
                for mood, chance in self.moods(days).items()
            )
        texts = self.texts(stream, days)
        return weighted_mean(
            (theme in text.themes for text in texts), text_weights(texts, once=once)
        )

    def net_sentiment(
        self, stream: str, days: Days, theme: str = "", *, once: bool = False
    ) -> float:
        """The net sentiment (-100 to 100) of the texts in English, or of those on a theme."""
        if stream == "sampled":
            moods = {
                mood: chance * (theme_chances()[mood].get(theme, 0.0) if theme else 1.0)
                for mood, chance in self.moods(days).items()
            }
            values = (TONE_VALUES[texts_and_subjects.TONES[mood]] for mood in moods)
            return weighted_mean(values, list(moods.values()))
        texts = [
            text
            for text in self.texts(stream, days)
            if text.language == "en" and (not theme or theme in text.themes)
        ]
        return weighted_mean(
            (TONE_VALUES[text.tone] for text in texts), text_weights(texts, once=once)
        )

    def stance_share(self, stream: str, stance: str, days: Days, *, once: bool = False) -> float:
        """The share of a stance (0 to 1) among the texts that take one towards the letter's
        demand.
        """
        texts = [text for text in self.texts(stream, days) if text.stance != "none"]
        return weighted_mean(
            (text.stance == stance for text in texts), text_weights(texts, once=once)
        )

    def moods(self, days: Days) -> Mapping[str, float]:
        """Of the texts that residents who were asked would write, the shares in praise, in worry
        and with ideas.
        """
        spread = simulation.INDEX_SPREAD
        praise, worry = (
            self.mean_of_adults(shares, "", days)
            for shares in (
                norm.sf(texts_and_subjects.PRAISE_ABOVE, self.levels, spread),
                norm.cdf(texts_and_subjects.WORRY_BELOW, self.levels, spread),
            )
        )
        return {"praise": praise, "worry": worry, "ideas": 1 - praise - worry}


def expected_index(levels: Floats) -> Floats:
    """The mean index of people who scatter about these levels, from answers of 1 to 5."""
    points = [norm.sf(step, levels, ANSWER_SPREAD) for step in STEPS]
    return np.asarray(100 / len(STEPS) * np.sum(points, axis=0))


def text_weights(texts: list[WrittenText], *, once: bool) -> list[float]:
    """The weights of texts: 1 each; with `once`, all copies of the campaign's letter together have
    1.
    """
    letters = sum(text.letter for text in texts)
    return [1 / letters if once and text.letter else 1.0 for text in texts]


def weighted_mean(values: Iterable[float], weights: list[float]) -> float:
    """The weighted mean; NaN without any weight."""
    total = sum(weights)
    return sum(np.multiply(list(values), weights).tolist()) / total if total else float("nan")


@cache
def theme_chances() -> dict[str, dict[str, float]]:
    """For each mood, the chance that a text speaks of each theme; a text has one subject or two."""
    words = tomllib.loads(texts_and_subjects.WORDS.read_text(encoding="utf-8"))
    chances: dict[str, dict[str, float]] = {}
    for mood in texts_and_subjects.TONES:
        once: dict[str, float] = {}
        for subject in words["themes"].values():
            share = 1 / len(words["themes"]) / len(subject[mood])
            for sentence in subject[mood]:
                for theme in words["coded"].get(sentence, [subject["code"]]):
                    once[theme] = once.get(theme, 0.0) + share
        chances[mood] = {
            theme: 1 - (1 - chance) * (1 - texts_and_subjects.SECOND_THEME_SHARE * chance)
            for theme, chance in once.items()
        }
    return chances
