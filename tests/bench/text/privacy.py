"""Rows on personal data: what is found and what is wrongly masked, with and without the model.

Strict: a mark counts as found only if every letter and digit of it is hidden.
"""

import functools
import json
import re
import time
from pathlib import Path
from typing import NamedTuple

from analysis.text import personal_data
from analysis.text.personal_data import named_entities
from survey.themes.codebooks import Span
from tests.bench.text.rows import Row

SENTENCES_FILE = Path(__file__).with_name("private_sentences.txt")
SYNTHETIC_FILE = Path(__file__).parents[4] / "shared/data/pii/presidio_synth_dataset_v2.json"
MARK = re.compile(r"\{([a-z]+)\|([^}]*)\}")
PRESIDIO = "Presidio .56 / .82 (published, another set)"


class MarkedText(NamedTuple):
    text: str
    spans: tuple[Span, ...]


class MaskScore(NamedTuple):
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


def parse_marked(line: str) -> MarkedText:
    text, spans, end = "", [], 0
    for mark in MARK.finditer(line):
        text += line[end : mark.start()]
        spans.append(Span(len(text), len(text) + len(mark[2]), mark[1]))
        text, end = text + mark[2], mark.end()
    return MarkedText(text + line[end:], tuple(spans))


@functools.cache
def load_sentences() -> dict[str, list[MarkedText]]:
    """The sentences by part: open, held out, and for each those with nothing to hide."""
    parts = re.split(r"^== (.+)$", SENTENCES_FILE.read_text("utf-8"), flags=re.MULTILINE)[1:]
    return {
        name: [parse_marked(line) for line in part.splitlines() if line]
        for name, part in zip(parts[::2], parts[1::2], strict=True)
    }


def load_synthetic(kind: str) -> list[MarkedText]:
    return [
        MarkedText(
            said["full_text"],
            tuple(
                Span(span["start_position"], span["end_position"], kind)
                for span in said["spans"]
                if span["entity_type"] == kind
            ),
        )
        for said in json.loads(SYNTHETIC_FILE.read_text("utf-8"))
    ]


def score_masks(marked: list[MarkedText], also=None, kinds=None) -> MaskScore:
    found = given = right = 0
    missed = []
    for text, spans in marked:
        masks = [
            s for s in personal_data.redact_text(text, also)[1] if not kinds or s.kind in kinds
        ]
        hidden = {place for mask in masks for place in range(mask.start, mask.end)}
        for span in spans:
            parts = [place for place in range(span.start, span.end) if text[place].isalnum()]
            is_hidden = hidden.issuperset(parts)
            found += is_hidden
            missed += [] if is_hidden else [text[span.start : span.end]]
        given += len(masks)
        right += sum(any(m.start < s.end and s.start < m.end for s in spans) for m in masks)
    return MaskScore(found, sum(len(spans) for _, spans in marked), right, given, missed)


def recall_precision_row(what: str, part: str, least: tuple[float, float], also=None) -> Row:
    score = score_masks(load_sentences()[part] + load_sentences()[f"{part}, nothing to hide"], also)
    target = f"{least[0]:.2f} / {least[1]:.2f}"
    passed = score.recall >= least[0] and score.precision >= least[1]
    return Row(what, target, f"{score.recall:.3f} / {score.precision:.3f}", PRESIDIO, passed)


def redactions_a_second() -> float:
    """Redactions a second on one core, of texts of forty words without personal data."""
    words = " ".join(m.text for name, part in load_sentences().items() if "," in name for m in part)
    words = words.split()
    texts = [" ".join(words[at : at + 40]) for at in range(0, len(words) - 40, 2)] * 10
    personal_data.redact_texts(texts[:10])
    begun = time.process_time()
    personal_data.redact_texts(texts)
    return len(texts) / (time.process_time() - begun)


def rows() -> list[Row]:
    made = [
        recall_precision_row(f"personal data, {part}: recall / precision", part, (0.88, 0.99))
        for part in ("open", "held out")
    ]
    readers = [("lists", None)]
    if named_entities.is_installed():
        readers.append(("lists and model", named_entities.find_persons))
        made += [
            recall_precision_row(
                f"the same with the extra, {part}", part, (0.95, 0.95), named_entities.find_persons
            )
            for part in ("open", "held out")
        ]
    clean = [m for name, part in load_sentences().items() if "nothing" in name for m in part]
    for name, also in readers:
        share = score_masks(clean, also).given / len(clean)
        what = f"masks a clean sentence ({len(clean)}), {name}"
        made.append(Row(what, "6 %", f"{share:.1%}", "Presidio 20 % (published)", share <= 0.06))
    speed = redactions_a_second()
    made.append(
        Row(
            "redaction, texts a second a core",
            "20,000",
            f"{speed:,.0f}",
            "Presidio 114",
            speed >= 20_000,
        )
    )
    return made + (synthetic_rows(readers) if SYNTHETIC_FILE.is_file() else [])


def synthetic_rows(readers) -> list[Row]:
    """Rows on texts from other countries, for which our lists were not made."""
    made = []
    for name, also in readers:
        score = score_masks(load_synthetic("PERSON"), also, {"name"})
        found = f"{score.recall:.3f} / {score.precision:.3f}"
        made.append(
            Row(
                f"presidio-research, PERSON, {name}",
                ".47 / .70",
                found,
                "Presidio .77 / .73",
                score.recall >= 0.47,
            )
        )
    for kind, least in (("EMAIL_ADDRESS", 0.99), ("CREDIT_CARD", 0.9), ("PHONE_NUMBER", 0.5)):
        recall = score_masks(load_synthetic(kind)).recall
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
