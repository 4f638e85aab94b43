"""Generated pairs of sentences that differ only in words which must not change the tone."""

# ruff: noqa: S311 - seeded, so that a build can be repeated

import random
import re
from pathlib import Path
from typing import NamedTuple

import msgspec

SLOT = re.compile(r"<(\w+)>")
ARTICLE = re.compile(r"\b([Aa]) (?=[aeiouAEIO])")
BEFORE, PRECEDED = ("mention", "identity"), 0.2
"""One sentence in five follows one that says nothing of tone, as in a longer answer."""
LABELS = ("negative", "neutral", "positive")


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
