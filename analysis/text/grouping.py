"""Groups of vectors: smoothed, over-clustered, and folded into a tree of ever fewer groups."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors, kneighbors_graph
from sklearn.preprocessing import normalize
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

Rows = NDArray[np.float32]
Numbers = NDArray[np.int_]

CORE = 10_000
COMPONENTS = 64
NEIGHBOURS = 10
STEPS = 4
PULL = 0.7
LEAVES = 40
PER_LEAF = 5
SEED = 20081


class Tree(NamedTuple):
    """leaf (n), the number of each row's leaf; merges, the two nodes that become the next one.

    Leaves are 0 to k - 1; merge i makes node k + i, as in scipy's linkage.
    """

    leaf: Numbers
    merges: tuple[tuple[int, int], ...]

    @property
    def leaves(self) -> int:
        return len(self.merges) + 1

    def nodes(self, groups: int) -> list[int]:
        """The nodes that stand when so many groups are left, at most as many as leaves."""
        made = self.leaves - max(1, min(groups, self.leaves))
        standing = set(range(self.leaves + made))
        return sorted(standing - {node for pair in self.merges[:made] for node in pair})

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
        found: Numbers = number[self.leaf]
        return found


def space(vectors: Rows) -> Rows:
    """(n, at most 64), rows of length 1: principal components, found on the core."""
    components = min(COMPONENTS, vectors.shape[1], len(vectors) - 1)
    if components < 2:
        return np.ones((len(vectors), 1), np.float32)
    with threadpool_limits(1):
        model = PCA(components, svd_solver="covariance_eigh").fit(vectors[core(len(vectors))])
        return unit(model.transform(vectors))


def core(rows: int) -> Numbers:
    """At most 10,000 places, evenly spread."""
    return np.unique(np.linspace(0, rows - 1, min(rows, CORE)).astype(int))


def unit(rows: Rows) -> Rows:
    scaled: Rows = normalize(rows)
    return scaled


def tree(
    rows: Rows, leaves: int = LEAVES, fewest: float = 1, counts: Numbers | None = None
) -> Tree:
    """k-means of the smoothed core into leaves, then Ward on their centres; rows as of `space`.

    Rows outside the core join the leaf of most of their ten nearest in it. Leaves whose `counts`
    (1 a row) come to under `fewest` join their nearest. One thread and a fixed seed: the same rows
    in the same order have the same tree.
    """
    counts = np.ones(len(rows), int) if counts is None else counts
    inside = core(len(rows))
    with threadpool_limits(1):
        sharp = smoothed(rows[inside])
        leaf = spread(rows, inside, clustered(sharp, max(1, min(leaves, len(inside) // PER_LEAF))))
        leaf = large_enough(rows, leaf, counts, fewest)
        return Tree(leaf, folded(sharp, leaf[inside]))


def smoothed(rows: Rows) -> Rows:
    """Each row drawn to the ten most like it, four times, which sharpens the groups there are."""
    if len(rows) < 3:
        return rows
    graph = kneighbors_graph(rows, min(NEIGHBOURS, len(rows) - 1), mode="connectivity")
    pull = normalize(graph.maximum(graph.T), norm="l1")
    drawn = rows
    for _ in range(STEPS):
        drawn = unit((1 - PULL) * rows + PULL * (pull @ drawn))
    return drawn.astype(np.float32)


def clustered(rows: Rows, groups: int) -> Numbers:
    groups = min(groups, len(np.unique(rows.round(4), axis=0)))
    found: Numbers = KMeans(groups, n_init=10, random_state=SEED).fit_predict(rows)
    return renumbered(found)


def renumbered(group: Numbers) -> Numbers:
    found: Numbers = np.unique(group, return_inverse=True)[1]
    return found


def spread(rows: Rows, inside: Numbers, group: Numbers) -> Numbers:
    """The group of every row, from that of the rows inside the core."""
    found = np.zeros(len(rows), int)
    found[inside] = group
    rest = np.setdiff1d(np.arange(len(rows)), inside)
    if len(rest):
        search = NearestNeighbors(n_neighbors=NEIGHBOURS, algorithm="brute").fit(rows[inside])
        near = search.kneighbors(rows[rest], return_distance=False)
        votes = np.zeros((len(rest), int(group.max()) + 1), int)
        np.add.at(votes, (np.arange(len(rest))[:, None], group[near]), 1)
        found[rest] = votes.argmax(axis=1)
    return found


def centres(rows: Rows, group: Numbers) -> Rows:
    """(k, d): the mean of each group, of length 1."""
    return unit(np.array([rows[group == number].mean(axis=0) for number in np.unique(group)]))


def large_enough(rows: Rows, group: Numbers, counts: Numbers, fewest: float) -> Numbers:
    while (number := int(group.max()) + 1) > 1:
        sizes = np.bincount(group, weights=counts, minlength=number)
        smallest = int(np.argmin(sizes))
        if sizes[smallest] >= fewest:
            break
        middle = centres(rows, group)
        alike = middle @ middle[smallest]
        alike[smallest] = -2
        group = renumbered(np.where(group == smallest, int(np.argmax(alike)), group))
    return group


def folded(rows: Rows, group: Numbers) -> tuple[tuple[int, int], ...]:
    """Ward on the centres of groups: the two are merged whose rows then lie least apart.

    The cost of a merge is n m / (n + m) times the squared distance of the two means (Ward 1963).
    """
    sizes = np.bincount(group).astype(float)
    number = len(sizes)
    means = np.array([rows[group == one].mean(axis=0) for one in range(number)], float)
    name = list(range(number))
    merges = []
    while len(name) > 1:
        apart = ((means[:, None] - means[None]) ** 2).sum(axis=2)
        cost = apart * (sizes[:, None] * sizes) / (sizes[:, None] + sizes)
        cost[np.tril_indices(len(name))] = np.inf
        one, other = np.unravel_index(int(np.argmin(cost)), cost.shape)
        merges.append((name[one], name[other]))
        pair = [one, other]
        means[one] = np.average(means[pair], axis=0, weights=sizes[pair])
        sizes[one] += sizes[other]
        name[one] = number + len(merges) - 1
        means, sizes = np.delete(means, other, axis=0), np.delete(sizes, other)
        name.pop(int(other))
    return tuple(merges)
