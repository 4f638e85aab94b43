"""Sentences whose tone is known: judged by people, with swapped words, or made by a grammar."""

# ruff: noqa: S311 - seeded, so that a build can be repeated

# ruff: noqa: S311 - seeded, so that a build can be repeated
import csv
import html
import io
import random
import re
import tarfile
from pathlib import Path
from typing import NamedTuple

import msgspec

SLOT = re.compile(r"<(\w+)>")
ARTICLE = re.compile(r"\b([Aa]) (?=[aeiouAEIO])")
BEFORE, PRECEDED = ("mention", "identity"), 0.2
"""One sentence in five follows one that says nothing of tone, as in a longer answer."""
LABELS = ("negative", "neutral", "positive")
GRADED = ("tweets", "amazonReviewSnippets", "movieReviewSnippets", "nytEditorialSnippets")
HELD_OUT = 5
"""Every fifth tweet is kept from training, so that tweets can be tested."""
THINNED = {"movieReviewSnippets": 3, "nytEditorialSnippets": 2}
"""Every third film snippet is read and every second editorial: many, and far from our subject."""
CALIBRATES = 20
"""Every twentieth GoEmotions comment is kept from training, to weigh and calibrate the ensemble."""
ONE_TONE = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
GOEMOTIONS = dict(zip("123", ONE_TONE, strict=True))

NOUNS = re.compile(
    r"\b(?P<before>the|this|that|a|an|my|your|his|her|our|their) (?P<noun>book|movie|film|game|car"
    r"|phone|dog|cat|team|show|song|camera|house|city|school|job|story|video|picture|place|store"
    r"|player|product|company|article|post|comment|plot|screen|battery|computer|router|day|week"
    r"|year|night|police|crime|cop|gun|knife|fire|victim|killer|murder|crash|war)\b",
    re.IGNORECASE,
)
PEOPLE = re.compile(
    r"(?<!old )(?<!young )\b(?P<noun>man|woman|men|women|guy|guys|girl|girls|boy|boys|person|people"
    r"|kid|kids|friend|friends|lady|dude)\b",
    re.IGNORECASE,
)
# A word after an article and before a mark or a preposition is mostly a noun.
HEAD = re.compile(
    r"\b(?:the|a|an) ([a-z]{4,14})(?=[.,;:?!]| (?:of|in|on|at|for|to|from|with|by|and|or|was|is)\b)"
)
MARKED = re.compile(r"\[(NAME|RELIGION)\]")


class GrammarFrames(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    label: str
    kind: str
    weight: float
    lines: str


class Grammar(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: int
    priced: tuple[str, ...]
    slots: dict[str, str]
    frames: tuple[GrammarFrames, ...]


class SentencePair(NamedTuple):
    """Two sentences of one frame, and their label's place in LABELS."""

    first: str
    second: str
    label: int


def load_grammar() -> Grammar:
    written = Path(__file__).with_name("grammar.toml").read_bytes()
    return msgspec.toml.decode(written, type=Grammar)


def slot_fillers(written: Grammar) -> dict[str, list[str]]:
    return {
        slot: [word.strip() for word in words.replace("\n", " ").split(", ")]
        for slot, words in written.slots.items()
    }


def sentence_pairs(n: int, seed: int) -> list[SentencePair]:
    """n pairs, frames drawn by weight of their kind, slots filled evenly."""
    written, chance = load_grammar(), random.Random(seed)
    words = slot_fillers(written)
    drawn = chance.choices(written.frames, [f.weight for f in written.frames], k=n)
    mentions = [f for f in written.frames if f.kind in BEFORE and f.label == "neutral"]
    made = []
    for frames in drawn:
        frame = chance.choice(frames.lines.strip().splitlines())
        if chance.random() < PRECEDED:
            frame = f"{chance.choice(chance.choice(mentions).lines.strip().splitlines())} {frame}"
        # Words that have a tone are filled once for both sentences, which must not differ in it.
        fixed = SLOT.sub(
            lambda m: m[0] if m[1] in written.priced else chance.choice(words[m[1]]), frame
        )
        # One style for both, so that a pair differs in its words alone.
        style = chance.randrange(6)
        first, second = (
            as_typed(SLOT.sub(lambda m: chance.choice(words[m[1]]), fixed), style) for _ in range(2)
        )
        made.append(SentencePair(first, second, LABELS.index(frames.label)))
    return made


def mention_pairs(n: int, nouns: list[str], seed: int) -> list[SentencePair]:
    """n pairs of one neutral frame about two nouns, which need not be of policing at all."""
    written, chance = load_grammar(), random.Random(seed)
    words = {**slot_fillers(written), "thing": nouns, "topic": nouns}
    lines = [
        line
        for frames in written.frames
        if frames.kind == "mention"
        for line in frames.lines.strip().splitlines()
        if "<thing>" in line or "<topic>" in line
    ]
    made = []
    for frame in chance.choices(lines, k=n):
        fixed = SLOT.sub(
            lambda m: m[0] if m[1] in {"thing", "topic"} else chance.choice(words[m[1]]), frame
        )
        style = chance.randrange(6)
        first, second = (
            as_typed(SLOT.sub(lambda m: chance.choice(words[m[1]]), fixed), style) for _ in range(2)
        )
        made.append(SentencePair(first, second, LABELS.index("neutral")))
    return made


def as_typed(text: str, style: int) -> str:
    """As people type: mostly a sentence, one in six in small letters, one without apostrophes."""
    text = ARTICLE.sub(r"\1n ", text)
    text = re.sub(r"(?:^|(?<=[.?!] ))[a-z]", lambda m: m[0].upper(), text)
    if style == 0:
        return text.lower().rstrip(".")
    return text.replace("'", "") if style == 1 else text


class JudgedSentence(NamedTuple):
    """A sentence and its probabilities negative, neutral, positive."""

    text: str
    tone: tuple[float, float, float]


def tone_probabilities(mean: float) -> tuple[float, float, float]:
    """A mean of 20 ratings from -4 to 4: neutral where it rounds to 0, doubtful near the half.

    The share of neutral falls from 1 at .25 to 0 at .75, since a mean of 20 has an error of about
    .25: a hard line at .5 would teach chance.
    """
    neutral = min(1.0, max(0.0, (0.75 - abs(mean)) / 0.5))
    return (1 - neutral if mean < 0 else 0.0, neutral, 1 - neutral if mean > 0 else 0.0)


def read_graded_snippets(sdist: bytes, held_out: bool = False) -> list[JudgedSentence]:
    """Snippets of Hutto and Gilbert (2014), or only the tweets that are held out."""
    snippets = []
    with tarfile.open(fileobj=io.BytesIO(sdist)) as outer:
        name = next(n for n in outer.getnames() if n.endswith("hutto_ICWSM_2014.tar.gz"))
        inner_file = outer.extractfile(name)
        assert inner_file
        with tarfile.open(fileobj=io.BytesIO(inner_file.read())) as inner:
            for source in GRADED:
                file = inner.extractfile(f"hutto_ICWSM_2014/{source}_GroundTruth.txt")
                assert file
                for row, line in enumerate(file.read().decode("latin-1").splitlines()):
                    _, mean, text = line.split("\t", 2)
                    if row % THINNED.get(source, 1):
                        continue
                    kept_back = source == "tweets" and row % HELD_OUT == 0
                    if kept_back == held_out:
                        snippets.append(
                            JudgedSentence(
                                html.unescape(text.strip()), tone_probabilities(float(mean))
                            )
                        )
    return snippets


def read_goemotions(path: Path) -> list[JudgedSentence]:
    """Comments of one clear label (Demszky et al. 2020)."""
    rows = (line.split("\t") for line in path.read_text("utf-8").splitlines())
    return [
        JudgedSentence(text, GOEMOTIONS[label]) for text, label, _ in rows if label in GOEMOTIONS
    ]


def read_course(path: Path) -> list[JudgedSentence]:
    """Comments on university courses, rated -1, 0 or 1."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return [JudgedSentence(row["text"], ONE_TONE[1 + int(float(row["sentiment"]))]) for row in rows]


def split_for_calibration(
    judged: list[JudgedSentence],
) -> tuple[list[JudgedSentence], list[JudgedSentence]]:
    """Split into sentences for training and sentences for calibration."""
    return (
        [sentence for row, sentence in enumerate(judged) if row % CALIBRATES],
        judged[::CALIBRATES],
    )


def with_marks_replaced(judged: list[JudgedSentence], seed: int) -> list[JudgedSentence]:
    """GoEmotions' [NAME] and [RELIGION] replaced by words: residents' texts have no such marks."""
    chance, words = random.Random(seed), slot_fillers(load_grammar())

    def word(mark: re.Match[str]) -> str:
        return chance.choice(words["name"] if mark[1] == "NAME" else words["identity"])

    return [JudgedSentence(MARKED.sub(word, text), tone) for text, tone in judged]


def nouns_of_sentences(judged: list[JudgedSentence]) -> list[str]:
    """Every noun of the sentences in alphabetical order: pleasant, unpleasant and neither."""
    return sorted({noun for text, _ in judged for noun in HEAD.findall(text)})


def swapped_pairs(judged: list[JudgedSentence], n: int, seed: int) -> list[SentencePair]:
    """Up to n sentences of one clear label, each with a copy with another noun, person or name."""
    chance, words = random.Random(seed), slot_fillers(load_grammar())
    made = []
    # In random order, because the sentences come source by source and only n are taken.
    for text, tone in chance.sample(judged, len(judged)):
        if max(tone) == 1.0 and (pair := counterfactual_pair(text, chance, words)):
            made.append(SentencePair(*pair, tone.index(1.0)))
        if len(made) == n:
            break
    return made


def counterfactual_pair(
    text: str, chance: random.Random, words: dict[str, list[str]]
) -> tuple[str, str] | None:
    if MARKED.search(text):
        first, second = (
            MARKED.sub(
                lambda m: chance.choice(words["name" if m[1] == "NAME" else "identity"]), text
            )
            for _ in range(2)
        )
        return first, second
    if NOUNS.search(text):
        noun = chance.choice(words["thing"])
        return text, NOUNS.sub(lambda m: f"{m['before']} {noun}", text, count=1)
    if PEOPLE.search(text):
        identity = chance.choice(words["identity"])
        return text, PEOPLE.sub(lambda m: f"{identity} {m['noun']}", text, count=1)
    return None
