"""Copies: near-duplicates by their runs of five letters, and one letter in several wordings by
vectors.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from analysis.text.personal_data import CHARACTERS_READ, without_marks

Hashes = NDArray[np.uint64]
Numbers = NDArray[np.int64]
Floats = NDArray[np.float64]

GRAM = 5
# 40 bits for the run leave 24 for the number of its text: at most 16 million texts at a time.
HASH_BITS = np.uint64(40)
BLOCK = 1_000
"""Texts at a time, so that memory does not grow with what is in between."""
SHORTEST = 40
"""Letters below which two texts are alike by chance."""
SPACES = re.compile(r"[\W_]+")
Rows = NDArray[np.float32]
Flags = NDArray[np.bool_]
FEWEST_WORDS = 35
"""Words below which a vector says what a text is about, and not what it asks for."""
FEWEST = 5
NEIGHBOURS = 4
REACH = 0.72
BURST_DAYS = 14
LARGEST_SHARE = 0.1
LARGEST_OF_FEW = 30
OUTSIDERS = 2
STEPS = 3
AT_ONCE = 256
SAMPLE = 5_000
# Rounded, because sums in another order have other last digits.
DIGITS = 4


class Grams:
    """The different runs of five letters of each text, as hashes of 40 bits, text after text."""

    def __init__(self, texts: Sequence[str]) -> None:
        blocks = [
            gram_keys(texts[start : start + BLOCK], start) for start in range(0, len(texts), BLOCK)
        ]
        keys = np.concatenate(blocks)
        self.text: Numbers = (keys >> HASH_BITS).astype(np.int64)
        self.hashes: Hashes = keys & ((np.uint64(1) << HASH_BITS) - np.uint64(1))
        self.starts: Numbers = np.searchsorted(self.text, np.arange(len(texts) + 1))
        self.sizes: Numbers = np.diff(self.starts)

    def __len__(self) -> int:
        return len(self.sizes)

    def of(self, text: int) -> Hashes:
        return self.hashes[self.starts[text] : self.starts[text + 1]]


def gram_keys(texts: Sequence[str], first: int) -> Hashes:
    """The hash of each run, with the number of its text (from `first` on) in the top bits."""
    sizes = np.array([len(text) for text in texts], dtype=np.int64)
    # Four bytes a letter, so that a place in the array is a place in the text.
    letters = np.frombuffer("".join(texts).encode("utf-32-le"), dtype=np.uint32)
    runs = len(letters) - GRAM + 1
    rolled = np.zeros(runs, dtype=np.uint64)
    for k in range(GRAM):
        rolled = mixed_hash(rolled ^ letters[k : runs + k])
    text = np.repeat(np.arange(len(texts)), sizes)[:runs]
    # A run that reaches into the next text belongs to neither.
    inside = np.arange(runs) <= np.cumsum(sizes)[text] - GRAM
    number = (text[inside] + first).astype(np.uint64)
    return np.unique((number << HASH_BITS) | (rolled[inside] >> (np.uint64(64) - HASH_BITS)))


def mixed_hash(values: Hashes) -> Hashes:
    # The product is meant to wrap at 64 bits.
    with np.errstate(over="ignore"):
        values = (values ^ (values >> np.uint64(31))) * np.uint64(0x9E3779B97F4A7C15)
    return values ^ (values >> np.uint64(29))


def jaccard_with_others(text: str, others: Sequence[str]) -> list[float]:
    """The Jaccard index, 0 to 1, of a redacted text with each other one, ignoring case and marks.

    Of the sets A and B of their different runs of five letters: |A ∩ B| / |A ∪ B|. Texts of fewer
    than 40 letters get 0.
    """
    plain = [comparable_text(wording) for wording in (text, *others)]
    if len(plain[0]) < SHORTEST:
        return [0.0] * len(others)
    # Too short a text is replaced by an empty one, so that the others stay at their positions.
    grams = Grams([letters if len(letters) >= SHORTEST else "" for letters in plain])
    mine = grams.of(0)
    return [
        both / (len(mine) + len(grams.of(i)) - both)
        for i in range(1, len(plain))
        for both in [len(np.intersect1d(mine, grams.of(i), assume_unique=True))]
    ]


def comparable_text(text: str) -> str:
    return SPACES.sub(" ", without_marks(text[:CHARACTERS_READ]).casefold()).strip()


class Limits(NamedTuple):
    """How alike the texts of a group must be, and by how much more than to texts outside."""

    alike: float
    apart: float


WITH_DAYS = Limits(0.6, 0.1)
WITHOUT_DAYS = Limits(0.65, 0.15)


class RewrittenGroup(NamedTuple):
    """The rows of one letter in several wordings, sorted, and the cosine of each to the centre."""

    rows: Numbers
    likeness: Floats


class DatedRows(NamedTuple):
    """n texts in order of time: vectors (n, d), day numbers (n), how much each weighs (n)."""

    vectors: Rows
    days: Numbers
    weights: Floats

    @property
    def largest(self) -> float:
        return max(LARGEST_OF_FEW, LARGEST_SHARE * float(self.weights.sum()))


def rewritten_groups(vectors: Rows, days: Numbers, weights: Floats) -> list[RewrittenGroup]:
    """Groups of 5 or more of n texts that say one thing in different words, the largest first.

    `vectors` (n, d) of whole texts of 35 words or more, of length 1; `days` (n) in numbers, all 0
    where they are not known; `weights` (n) of 1, less for texts that are copies of each other. A
    text whose four nearest within 14 days have a mean cosine of .6 or more is a seed. The centre of
    these five is moved three times to the mean of all texts within .72 of it. What is left is a
    group if its texts have a mean cosine of .6 or more with each other, and one larger by .1 or
    more than that with as many of the texts outside, of any day, that are nearest to each of them.
    Where people only write about one thing, or in one form, others of other days are nearly as
    near, and there is no group. Where most texts are of the same fortnight, days say nothing, and
    .65 and .15 are asked. More than a tenth of the texts (30 where they are few) are no group but
    what everybody writes about. No text is in two groups. The result does not depend on the order
    if rows are sorted by something of their own. Cost: a product of each row with those of 28 days,
    four of each seed, and one with 5,000 rows; in blocks of 256 rows.
    """
    if len(vectors) < FEWEST:
        return []
    order = np.argsort(days, kind="stable")
    dated = DatedRows(vectors[order], days[order], weights[order])
    # BLAS splits its sums by threads.
    with threadpool_limits(1):
        groups = [(order[rows], likeness) for rows, likeness in groups_apart(dated)]
    # Groups that share no text with a larger or, if equal, more alike one before them.
    taken = np.zeros(len(vectors), dtype=np.bool_)
    chosen = []
    ranked = sorted(groups, key=lambda group: (-len(group[0]), -group[1].mean(), sorted(group[0])))
    for rows, likeness in ranked:
        if taken[rows].any():
            continue
        taken[rows] = True
        place = np.argsort(rows)
        chosen.append(RewrittenGroup(rows[place], likeness[place]))
    return chosen


def groups_apart(texts: DatedRows) -> Iterator[tuple[Numbers, Floats]]:
    """Each different group that grew from a seed text and lies apart from the texts outside."""
    judged = set()
    for rows in grown_groups(texts):
        if (key := rows.tobytes()) in judged:
            continue
        judged.add(key)
        if is_apart(texts, rows):
            centre = texts.weights[rows] @ texts.vectors[rows]
            likeness = texts.vectors[rows] @ centre / np.linalg.norm(centre)
            yield rows, likeness.astype(np.float64).round(DIGITS)


def grown_groups(texts: DatedRows) -> Iterator[Numbers]:
    """For each seed text, the rows within reach of the centre that grew from it, block by block."""
    for start in range(0, len(texts.vectors), AT_ONCE):
        block = np.arange(start, min(start + AT_ONCE, len(texts.vectors)))
        days = texts.days[block]
        first = int(np.searchsorted(texts.days, days[0] - BURST_DAYS + 1))
        last = int(np.searchsorted(texts.days, days[-1] + BURST_DAYS))
        if last - first < FEWEST:
            continue
        near = texts.vectors[first:last]
        weights = texts.weights[first:last].astype(np.float32)
        inside = np.abs(texts.days[first:last][None] - days[:, None]) < BURST_DAYS
        centres, seeds = seed_centres(texts, block, first, inside)
        inside = inside[seeds]
        for step in range(STEPS + 1):
            within = rows_within_reach(centres, near) & inside
            # Most texts fall out before their centre is moved: they are some of many of their kind.
            going_on = ~has_many_outside(texts, centres, within @ weights)
            within, inside = within[going_on], inside[going_on]
            if step < STEPS:
                centres = (within * weights) @ near
        for members in within[within.sum(axis=1) >= FEWEST]:
            yield np.flatnonzero(members) + first


def seed_centres(texts: DatedRows, block: Numbers, first: int, inside: Flags) -> tuple[Rows, Flags]:
    """The centre of each seed and its four nearest rows, and which rows of the block are seeds."""
    near = texts.vectors[first : first + inside.shape[1]]
    alike = np.where(inside, texts.vectors[block] @ near.T, np.float32(-1))
    nearest = np.argpartition(alike, -NEIGHBOURS - 1, axis=1)[:, -NEIGHBOURS - 1 :]
    best = np.take_along_axis(alike, nearest, axis=1)
    seeds = (best.sum(axis=1) - 1) / NEIGHBOURS >= WITH_DAYS.alike
    centres: Rows = near[nearest[seeds]].mean(axis=1)
    return centres, seeds


def rows_within_reach(centres: Rows, rows: Rows) -> Flags:
    """(centres, rows): which rows have a cosine of .72 or more with which centre."""
    lengths = np.maximum(np.linalg.norm(centres, axis=1, keepdims=True), 1e-9)
    flags: Flags = centres / lengths @ rows.T >= np.float32(REACH)
    return flags


def has_many_outside(texts: DatedRows, centres: Rows, own: Rows) -> Flags:
    """For each centre, whether the texts within its reach but outside its group are more than twice
    as many as the group, or the group has more than a group may have.

    Counted in 5,000 texts, evenly spread, to save comparing each group with each text.
    """
    some = np.unique(np.linspace(0, len(texts.vectors) - 1, SAMPLE).astype(int))
    scale = len(texts.vectors) / len(some)
    weights = texts.weights[some].astype(np.float32)
    everywhere = scale * (rows_within_reach(centres, texts.vectors[some]) @ weights)
    # One text of the sample stands for several: it may be one of the group's own.
    flags: Flags = (everywhere > (1 + OUTSIDERS) * own + scale) | (own > texts.largest)
    return flags


def is_apart(texts: DatedRows, rows: Numbers) -> bool:
    """Whether these texts are alike, and more so than each is to as many others."""
    many, weights = len(rows), texts.weights[rows]
    own = texts.vectors[rows] @ texts.vectors[rows].T
    pairs = np.outer(weights, weights) * ~np.eye(many, dtype=np.bool_)
    mean = float((own * pairs).sum() / pairs.sum())
    # Less is asked of a group where most texts came at other times than its own.
    middle = np.median(texts.days[rows])
    elsewhere = np.abs(texts.days - middle) >= BURST_DAYS
    limits = WITH_DAYS if 2 * elsewhere.sum() > len(elsewhere) else WITHOUT_DAYS
    if mean < limits.alike:
        return False
    alike = texts.vectors[rows] @ texts.vectors.T
    alike[:, rows] = -1
    others = min(many, len(texts.vectors) - many)
    if not others:
        return False
    outside = np.partition(alike, -others, axis=1)[:, -others:].mean(axis=1)
    return bool(round(mean - np.average(outside, weights=weights), DIGITS) >= limits.apart)
