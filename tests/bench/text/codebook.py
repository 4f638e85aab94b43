"""Themes from examples: the starting codebook on real texts, and the heads on strangers' labels.

Every row is compared with heads that read vectors alone, learned from the same examples.
"""

import csv
import tomllib
from pathlib import Path

import numpy as np
from sklearn.metrics import f1_score

from analysis.text.model import reading
from analysis.text.model.passages import pack_passages
from analysis.themes import codebook, heads
from survey.themes.codebooks import Codebook, Theme
from tests.bench.text import sets
from tests.bench.text.rows import Row

SHARED = Path(__file__).parents[4] / "shared/data"
LABELS = Path(__file__).parents[2] / "reference/labelled_themes.toml"
COMPLAINTS = SHARED / "freetext/ppd_complaints_2015-2020.csv"
STATEMENTS = SHARED / "freetext/polis_london_youth_policing/comments.csv"
COMMENTS = SHARED / "labelled/goemotions_train/dev.tsv"
LARGEST = 15
SEEDS = (11, 12, 13)


class VectorCoder(codebook.Coder):
    """A coder whose heads know no words: what there was before."""

    def __init__(self, book):
        super().__init__(book)
        lessons = codebook.training_set(book, codebook.read_passages)
        self.english = heads.train_heads(lessons._replace(said=()))


def rows():
    yield starting_row()
    if SHARED.is_dir():
        both = [make(codebook.STARTING_CODEBOOK) for make in (codebook.Coder, VectorCoder)]
        yield from labelled_rows(both)
        yield off_topic_row(both)
    yield from patient_rows()


def starting_row():
    lessons = codebook.training_set(codebook.STARTING_CODEBOOK, codebook.read_passages)
    f1, alone = left_out_f1(lessons), left_out_f1(lessons._replace(said=()))
    what = "starting codebook, examples left out, F1"
    return Row(what, ".55", f"{f1:.2f}", f"vectors alone {alone:.2f}", f1 >= 0.55)


def left_out_f1(lessons):
    learned, doubted = heads.train_heads(lessons), heads.without_doubtful_labels(lessons)
    left_out = heads.held_out_scores(doubted, heads.learn_parts(doubted))
    own = left_out.asked & (lessons.member == 1).any(axis=1)
    guess = left_out.strengths()[own] >= learned.threshold
    truth = lessons.member[own] == 1
    return 2 * (guess & truth).sum() / (guess.sum() + truth.sum())


def read_passages(texts):
    return [pack_passages(reading.VERSION, placed) for placed in reading.read_texts(texts).placed]


def labelled_texts(name, half):
    """Texts of the public data with the themes that a person gave them."""
    place, number, words = {
        "philadelphia": (COMPLAINTS, "complaint_id", "summary"),
        "statements": (STATEMENTS, "comment-id", "comment-body"),
    }[name]
    with place.open(encoding="utf-8") as file:
        said = {row[number]: row[words] for row in csv.DictReader(file)}
    labels = tomllib.loads(LABELS.read_text("utf-8"))[name][half]
    return [said[ident] for ident in labels], [set(themes) for themes in labels.values()]


def labelled_rows(coders):
    """The half of the labelled texts that nothing was chosen on."""
    for name, what, f1_wanted in (
        ("philadelphia", "summaries of complaints", 0.75),
        ("statements", "statements of young Londoners", 0.6),
    ):
        texts, truth = labelled_texts(name, "b")
        read = read_passages(texts)
        ours, alone = (judge(coder.assign(texts, read), truth) for coder in coders)
        number = f"starting codebook, {len(texts)} {what}"
        yard = f"vectors alone {alone[0]:.2f}"
        yield Row(f"{number}, F1", f"{f1_wanted}", f"{ours[0]:.2f}", yard, ours[0] >= f1_wanted)
        yard = f"vectors alone {alone[1]:.0%}"
        yield Row(f"{number}, without a theme", "20%", f"{ours[1]:.0%}", yard, ours[1] <= 0.2)


def judge(assigned, truth):
    """Micro-F1, and the share without a theme of the texts that have one."""
    found = [{code.theme for code in codes} for codes in assigned]
    hits = sum(len(one & own) for one, own in zip(found, truth, strict=True))
    f1 = 2 * hits / (sum(map(len, found)) + sum(map(len, truth)))
    missed = [not one for one, own in zip(found, truth, strict=True) if own]
    return f1, np.mean(missed)


def off_topic_row(coders):
    """Every second comment of the second half of GoEmotions: hardly one is about the police."""
    lines = COMMENTS.read_text("utf-8").splitlines()
    texts = [line.split("\t")[0] for line in lines[len(lines) // 2 :: 2]]
    read = read_passages(texts)
    ours, alone = (np.mean([bool(codes) for codes in one.assign(texts, read)]) for one in coders)
    what = f"{len(texts):,} comments about other things that get a theme of the starting codebook"
    return Row(what, "20%", f"{ours:.0%}", f"vectors alone {alone:.0%}", ours <= 0.2)


def patient_rows():
    found = sets.patients()
    if found is None:
        return
    largest = np.sort(np.argsort(-found.member.sum(axis=0), kind="stable")[:LARGEST])
    member = found.member[:, largest].astype(int)
    # Every second one: on the others the heads were chosen.
    once = {}
    for row, text in enumerate(found.texts):
        if member[row].any() and text.strip():
            once.setdefault(text, row)
    mine = sorted(once.values())[1::2]
    texts, truth = [found.texts[row] for row in mine], member[mine]
    names = [found.themes[theme] for theme in largest]
    read = read_passages(texts)
    for examples, target, seeds in ((10, 0.6, SEEDS), (20, 0.64, SEEDS), (1_743, 0.73, SEEDS[:1])):
        scores = [patients_f1(texts, truth, names, read, examples, seed) for seed in seeds]
        ours, alone = np.mean(scores, axis=0)
        each = f"{examples} examples a theme" if examples < 100 else f"{examples:,} labelled texts"
        what = f"comments of patients, {LARGEST} largest themes, {each}, samples-F1"
        yield Row(what, f"{target}", f"{ours:.3f}", f"vectors alone {alone:.3f}", ours >= target)


def patients_f1(texts, truth, names, read, examples, seed):
    """Of our heads and of vectors alone, on the texts that are no example."""
    rng = np.random.default_rng(seed)
    if examples < 100:
        drawn = {
            int(row)
            for theme in range(truth.shape[1])
            for row in rng.choice(np.flatnonzero(truth[:, theme]), examples, replace=False)
        }
    else:
        drawn = set(map(int, rng.choice(len(texts), examples, replace=False)))
    book = Codebook(
        version=1,
        themes=tuple(
            Theme(
                id=str(theme),
                name={"en": name},
                description="",
                examples=tuple(texts[row] for row in sorted(drawn) if truth[row, theme]),
            )
            for theme, name in enumerate(names)
        ),
    )
    rest = [row for row in range(len(texts)) if row not in drawn]
    scores = []
    for coder in (codebook.Coder(book), VectorCoder(book)):
        guess = np.zeros((len(rest), len(names)), int)
        assigned = coder.assign([texts[row] for row in rest], [read[row] for row in rest])
        for row, codes in enumerate(assigned):
            guess[row, [int(code.theme) for code in codes]] = 1
        scores.append(f1_score(truth[rest], guess, average="samples", zero_division=0))
    return scores
