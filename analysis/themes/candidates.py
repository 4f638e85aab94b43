"""Candidate themes and weekly proposals: themes that are new, became one, or should be split.

A candidate codes nothing until a person selects it.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom
from sklearn.cluster import AgglomerativeClustering
from sklearn.metrics import adjusted_rand_score, silhouette_score

from analysis.text.model import reading
from analysis.text.personal_data import CHARACTERS_READ, without_marks
from analysis.themes import clusters
from analysis.themes.clusters import ClusterTree
from analysis.themes.hierarchy import ThemeHierarchy, says_something
from survey.themes.codebooks import CandidateTheme, Codebook

Rows = NDArray[np.float32]

FEWEST_TEXTS = 30
# The least that themefinder asks of a theme of a consultation: 5 texts and 0.1 % of them.
SMALLEST_THEME = 5
SMALLEST_SHARE = 0.001
FEWEST = 6
MOST = 25
# The silhouette compares every pair of rows, so it is measured on some of them.
JUDGED_BY = 2_000
GOOD_ENOUGH = 0.95
HALF = 0.5
Numbers = NDArray[np.int_]
Flags = NDArray[np.bool_]
FAR = -1.5
TYPICAL = 0.7  # usual nearness of texts to their theme's centre, if there is no theme to measure
# Average linkage holds the distance of every pair in memory.
MOST_POOLED = 3_000
FEWEST_NEW = 8
BY_CHANCE = 1e-4
LATELY = (1, 2, 4)
TOGETHER = (0.8, 0.65)
KNOWN_ALREADY = 0.75
FEWEST_JUDGED = 12
CENTRES_ALIKE = 0.9
MEMBERS_ALIKE = 0.7
FEWEST_TO_SPLIT = 60
SMALLEST_PART = 0.2
PARTS_APART = 0.4
PARTS_STABLE = 0.8
PARTS = (2, 3, 4)


def discover_themes(
    texts: list[str], most: int = MOST, fewest: int = FEWEST
) -> list[CandidateTheme]:
    """Candidate themes of redacted texts, which are read here; as many as the method proposes."""
    hierarchy = theme_hierarchy(texts, reading.text_vectors(texts))
    return hierarchy.at(min(most, max(fewest, hierarchy.proposed)))


def theme_hierarchy(texts: Sequence[str], vectors: Rows) -> ThemeHierarchy:
    """Redacted texts (n) with their vectors (n, d) as a tree of candidate themes.

    Principal components (64) and words at half their length (64), smoothing over the ten nearest
    neighbours, k-means into 40 leaves on at most 10,000 texts, Ward on the leaves. Identical texts
    all count in `size` but shape the tree once. It does not depend on the order of the texts. Every
    theme at every cut has at least max(5, 0.1 %) of the texts. Empty under 30 texts with content.
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
    space = clusters.discovery_space(rows, different)
    smallest = max(SMALLEST_THEME, SMALLEST_SHARE * counts.sum())
    tree = clusters.cluster_tree(space, fewest=smallest, counts=counts)
    return ThemeHierarchy(
        different, counts, rows, tree, proposed_number(space, tree, counts), reading.text_vectors
    )


def collapsed_text(text: str) -> str:
    return re.sub(r"\s+", " ", without_marks(text[:CHARACTERS_READ])).strip()


def proposed_number(space: Rows, tree: ClusterTree, counts: NDArray[np.int_]) -> int:
    """The number of themes, 6 to 25, whose groups lie apart and come out of both halves alike.

    None of the groups has more than half of the texts, if the tree can be cut so. `counts` (n) says
    how often each text was written.

    Silhouette in the space before smoothing, times the adjusted Rand index between the groups that
    each half of the texts gives for all of them; the fewest themes of those within 5 % of the best.
    """
    if tree.leaves <= FEWEST:
        return tree.leaves
    some = clusters.core_rows(len(space))
    halves = [half_tree(space[some], start) for start in (0, 1)]
    every = range(FEWEST, min(MOST, tree.leaves) + 1)
    numbers = [
        number for number in every if largest_share(tree.cut(number), counts) <= HALF
    ] or every
    judged = some[:: max(1, len(some) // JUDGED_BY)]
    scores = [
        separation(space[judged], tree.cut(number)[judged])
        * adjusted_rand_score(*(assigned_groups(space[some], *half, number) for half in halves))
        for number in numbers
    ]
    return numbers[int(np.argmax(np.array(scores) >= GOOD_ENOUGH * max(scores)))]


def largest_share(group: NDArray[np.int_], counts: NDArray[np.int_]) -> float:
    return float(np.bincount(group, counts).max() / counts.sum())


def half_tree(space: Rows, start: int) -> tuple[Rows, ClusterTree]:
    rows = space[start::2]
    return rows, clusters.cluster_tree(rows)


def assigned_groups(space: Rows, rows: Rows, tree: ClusterTree, groups: int) -> NDArray[np.int_]:
    """The group of each row of `space`, by the nearest centre of the groups of other rows."""
    nearest_groups: NDArray[np.int_] = (
        space @ clusters.group_centres(rows, tree.cut(groups)).T
    ).argmax(axis=1)
    return nearest_groups


def separation(space: Rows, group: NDArray[np.int_]) -> float:
    if not 1 < len(np.unique(group)) < len(group):
        return 0.0
    return max(0.0, float(silhouette_score(space, group, metric="cosine")))


class CodedTexts(NamedTuple):
    """Redacted texts (n), their vectors (n, d) of length 1 and the themes of each."""

    texts: Sequence[str]
    vectors: Rows
    themes: Sequence[tuple[str, ...]]


class ThemeMerger(NamedTuple):
    """Two themes to merge; `likeness` is the cosine of their `lean`, or the share of members that
    both have.
    """

    theme: str
    into: str
    likeness: float


class ThemeDivision(NamedTuple):
    theme: str
    parts: tuple[CandidateTheme, ...]


class ThemeProposals(NamedTuple):
    new: list[CandidateTheme]
    mergers: list[ThemeMerger]
    divisions: list[ThemeDivision]


class ThemeShape(NamedTuple):
    """How a theme's texts lie: row numbers, centre (d), mean and spread of nearness to it.

    `lean` (d) is the direction of the centre from the middle of all texts: all texts about the
    police are near each other, and two themes are alike only if they lean alike.
    """

    rows: Numbers
    centre: Rows
    lean: Rows
    mean: float
    spread: float


def theme_proposals(
    book: Codebook, old: CodedTexts, new: CodedTexts, earlier: Sequence[CandidateTheme] = ()
) -> ThemeProposals:
    """Changes to `book` suggested by the texts of the last weeks (`new`) and before (`old`).

    Texts are in order of time. `earlier` are the candidates proposed before, open or declined:
    anything like them is not raised again. A pinned theme is neither merged nor split. Nothing is
    changed automatically.
    """
    both = CodedTexts(
        [*old.texts, *new.texts],
        np.concatenate([old.vectors, new.vectors]),
        [*old.themes, *new.themes],
    )
    if not both.texts:
        return ThemeProposals([], [], [])
    all_of_it = both.vectors.mean(axis=0)
    usual = {
        theme.id: how
        for theme in book.themes
        if (how := theme_shape(both, theme.id, all_of_it)) is not None
    }
    loose = [theme.id for theme in book.themes if not theme.pinned and theme.id in usual]
    return ThemeProposals(
        emerging_themes(both, len(old.texts), usual, earlier),
        [merger for pair in combinations(loose, 2) if (merger := theme_merger(usual, *pair))],
        [parts for theme in loose if (parts := theme_division(both, theme, usual[theme].rows))],
    )


def theme_shape(coded: CodedTexts, theme: str, all_of_it: Rows) -> ThemeShape | None:
    rows = np.array([row for row, themes in enumerate(coded.themes) if theme in themes], int)
    if len(rows) < FEWEST_JUDGED:
        return None
    centre = unit_mean(coded.vectors[rows])
    lean = unit_mean(coded.vectors[rows] - all_of_it)
    nearness = coded.vectors[rows] @ centre
    return ThemeShape(rows, centre, lean, float(nearness.mean()), float(nearness.std()))


def unit_mean(rows: Rows) -> Rows:
    mean: Rows = clusters.unit_rows(rows.mean(axis=0, keepdims=True))[0]
    return mean


def emerging_themes(
    coded: CodedTexts, old: int, usual: dict[str, ThemeShape], earlier: Sequence[CandidateTheme]
) -> list[CandidateTheme]:
    """Groups of the pool that are as coherent as themes and that consist mostly of new texts.

    The pool is the texts without a theme, and those 1.5 standard deviations further from the centre
    of each of their themes than its texts usually are, less what an earlier candidate covers.
    Groups are average linkage, cut where pairs are .8, then .65 as alike as pairs within a theme
    are. Of a group of n texts k are late: new, or among the last texts, which are two or four times
    as many. Under no change k is binomial (n, the share of those texts), and so many must have a
    chance under 1 in 10,000. With no older texts there is nothing to compare, and every group
    counts.
    """
    typical = float(np.median([how.mean for how in usual.values()])) if usual else TYPICAL
    raised = [unit_mean(reading.text_vectors(list(candidate.quotes))) for candidate in earlier]
    rows = unexplained_rows(coded, usual)
    if raised and len(rows):
        rows = rows[(coded.vectors[rows] @ np.array(raised).T).max(axis=1) < typical]
    if len(rows) < FEWEST_NEW:
        return []
    candidates = []
    for members in alike_groups(coded.vectors, rows, typical):
        centre = unit_mean(coded.vectors[members])
        covered = any(centre @ earlier_centre > KNOWN_ALREADY for earlier_centre in raised) or any(
            centre @ how.centre > CENTRES_ALIKE for how in usual.values()
        )
        if not covered and has_come_up(members, old, len(coded.texts)):
            candidates.append(to_candidate(coded, members))
            # The looser cut may find this group again, and it must not be proposed twice.
            raised.append(centre)
    return sorted(candidates, key=lambda candidate: (-candidate.size, candidate.label))


def unexplained_rows(coded: CodedTexts, usual: dict[str, ThemeShape]) -> Numbers:
    """Row numbers of texts that no theme explains; each different text once, the newest 3,000."""
    nearest = np.full(len(coded.texts), -np.inf)
    for how in usual.values():
        far = (coded.vectors[how.rows] @ how.centre - how.mean) / max(how.spread, 1e-6)
        nearest[how.rows] = np.maximum(nearest[how.rows], far)
    # A theme of few texts has no usual nearness; its texts would all count as unexplained.
    judged = [all(theme in usual for theme in themes) for themes in coded.themes]
    once = {text: row for row, text in enumerate(coded.texts) if judged[row]}
    rows = np.array(sorted(once.values()), int)
    return rows[nearest[rows] < FAR][-MOST_POOLED:] if len(rows) else rows


def alike_groups(vectors: Rows, rows: Numbers, typical: float) -> Iterator[Numbers]:
    """Groups of rows as coherent as a theme, first strictly and then more loosely.

    `typical` is the nearness of a theme's texts to its centre; its square is that of two texts to
    each other.
    """
    for together in TOGETHER:
        group = AgglomerativeClustering(
            None,
            metric="cosine",
            linkage="average",
            distance_threshold=1 - together * typical**2,
        ).fit_predict(vectors[rows])
        yield from (rows[group == number] for number in np.unique(group))


def has_come_up(members: Numbers, old: int, texts: int) -> bool:
    if old == 0:
        return len(members) >= FEWEST_NEW
    return any(
        (fresh := int((members >= start).sum())) >= FEWEST_NEW
        # sf is the chance of more than its argument, so one less asks for as many or more.
        and binom.sf(fresh - 1, len(members), (texts - start) / texts) < BY_CHANCE
        for start in (texts - times * (texts - old) for times in LATELY)
        if start > 0
    )


def to_candidate(
    coded: CodedTexts, members: Numbers, among: Numbers | None = None
) -> CandidateTheme:
    """A group as a candidate theme, named by what sets it apart from the texts `among`."""
    rows = np.arange(len(coded.texts)) if among is None else among
    inside = set(members.tolist())
    heard = Counter(collapsed_text(coded.texts[row]) for row in rows)
    # Reversed, so that the first row of equal texts is the one that stays.
    first = {collapsed_text(coded.texts[row]): int(row) for row in reversed(rows)}
    mine = {collapsed_text(coded.texts[row]) for row in inside}
    different = sorted(heard)
    leaf = np.array([text not in mine for text in different], int)
    # A tree of two leaves, the group and the rest: it is named by the rules of a discovery.
    tree = ClusterTree(leaf, ((0, 1),) if leaf.any() else ())
    counts = np.array([heard[text] for text in different])
    vectors = coded.vectors[[first[text] for text in different]]
    return ThemeHierarchy(different, counts, vectors, tree, 2, reading.text_vectors).candidate(0)


def theme_merger(usual: dict[str, ThemeShape], theme: str, other: str) -> ThemeMerger | None:
    """A merger of two themes whose centres (cosine .9) or members (Jaccard .7) are alike, or None.

    The smaller goes into the larger. Centres are measured from the middle of all texts. On
    banking77 the two halves of a kind are then .905 alike or more, two kinds .873 or less, much as
    without this (.939, .895); but where every text is about one subject, themes can be told apart
    only this way.
    """
    first, second = usual[theme], usual[other]
    shared = len(np.intersect1d(first.rows, second.rows))
    members = shared / (len(first.rows) + len(second.rows) - shared)
    centres = float(first.lean @ second.lean)
    if centres <= CENTRES_ALIKE and members <= MEMBERS_ALIKE:
        return None
    if len(first.rows) > len(second.rows):
        theme, other = other, theme
    return ThemeMerger(theme, other, round(max(centres, members), 3))


def theme_division(coded: CodedTexts, theme: str, rows: Numbers) -> ThemeDivision | None:
    """Two to four parts: separate (silhouette .4), none under a fifth, and alike in both halves."""
    texts = [coded.texts[row] for row in rows]
    # By text, because the two halves are every second row and must not depend on the order
    # received.
    order = np.array(sorted(range(len(rows)), key=lambda place: texts[place]), int)
    rows = rows[order]
    if len({*texts}) < FEWEST_TO_SPLIT:
        return None
    space = clusters.reduced_space(coded.vectors[rows])
    best = max(stable_splits(space), key=lambda split: split[0], default=None)
    if best is None:
        return None
    parts = [rows[best[1] == number] for number in np.unique(best[1])]
    candidates = sorted(
        (to_candidate(coded, part, rows) for part in parts), key=lambda candidate: -candidate.size
    )
    return ThemeDivision(theme, tuple(candidates))


def stable_splits(space: Rows) -> Iterator[tuple[float, Numbers]]:
    tree = clusters.cluster_tree(space)
    for number in PARTS:
        group = tree.cut(number)
        smallest = np.bincount(group, minlength=number).min() / len(group)
        apart = separation(space, group)
        if smallest >= SMALLEST_PART and apart >= PARTS_APART and is_stable(space, number):
            yield apart, group


def is_stable(space: Rows, number: int) -> bool:
    halves = [half_tree(space, start) for start in (0, 1)]
    first, second = (assigned_groups(space, *half, number) for half in halves)
    return float(adjusted_rand_score(first, second)) > PARTS_STABLE
