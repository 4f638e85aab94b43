"""Rows on the guard of drafts: fabrications dropped, true sentences kept, by kind."""

import functools
import tomllib
from collections import Counter
from pathlib import Path

from analysis.themes import draft_guard
from tests.bench.text.rows import Row

FILE = Path(__file__).with_name("drafts.toml")
# What rules about words cannot see: counted apart, and said on the model's card.
UNSEEN = "swapped"


@functools.cache
def load_topics(part: str) -> list[dict]:
    return [one for one in tomllib.loads(FILE.read_text())["topic"] if one["part"] == part]


def judged(part: str) -> list[tuple[str, str, str]]:
    """Kind ("true" or that of the fabrication), sentence, and the rule that dropped it."""
    found = []
    for topic in load_topics(part):
        sent = {
            number: words
            for number, words in enumerate(topic["passages"], 1)
            if not draft_guard.instructs_machine(words)
        }
        given = [("true", *one) for one in topic["true"]] + topic["false"]
        for kind, words, cites in given:
            [line] = draft_guard.guarded_lines([(words, cites)], sent)
            found.append((kind, words, line.dropped))
    return found


def rows():
    for part in ("open", "held out"):
        lines = judged(part)
        true = [rule for kind, _, rule in lines if kind == "true"]
        made_up = [(kind, rule) for kind, _, rule in lines if kind not in ("true", UNSEEN)]
        swapped = [rule for kind, _, rule in lines if kind == UNSEEN]
        passed = Counter(kind for kind, rule in made_up if not rule)
        dropped = sum(bool(rule) for _, rule in made_up) / len(made_up)
        kept = sum(not rule for rule in true) / len(true)
        yield Row(
            f"drafts, {part}: {len(made_up)} fabrications dropped",
            "0.95",
            f"{dropped:.3f}",
            f"without a guard 0.000; passed: {dict(passed) or 'none'}",
            dropped >= 0.95,
        )
        yield Row(
            f"drafts, {part}: {len(true)} true sentences kept",
            "0.50",
            f"{kept:.3f}",
            "without a guard 1.000",
            kept >= 0.5,
        )
        yield Row(
            f"drafts, {part}: who did what swapped ({len(swapped)}), dropped",
            "none",
            f"{sum(map(bool, swapped)) / len(swapped):.3f}",
            "the guard does not see roles; a person does",
            True,
        )
