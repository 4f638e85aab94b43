"""Rows on personal data: found, and nothing else taken for it, without and with the model of names.

Strict: a mark counts as found only if every letter and digit of it is hidden.
"""

import functools
import json
import re
import time
from pathlib import Path
from typing import NamedTuple

from analysis.text import named_entities, redaction
from survey.codes import Span
from tests.bench.text.rows import Row

SENTENCES = Path(__file__).with_name("private_sentences.txt")
SYNTHETIC = Path(__file__).parents[4] / "shared/data/pii/presidio_synth_dataset_v2.json"
MARKED = re.compile(r"\{([a-z]+)\|([^}]*)\}")
PRESIDIO = "Presidio .56 / .82 (published, another set)"


class Marked(NamedTuple):
    text: str
    spans: tuple[Span, ...]


class Score(NamedTuple):
    found: int
    marked: int
    right: int
    given: int
    missed: list[str]

    @property
    def recall(self) -> float:
        return self.found / max(1, self.marked)

    @property
    def precision(self) -> float:
        return self.right / max(1, self.given)


def parsed(line: str) -> Marked:
    text, spans, end = "", [], 0
    for mark in MARKED.finditer(line):
        text += line[end : mark.start()]
        spans.append(Span(len(text), len(text) + len(mark[2]), mark[1]))
        text, end = text + mark[2], mark.end()
    return Marked(text + line[end:], tuple(spans))


@functools.cache
def sentences() -> dict[str, list[Marked]]:
    """By part: open, held out, and of each those with nothing to hide."""
    parts = re.split(r"^== (.+)$", SENTENCES.read_text("utf-8"), flags=re.MULTILINE)[1:]
    return {
        name: [parsed(line) for line in part.splitlines() if line]
        for name, part in zip(parts[::2], parts[1::2], strict=True)
    }


def synthetic(kind: str) -> list[Marked]:
    return [
        Marked(
            said["full_text"],
            tuple(
                Span(span["start_position"], span["end_position"], kind)
                for span in said["spans"]
                if span["entity_type"] == kind
            ),
        )
        for said in json.loads(SYNTHETIC.read_text("utf-8"))
    ]


def score(marked: list[Marked], also=None, kinds=None) -> Score:
    found = given = right = 0
    missed = []
    for text, spans in marked:
        masks = [s for s in redaction.redact_one(text, also)[1] if not kinds or s.kind in kinds]
        hidden = {place for mask in masks for place in range(mask.start, mask.end)}
        for span in spans:
            parts = [place for place in range(span.start, span.end) if text[place].isalnum()]
            is_hidden = hidden.issuperset(parts)
            found += is_hidden
            missed += [] if is_hidden else [text[span.start : span.end]]
        given += len(masks)
        right += sum(any(m.start < s.end and s.start < m.end for s in spans) for m in masks)
    return Score(found, sum(len(spans) for _, spans in marked), right, given, missed)


def pair(what: str, part: str, least: tuple[float, float], also=None) -> Row:
    told = score(sentences()[part] + sentences()[f"{part}, nothing to hide"], also)
    target = f"{least[0]:.2f} / {least[1]:.2f}"
    passed = told.recall >= least[0] and told.precision >= least[1]
    return Row(what, target, f"{told.recall:.3f} / {told.precision:.3f}", PRESIDIO, passed)


def a_second() -> float:
    """Texts of forty words, made of the sentences without personal data, on one core."""
    words = " ".join(m.text for name, part in sentences().items() if "," in name for m in part)
    words = words.split()
    texts = [" ".join(words[at : at + 40]) for at in range(0, len(words) - 40, 2)] * 10
    redaction.redact(texts[:10])
    begun = time.process_time()
    redaction.redact(texts)
    return len(texts) / (time.process_time() - begun)


def rows() -> list[Row]:
    made = [
        pair(f"personal data, {part}: recall / precision", part, (0.88, 0.99))
        for part in ("open", "held out")
    ]
    readers = [("lists", None)]
    if named_entities.is_installed():
        readers.append(("lists and model", named_entities.found))
        made += [
            pair(f"the same with the extra, {part}", part, (0.95, 0.95), named_entities.found)
            for part in ("open", "held out")
        ]
    clean = [m for name, part in sentences().items() if "nothing" in name for m in part]
    for name, also in readers:
        share = score(clean, also).given / len(clean)
        what = f"masks a clean sentence ({len(clean)}), {name}"
        made.append(Row(what, "6 %", f"{share:.1%}", "Presidio 20 % (published)", share <= 0.06))
    speed = a_second()
    made.append(
        Row(
            "redaction, texts a second a core",
            "20,000",
            f"{speed:,.0f}",
            "Presidio 114",
            speed >= 20_000,
        )
    )
    return made + (of_synthetic(readers) if SYNTHETIC.is_file() else [])


def of_synthetic(readers) -> list[Row]:
    """Texts of the United States and other countries: the lists were not made for them."""
    made = []
    for name, also in readers:
        told = score(synthetic("PERSON"), also, {"name"})
        found = f"{told.recall:.3f} / {told.precision:.3f}"
        made.append(
            Row(
                f"presidio-research, PERSON, {name}",
                ".47 / .70",
                found,
                "Presidio .77 / .73",
                told.recall >= 0.47,
            )
        )
    for kind, least in (("EMAIL_ADDRESS", 0.99), ("CREDIT_CARD", 0.9), ("PHONE_NUMBER", 0.5)):
        recall = score(synthetic(kind)).recall
        made.append(
            Row(
                f"presidio-research, {kind}, recall",
                f"{least:.2f}",
                f"{recall:.3f}",
                "",
                recall >= least,
            )
        )
    return made
