"""How many texts change sides, praise for blame or blame for praise, by what must not matter."""

import functools
import itertools
import random
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from analysis.text.courtesies import text_to_read
from analysis.text.model import reading
from analysis.text.tone import score_texts
from tests.bench.text.rows import Row

HERE = Path(__file__).parent
SEED = 20_261_201
TARGET = 0.03
COURTESIES = tomllib.loads((HERE / "courtesies.toml").read_text("utf-8"))
SIDES = {"negative", "positive"}


class Change(NamedTuple):
    """One way in which a text is written otherwise: its group, and what makes the other text."""

    group: str
    apply: Callable[[str], str]


@functools.cache
def plain_texts() -> tuple[str, ...]:
    """Sentences of each tone and kind, without a courtesy, each with a full stop."""
    civic = tomllib.loads((HERE / "held_out.toml").read_text("utf-8"))["civic"]
    lines = (line for kind in civic.values() for line in kind["lines"].strip().splitlines())
    return tuple(line if line[-1] in ".!?" else f"{line}." for line in lines)


def courtesies(which: str, place: str) -> list[str]:
    return COURTESIES[which][place].strip().splitlines()


def at_the_end(courtesy: str, text: str) -> str:
    return f"{text} {courtesy}"


def at_the_start(courtesy: str, text: str) -> str:
    return f"{courtesy} {text}"


def in_the_middle(courtesy: str, text: str) -> str:
    """Between the text and a sentence without a tone, which the plain text is compared with."""
    return f"{text} {courtesy} {ADDED}"


def before_a_clause(courtesy: str, text: str) -> str:
    return f"{courtesy} {text[0].lower()}{text[1:]}"


ADDED = "I live in Hackney."
POLITE = (
    "Please note: {}",
    "I would like to add that {}",
    "Can I begin by saying, {}",
    "One thing: {}",
)


QUOTED = ('"{}"', "“{}”", "‘{}’", "'{}'", "« {} »")
SLIPS = 10
"""How often each text is written again with a slip of its own."""


def with_slip(text: str, again: int = 0) -> str:
    """One letter left out, doubled or swapped with the next, in one of the longest words."""
    chance = random.Random(text + " " * again)
    longest = max(len(word) for word in text.split())
    word = chance.choice([word for word in text.split() if len(word) >= min(5, longest)])
    place = chance.randrange(max(1, len(word) - 1))
    slips = (
        word[:place] + word[place + 1 :],
        word[:place] + word[place] + word[place:],
        word[:place] + word[place + 1 : place + 2] + word[place] + word[place + 2 :],
    )
    return text.replace(word, chance.choice(slips), 1)


def courtesy_changes() -> list[Change]:
    found = []
    for which, style in itertools.product(
        ("known", "held_out"), ("as written", "with a slip", "in capitals")
    ):
        written = {"as written": str, "with a slip": with_slip, "in capitals": str.upper}[style]
        places = {"end": (at_the_end, in_the_middle), "start": (at_the_start, in_the_middle)}
        for place, ways in places.items():
            found += [
                Change(f"courtesies, {which}, {style}", functools.partial(way, written(one)))
                for one in courtesies(which, place)
                for way in ways
            ]
        if style == "as written":
            found += [
                Change(
                    f"respect before what is meant, {which}",
                    functools.partial(before_a_clause, one),
                )
                for one in courtesies(which, "clause")
            ]
    return found


def other_changes() -> list[Change]:
    return [
        *(
            Change("a slip of the keys", functools.partial(with_slip, again=number))
            for number in range(SLIPS)
        ),
        Change("in capitals", str.upper),
        Change("in small letters, without a full stop", lambda text: text.lower().rstrip(".")),
        *(Change("as a quotation", frame.format) for frame in QUOTED),
        Change("with curly apostrophes", lambda text: text.replace("'", "’")),
        *(Change("polite forms", frame.format) for frame in POLITE),
    ]


def tones(texts: list[str], read: Callable[[str], str]) -> dict[str, str]:
    """The tone of each text, of those that `read` makes of it; equal ones are read once."""
    made = {text: read(text) for text in texts}
    different = list(dict.fromkeys(made.values()))
    batch = reading.read_texts(different)
    found = score_texts(different, ["en"] * len(different), batch)
    label = {text: tone.label for text, tone in zip(different, found, strict=True) if tone}
    return {text: label[one] for text, one in made.items()}


def shares_changed(
    texts: tuple[str, ...], changes: list[Change], read: Callable[[str], str] = text_to_read
) -> dict[str, tuple[int, int]]:
    """For each group how many texts changed sides, and of how many."""
    pairs = []
    for change, text in itertools.product(changes, texts):
        other = change.apply(text)
        plain = f"{text} {ADDED}" if other.endswith(ADDED) else text
        pairs.append((change.group, plain, other))
    tone = tones([text for _, *both in pairs for text in both], read)
    found: dict[str, tuple[int, int]] = {}
    for group, plain, other in pairs:
        changed, of = found.get(group, (0, 0))
        found[group] = changed + ({tone[plain], tone[other]} == SIDES), of + 1
    return found


def rows() -> list[Row]:
    texts = plain_texts()
    changes = [*courtesy_changes(), *other_changes()]
    few = random.Random(SEED).sample(texts, 12)
    after = shares_changed(texts, changes)
    before = shares_changed(tuple(few), changes, str)
    return [
        Row(
            f"changes sides: {group} ({of:,} pairs)",
            f"at most {TARGET:.0%}",
            f"{changed / of:.1%}",
            f"with courtesies read, {before[group][0] / before[group][1]:.1%} of a sample",
            changed / of <= TARGET,
        )
        for group, (changed, of) in after.items()
    ]
