"""A hierarchy of candidate themes, which the reader can cut at any number."""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analysis.text.themes import grouping, labels
from analysis.text.themes.grouping import ClusterTree
from survey.coding.codebooks import CandidateTheme

Rows = NDArray[np.float32]
Numbers = NDArray[np.int_]

LABELLED_BY = 3
MOST_ALIKE = 0.9
READ_PER_LEAF = 200
PARSED_PER_LEAF = 40


class ThemeHierarchy:
    """Different texts in a tree; `proposed` is the number of themes that the method prefers.

    `texts` (n) are sorted, `counts` (n) how often each was written, `vectors` (n, d) of length 1;
    `read` turns phrases into vectors.
    """

    def __init__(
        self,
        texts: Sequence[str],
        counts: Numbers,
        vectors: Rows,
        tree: ClusterTree,
        proposed: int,
        read: Callable[[list[str]], Rows],
    ) -> None:
        self.texts, self.counts, self.vectors, self.tree = texts, counts, vectors, tree
        self.proposed = proposed
        self.read = read
        self.known: dict[str, Rows] = {}
        self.named: dict[int, CandidateTheme] = {}

    def __len__(self) -> int:
        """The largest possible number of themes."""
        return self.tree.leaves if len(self.texts) else 0

    def at(self, groups: int) -> list[CandidateTheme]:
        """Candidates when the tree is cut into so many, largest first; each is named once.

        No two labels are alike (cosine .9): the smaller of two is labelled with its further
        phrases.
        """
        if not len(self.texts):
            return []
        found = [self.candidate(node) for node in self.tree.nodes(groups)]
        return with_distinct_labels(
            sorted(found, key=lambda one: (-one.size, one.label)), self.rows
        )

    def members(self, groups: int) -> dict[str, list[str]]:
        """The different texts under each candidate at a cut, by its first quote."""
        return {
            self.candidate(node).quotes[0]: [self.texts[row] for row in self.under(node)]
            for node in self.tree.nodes(groups)
        }

    def candidate(self, node: int) -> CandidateTheme:
        if node not in self.named:
            self.named[node] = self.name(node)
        return self.named[node]

    def name(self, node: int) -> CandidateTheme:
        under = self.under(node)
        centre = self.centre(under)
        own = sum((self.leaf_phrases[leaf] for leaf in self.tree.under(node)), Counter[str]())
        some = labels.candidate_phrases(own, self.everywhere, self.tree.leaves)
        phrases = labels.key_phrases(some, self.rows(some), centre, self.middle) if some else ()
        nearness = self.vectors[under] @ centre
        quotes = labels.central_quotes(
            [self.texts[row] for row in under], nearness, self.vectors[under]
        )
        return CandidateTheme(
            label=", ".join(phrases[:LABELLED_BY]) or quotes[0][:60],
            words=phrases,
            quotes=quotes,
            size=int(self.counts[under].sum()),
        )

    def under(self, node: int) -> Numbers:
        return np.flatnonzero(np.isin(self.tree.leaf, self.tree.under(node)))

    def centre(self, rows: Numbers) -> Rows:
        found: Rows = grouping.unit_rows(self.vectors[rows].mean(axis=0, keepdims=True))[0]
        return found

    @cached_property
    def middle(self) -> Rows:
        """The mean of the centres of all leaves, near which every text lies."""
        found: Rows = grouping.unit_rows(
            grouping.group_centres(self.vectors, self.tree.leaf).mean(axis=0, keepdims=True)
        )[0]
        return found

    @cached_property
    def leaf_phrases(self) -> list[Counter[str]]:
        """The phrases of each leaf, by those of its texts that are nearest to its centre."""
        return [
            labels.phrase_counts([self.texts[row] for row in self.nearest(leaf)], PARSED_PER_LEAF)
            for leaf in range(self.tree.leaves)
        ]

    @cached_property
    def everywhere(self) -> Counter[str]:
        return sum(self.leaf_phrases, Counter[str]())

    def nearest(self, leaf: int) -> Numbers:
        under = self.under(leaf)
        nearness = (self.vectors[under] @ self.centre(under)).round(5)
        return under[np.argsort(-nearness, kind="stable")[:READ_PER_LEAF]]

    def rows(self, phrases: Sequence[str]) -> Rows:
        """Vectors of phrases, each read once."""
        new = [phrase for phrase in dict.fromkeys(phrases) if phrase not in self.known]
        if new:
            self.known.update(zip(new, self.read(new), strict=True))
        return np.array([self.known[phrase] for phrase in phrases])


def with_distinct_labels(
    themes: Sequence[CandidateTheme], rows: Callable[[Sequence[str]], Rows]
) -> list[CandidateTheme]:
    found: list[CandidateTheme] = []
    for theme in themes:
        tries = [theme.label, *(", ".join(theme.words[start:][:3]) for start in (1, 2, 3))]
        tries += [theme.quotes[0][:60], f"{theme.label} ({len(found) + 1})"]
        taken = [one.label for one in found]
        label = next((one for one in tries if one and is_distinct(one, taken, rows)), tries[-1])
        found.append(
            CandidateTheme(label=label, words=theme.words, quotes=theme.quotes, size=theme.size)
        )
    return found


def is_distinct(label: str, taken: list[str], rows: Callable[[Sequence[str]], Rows]) -> bool:
    if not taken:
        return True
    return label not in taken and float((rows(taken) @ rows([label])[0]).max()) < MOST_ALIKE
