"""Groups of vectors: smoothed, split into many clusters, and merged into a tree of fewer groups."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.neighbors import NearestNeighbors, kneighbors_graph
from sklearn.preprocessing import normalize
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

Rows = NDArray[np.float32]
Numbers = NDArray[np.int_]

CORE = 10_000
COMPONENTS = 64
WORDS = 0.5
NEIGHBOURS = 10
STEPS = 4
PULL = 0.7
LEAVES = 40
PER_LEAF = 5
SEED = 20081


class ClusterTree(NamedTuple):
    """leaf (n), the number of each row's leaf; merges, the two nodes that become the next one.

    Leaves are 0 to k - 1; merge i makes node k + i, as in scipy's linkage.
    """

    leaf: Numbers
    merges: tuple[tuple[int, int], ...]

    @property
    def leaves(self) -> int:
        return len(self.merges) + 1

    def nodes(self, groups: int) -> list[int]:
        """The nodes that remain when `groups` groups are left, at most as many as leaves."""
        merged = self.leaves - max(1, min(groups, self.leaves))
        all_nodes = set(range(self.leaves + merged))
        return sorted(all_nodes - {node for pair in self.merges[:merged] for node in pair})

    def under(self, node: int) -> list[int]:
        """The leaves of a node."""
        if node < self.leaves:
            return [node]
        return [leaf for child in self.merges[node - self.leaves] for leaf in self.under(child)]

    def cut(self, groups: int) -> Numbers:
        """(n): the group of each row, 0 to groups - 1."""
        number = np.zeros(self.leaves, int)
        for group, node in enumerate(self.nodes(groups)):
            number[self.under(node)] = group
        numbers: Numbers = number[self.leaf]
        return numbers


def reduced_space(vectors: Rows) -> Rows:
    """Principal components (n, at most 64), rows of length 1, fitted on the `core_rows`."""
    components = min(COMPONENTS, vectors.shape[1], len(vectors) - 1)
    if components < 2:
        return np.ones((len(vectors), 1), np.float32)
    # BLAS splits its sums by threads, and sums in another order have other last digits.
    with threadpool_limits(1):
        # An exact solver: scikit-learn would choose a randomised one for large arrays.
        model = PCA(components, svd_solver="covariance_eigh").fit(vectors[core_rows(len(vectors))])
        return unit_rows(model.transform(vectors))


def discovery_space(vectors: Rows, texts: Sequence[str]) -> Rows:
    """What texts are about and the words that they use (n, at most 128), rows of length 1.

    Principal components of the vectors, and at half their length the words of `word_space`: texts
    that a model of language finds alike are told apart by the words that only some of them use.
    """
    rows: Rows = np.hstack([reduced_space(vectors), WORDS * word_space(texts)])
    return unit_rows(rows.astype(np.float32))


def word_space(texts: Sequence[str]) -> Rows:
    """Latent semantic analysis (n, at most 64), rows of length 1 or 0, fitted on the `core_rows`.

    Singular value decomposition of TF-IDF, (1 + log tf) log((1 + n) / (1 + df)) + 1, over the words
    of two texts or more that are no English stop words (Deerwester et al. 1990).
    """
    empty = np.zeros((len(texts), 1), np.float32)
    words = TfidfVectorizer(sublinear_tf=True, stop_words="english", min_df=2, dtype=np.float32)
    core = [texts[row] for row in core_rows(len(texts))]
    try:
        transform = words.fit_transform(core)
    except ValueError:  # No word is in two of them.
        return empty
    components = min(COMPONENTS, transform.shape[0] - 1, transform.shape[1] - 1)
    if components < 2:
        return empty
    with threadpool_limits(1):
        model = TruncatedSVD(components, random_state=SEED).fit(transform)
        return unit_rows(model.transform(words.transform(texts)).astype(np.float32))


def core_rows(rows: int) -> Numbers:
    """At most 10,000 row numbers, evenly spread."""
    return np.unique(np.linspace(0, rows - 1, min(rows, CORE)).astype(int))


def unit_rows(rows: Rows) -> Rows:
    scaled: Rows = normalize(rows)
    return scaled


def cluster_tree(
    rows: Rows, leaves: int = LEAVES, fewest: float = 1, counts: Numbers | None = None
) -> ClusterTree:
    """k-means of the smoothed core (see `core_rows`) into leaves, then Ward on their centres.

    `rows` come from `reduced_space`. Rows outside the core join the leaf of most of their ten
    nearest core rows. Leaves whose `counts` (1 a row) add up to less than `fewest` join the nearest
    leaf. One thread and a fixed seed: the same rows in the same order give the same tree.
    """
    counts = np.ones(len(rows), int) if counts is None else counts
    inside = core_rows(len(rows))
    with threadpool_limits(1):
        sharp = smoothed_rows(rows[inside])
        leaf = spread_groups(
            rows, inside, kmeans_groups(sharp, max(1, min(leaves, len(inside) // PER_LEAF)))
        )
        leaf = without_small_groups(rows, leaf, counts, fewest)
        return ClusterTree(leaf, ward_merges(sharp, leaf[inside]))


def smoothed_rows(rows: Rows) -> Rows:
    """Each row pulled towards the ten most like it, four times, which sharpens existing groups."""
    if len(rows) < 3:
        return rows
    graph = kneighbors_graph(rows, min(NEIGHBOURS, len(rows) - 1), mode="connectivity")
    pull = normalize(graph.maximum(graph.T), norm="l1")
    drawn = rows
    for _ in range(STEPS):
        drawn = unit_rows((1 - PULL) * rows + PULL * (pull @ drawn))
    return drawn.astype(np.float32)


def kmeans_groups(rows: Rows, groups: int) -> Numbers:
    # k-means leaves groups empty, with a warning, where fewer rows differ than groups are asked
    # for.
    groups = min(groups, len(np.unique(rows.round(4), axis=0)))
    numbers: Numbers = KMeans(groups, n_init=10, random_state=SEED).fit_predict(rows)
    return renumbered_groups(numbers)


def renumbered_groups(group: Numbers) -> Numbers:
    numbers: Numbers = np.unique(group, return_inverse=True)[1]
    return numbers


def spread_groups(rows: Rows, inside: Numbers, group: Numbers) -> Numbers:
    """The group of every row, from the groups of the rows inside the core (see `core_rows`)."""
    groups = np.zeros(len(rows), int)
    groups[inside] = group
    rest = np.setdiff1d(np.arange(len(rows)), inside)
    if len(rest):
        search = NearestNeighbors(n_neighbors=NEIGHBOURS, algorithm="brute").fit(rows[inside])
        near = search.kneighbors(rows[rest], return_distance=False)
        votes = np.zeros((len(rest), int(group.max()) + 1), int)
        np.add.at(votes, (np.arange(len(rest))[:, None], group[near]), 1)
        groups[rest] = votes.argmax(axis=1)
    return groups


def group_centres(rows: Rows, group: Numbers) -> Rows:
    """(k, d): the mean of each group, of length 1."""
    return unit_rows(np.array([rows[group == number].mean(axis=0) for number in np.unique(group)]))


def without_small_groups(rows: Rows, group: Numbers, counts: Numbers, fewest: float) -> Numbers:
    while (number := int(group.max()) + 1) > 1:
        sizes = np.bincount(group, weights=counts, minlength=number)
        smallest = int(np.argmin(sizes))
        if sizes[smallest] >= fewest:
            break
        middle = group_centres(rows, group)
        alike = middle @ middle[smallest]
        # Below any cosine, so that the group is not merged with itself.
        alike[smallest] = -2
        group = renumbered_groups(np.where(group == smallest, int(np.argmax(alike)), group))
    return group


def ward_merges(rows: Rows, group: Numbers) -> tuple[tuple[int, int], ...]:
    """Ward on the centres of groups: each step merges the two whose rows then lie least apart.

    The cost of a merge is n m / (n + m) times the squared distance of the two means (Ward 1963).
    """
    # A loop of our own: scikit-learn's Ward would count each centre as one text.
    sizes = np.bincount(group).astype(float)
    number = len(sizes)
    means = np.array([rows[group == place].mean(axis=0) for place in range(number)], float)
    name = list(range(number))
    merges = []
    while len(name) > 1:
        apart = ((means[:, None] - means[None]) ** 2).sum(axis=2)
        cost = apart * (sizes[:, None] * sizes) / (sizes[:, None] + sizes)
        cost[np.tril_indices(len(name))] = np.inf
        place, other = np.unravel_index(int(np.argmin(cost)), cost.shape)
        merges.append((name[place], name[other]))
        pair = [place, other]
        means[place] = np.average(means[pair], axis=0, weights=sizes[pair])
        sizes[place] += sizes[other]
        name[place] = number + len(merges) - 1
        means, sizes = np.delete(means, other, axis=0), np.delete(sizes, other)
        name.pop(int(other))
    return tuple(merges)


def part_numbers(vectors: NDArray[np.float32], parts: int) -> list[int]:
    """The number of the part, 0 to parts - 1, that each row of `vectors` (n, d), of length 1,
    belongs to.

    k-means (Lloyd) with ten starts from a fixed seed; parts are numbered as they first appear, so
    the first row is in part 0. Fewer where there are fewer different rows than parts.
    """
    parts = min(parts, len(np.unique(vectors, axis=0)))
    if parts < 2:
        return [0] * len(vectors)
    labels = KMeans(parts, n_init=10, random_state=SEED).fit(vectors).labels_.tolist()
    order = list(dict.fromkeys(labels))
    return [order.index(label) for label in labels]
