"""How fast and how well texts are coded, on one core: `python -m tests.bench.text`."""

# ruff: noqa: T201 - it prints its table

import csv
import json
import os
import time
from pathlib import Path

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

import numpy as np

from analysis.text import codebook, language, redaction, sentiment
from analysis.text.coding import code
from analysis.text.themes import discover

DATA = Path(__file__).parents[3] / "shared" / "data"
CLASSES = {"1": "negative", "2": "neutral", "3": "positive"}


def main() -> None:
    coder = codebook.coder(codebook.STARTING)
    texts = twelve_words()
    none = [None] * len(texts)
    code(texts[:50], none[:50], coder)
    print(
        f"\n{len(texts):,} texts of {np.mean([len(t.split()) for t in texts]):.1f} words, one core"
    )
    speed("redaction", len(texts), lambda: redaction.redact(texts))
    speed("language", len(texts), lambda: language.detect(texts, none))
    speed("sentiment", len(texts), lambda: sentiment.score(texts, ["en"] * len(texts)))
    speed("themes", len(texts), lambda: coder.assign(texts))
    speed("full coding", len(texts), lambda: code(texts, none, coder))
    speed("coder, built", 1, lambda: codebook.coder(codebook.STARTING))
    speed("discover", len(texts), lambda: discover(texts))
    examples_left_out(coder)
    if DATA.is_dir():
        goemotions()
        elsewhere(coder)
        presidio()
    else:
        print("../shared is absent: no figures on public data")


def twelve_words() -> list[str]:
    """The codebook's own examples; a third have personal data, every third a number."""
    personal = ["", "", " PC Smith, call 07700 900123", "", "", " Ahmed lives in SE15 4AB"]
    examples = [example for theme in codebook.STARTING.themes for example in theme.examples]
    return [
        f"{examples[n % len(examples)]}{personal[n % 6]}{f' {n % 97}' if n % 3 == 0 else ''}"
        for n in range(10_000)
    ]


def speed(what, texts, work) -> None:
    begun = time.process_time()
    work()
    taken = time.process_time() - begun
    print(f"  {what:<14}{texts / taken:>12,.1f} a second")


def examples_left_out(coder) -> None:
    texts, member = codebook.examples(codebook.STARTING)
    asked, probability = codebook.left_out(codebook.STARTING, texts, member)
    found, truth = probability[asked] >= coder.threshold, member[asked] == 1
    hits = (found & truth).sum()
    print(f"\nexamples left out, threshold {coder.threshold}")
    print(f"  precision {hits / found.sum():.3f}  recall {hits / truth.sum():.3f}")
    first = probability[asked].argmax(axis=1) == truth.argmax(axis=1)
    f1 = 2 * hits / (found.sum() + truth.sum())
    print(f"  F1 {f1:.3f}  strongest theme right {first.mean():.3f}")


def goemotions() -> None:
    lines = (DATA / "labelled/goemotions_train/dev.tsv").read_text().splitlines()
    rows = [(t, CLASSES[y]) for t, y, _ in (line.split("\t") for line in lines) if y in CLASSES]
    tones = sentiment.score([text for text, _ in rows], ["en"] * len(rows))
    found, truth = np.array([t.label for t in tones if t]), np.array([label for _, label in rows])
    recalls = {c: float(np.mean(found[truth == c] == c)) for c in CLASSES.values()}
    print(
        f"\nGoEmotions dev, {len(rows):,}: macro-recall {np.mean(list(recalls.values())):.3f}",
        recalls,
    )


def elsewhere(coder) -> None:
    """How many get a theme: of Reddit, which is not about police, and of Londoners on policing."""
    lines = (DATA / "labelled/goemotions_train/dev.tsv").read_text().splitlines()
    texts = [line.split("\t")[0] for line in lines]
    print(f"Reddit with a theme: {np.mean([bool(c) for c in coder.assign(texts)]):.3f}")
    path = DATA / "freetext/polis_london_youth_policing/comments.csv"
    with path.open(encoding="utf-8") as file:
        texts = [row["comment-body"] for row in csv.DictReader(file)]
    print(f"Polis statements with a theme: {np.mean([bool(c) for c in coder.assign(texts)]):.3f}")


def presidio() -> None:
    """Synthetic English that nobody here wrote: is what is personal marked, by any kind?"""
    rows = json.loads((DATA / "pii/presidio_synth_dataset_v2.json").read_text("utf-8"))
    kinds = {"PERSON", "EMAIL_ADDRESS", "CREDIT_CARD", "IBAN_CODE", "PHONE_NUMBER"}
    hits: dict[str, list[bool]] = {kind: [] for kind in sorted(kinds)}
    for row in rows:
        (_, spans) = redaction.redact([row["full_text"]])[0]
        for span in row["spans"]:
            if span["entity_type"] in kinds:
                start, end = span["start_position"], span["end_position"]
                hits[span["entity_type"]].append(
                    any(s.start < end and start < s.end for s in spans)
                )
    print("presidio, found:", {k: f"{np.mean(v):.3f} of {len(v)}" for k, v in hits.items() if v})


if __name__ == "__main__":
    main()
