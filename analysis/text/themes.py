"""Proposes themes: a candidate codes nothing until a person selects it."""

import re
from collections import Counter

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import AgglomerativeClustering, KMeans
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import silhouette_score
from sklearn.neighbors import kneighbors_graph
from sklearn.preprocessing import normalize

from analysis.text import labels
from analysis.text.marks import READ, without_marks
from analysis.text.vectors import stems
from survey.codebooks import CandidateTheme

Matrix = NDArray[np.float64]

FEWEST_TEXTS = 30
SMALLEST_THEME = 5
SMALLEST_SHARE = 0.001
MOST_ALIKE = 0.9
CORE = 10_000
COMPONENTS = 64
NEIGHBOURS = 10
STEPS = 4
PULL = 0.7
SEED = 20081


def discover(texts: list[str], most: int = 25, fewest: int = 6) -> list[CandidateTheme]:
    """Candidate themes, largest first; [] under 30 texts that say something. Texts are redacted.

    TF-IDF, SVD to 64 dimensions, smoothing over the graph of 10 nearest neighbours (4 steps,
    weight .7), Ward below 2,000 different texts and k-means above (seed fixed), k by silhouette
    before smoothing. Texts that say the same count in `size` and pull once. The answer does not
    depend on the order of the texts. Candidates under max(5, 0.1 %) texts join their nearest
    neighbour, as do those whose centres agree (cosine .9): there may be fewer than `fewest`.
    """
    heard = Counter(plain for text in texts if stems(plain := cleaned(text)))
    if heard.total() < FEWEST_TEXTS:
        return []
    different = sorted(heard)
    counts = np.array([heard[text] for text in different])
    space = placed(different)
    group = merged(space, grouped(space, most, fewest), counts)
    weighed = labels.phrase_weights(different, group)
    found = [
        candidate(different, space, np.flatnonzero(group == number), counts, weighed[number])
        for number in np.unique(group)
    ]
    return sorted(found, key=lambda theme: (-theme.size, theme.label))[:most]


def cleaned(text: str) -> str:
    return re.sub(r"\s+", " ", without_marks(text[:READ])).strip()


def placed(texts: list[str]) -> Matrix:
    """Rows of length 1 in at most 64 dimensions."""
    weights = TfidfVectorizer(
        analyzer=stems, sublinear_tf=True, min_df=2 if len(texts) > 200 else 1
    ).fit_transform(texts)
    room = min(COMPONENTS, weights.shape[1] - 1, len(texts) - 1)
    if room < 2:
        return np.ones((len(texts), 1))
    reduced: Matrix = TruncatedSVD(room, random_state=SEED).fit_transform(weights)
    return unit(reduced)


def unit(rows: Matrix) -> Matrix:
    scaled: Matrix = normalize(rows)
    return scaled


def smoothed(space: Matrix) -> Matrix:
    """Each text drawn towards the texts most like it, which sharpens the groups there are."""
    graph = kneighbors_graph(space, min(NEIGHBOURS, len(space) - 1), mode="connectivity")
    pull = normalize(graph.maximum(graph.T), norm="l1")
    rows = space
    for _ in range(STEPS):
        rows = unit((1 - PULL) * space + PULL * (pull @ rows))
    return rows


def grouped(space: Matrix, most: int, fewest: int) -> NDArray[np.int_]:
    """The grouping into `fewest` to `most` with the best silhouette in the unsmoothed space."""
    core = np.unique(np.linspace(0, len(space) - 1, min(len(space), CORE)).astype(int))
    if len(core) < 2 * fewest or space.shape[1] < 2:
        return np.zeros(len(space), dtype=np.int_)
    sharp = smoothed(space[core])
    ceiling = max(fewest, min(most, len(core) // SMALLEST_THEME))
    tried = [clustered(sharp, k) for k in range(fewest, ceiling + 1, 1 if len(core) < 2_000 else 3)]
    scores = [separation(space[core], group) for group in tried]
    best = tried[int(np.argmax(scores))]
    return (
        np.argmax(space @ centres(space[core], best).T, axis=1) if len(core) < len(space) else best
    )


def clustered(rows: Matrix, k: int) -> NDArray[np.int_]:
    method = (
        AgglomerativeClustering(k) if len(rows) < 2_000 else KMeans(k, n_init=2, random_state=SEED)
    )
    group: NDArray[np.int_] = method.fit_predict(rows)
    return group


def separation(space: Matrix, group: NDArray[np.int_]) -> float:
    if len(np.unique(group)) < 2:
        return -1.0
    return float(
        silhouette_score(
            space, group, metric="cosine", sample_size=min(1_500, len(space)), random_state=SEED
        )
    )


def centres(space: Matrix, group: NDArray[np.int_]) -> Matrix:
    return unit(np.array([space[group == number].mean(axis=0) for number in np.unique(group)]))


def merged(space: Matrix, group: NDArray[np.int_], counts: NDArray[np.int_]) -> NDArray[np.int_]:
    """Joins candidates that are too small or too alike to their nearest neighbour."""
    floor = max(SMALLEST_THEME, SMALLEST_SHARE * counts.sum())
    group = np.unique(group, return_inverse=True)[1]
    while (number := int(group.max()) + 1) > 1:
        alike = centres(space, group) @ centres(space, group).T
        np.fill_diagonal(alike, -1)
        sizes = np.bincount(group, weights=counts, minlength=number)
        smallest = int(np.argmin(sizes))
        first, second = np.unravel_index(int(np.argmax(alike)), alike.shape)
        if sizes[smallest] < floor:
            first, second = np.intp(smallest), np.argmax(alike[smallest])
        elif alike[first, second] < MOST_ALIKE:
            break
        group = np.unique(np.where(group == first, second, group), return_inverse=True)[1]
    return group


def candidate(
    texts: list[str],
    space: Matrix,
    rows: NDArray[np.int_],
    counts: NDArray[np.int_],
    weighed: dict[str, float],
) -> CandidateTheme:
    centre = unit(space[rows].mean(axis=0, keepdims=True))[0]
    nearness = space[rows] @ centre
    phrases = labels.key_phrases(weighed)
    quotes = labels.quotes([texts[row] for row in rows], nearness, space[rows])
    return CandidateTheme(
        label=", ".join(phrases[:3]) or quotes[0][:60],
        words=phrases,
        quotes=quotes,
        size=int(counts[rows].sum()),
    )
