"""Proposes candidate themes; a candidate codes nothing until a person selects it."""

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score, silhouette_score

from analysis.text import reading
from analysis.text.personal_data.marks import CHARACTERS_READ, without_marks
from analysis.text.themes import grouping
from analysis.text.themes.grouping import ClusterTree
from analysis.text.themes.hierarchy import ThemeHierarchy
from analysis.text.themes.labels import says_something
from survey.coding.codebooks import CandidateTheme

Rows = NDArray[np.float32]

FEWEST_TEXTS = 30
SMALLEST_THEME = 5
SMALLEST_SHARE = 0.001
FEWEST = 6
MOST = 25
JUDGED_BY = 2_000
GOOD_ENOUGH = 0.95


def discover_themes(
    texts: list[str], most: int = MOST, fewest: int = FEWEST
) -> list[CandidateTheme]:
    """Candidate themes of redacted texts, which are read here, at the proposed number."""
    found = theme_hierarchy(texts, reading.text_vectors(texts))
    return found.at(min(most, max(fewest, found.proposed)))


def theme_hierarchy(texts: Sequence[str], vectors: Rows) -> ThemeHierarchy:
    """Redacted texts (n) with their vectors (n, d) as a tree of candidate themes.

    Principal components (64), smoothing over the ten nearest neighbours, k-means into 40 leaves on
    at most 10,000 texts, Ward on the leaves. Identical texts all count in `size` but shape the tree
    once. It does not depend on the order of the texts. Every theme at every cut has at least max(5,
    0.1 %) of the texts. Empty under 30 texts with content.
    """
    first: dict[str, int] = {}
    heard: Counter[str] = Counter()
    for row, text in enumerate(texts):
        if says_something(plain := collapsed_text(text)):
            first.setdefault(plain, row)
            heard[plain] += 1
    different = sorted(heard) if heard.total() >= FEWEST_TEXTS else []
    rows = vectors[[first[text] for text in different]]
    counts = np.array([heard[text] for text in different], int)
    if not different:
        return ThemeHierarchy((), counts, rows, ClusterTree(counts, ()), 0, reading.text_vectors)
    space = grouping.reduced_space(rows)
    smallest = max(SMALLEST_THEME, SMALLEST_SHARE * counts.sum())
    tree = grouping.cluster_tree(space, fewest=smallest, counts=counts)
    return ThemeHierarchy(
        different, counts, rows, tree, proposed_number(space, tree), reading.text_vectors
    )


def collapsed_text(text: str) -> str:
    return re.sub(r"\s+", " ", without_marks(text[:CHARACTERS_READ])).strip()


def proposed_number(space: Rows, tree: ClusterTree) -> int:
    """The number of themes, 6 to 25, with separate groups that come out alike twice.

    Silhouette in the space before smoothing, times the adjusted Rand index between the groups that
    each half of the texts gives for all of them; the fewest themes of those within 5 % of the best.
    """
    if tree.leaves <= FEWEST:
        return tree.leaves
    some = grouping.core_rows(len(space))
    halves = [half_tree(space[some], start) for start in (0, 1)]
    numbers = range(FEWEST, min(MOST, tree.leaves) + 1)
    judged = some[:: max(1, len(some) // JUDGED_BY)]
    scores = [
        separation(space[judged], tree.cut(number)[judged])
        * adjusted_rand_score(*(assigned_groups(space[some], *one, number) for one in halves))
        for number in numbers
    ]
    return numbers[int(np.argmax(np.array(scores) >= GOOD_ENOUGH * max(scores)))]


def half_tree(space: Rows, start: int) -> tuple[Rows, ClusterTree]:
    rows = space[start::2]
    return rows, grouping.cluster_tree(rows)


def assigned_groups(space: Rows, rows: Rows, tree: ClusterTree, groups: int) -> NDArray[np.int_]:
    """The group of each row of `space`, by the nearest centre of the groups of other rows."""
    found: NDArray[np.int_] = (space @ grouping.group_centres(rows, tree.cut(groups)).T).argmax(
        axis=1
    )
    return found


def separation(space: Rows, group: NDArray[np.int_]) -> float:
    if not 1 < len(np.unique(group)) < len(group):
        return 0.0
    return max(0.0, float(silhouette_score(space, group, metric="cosine")))
