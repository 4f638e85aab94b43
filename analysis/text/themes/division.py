"""How a theme's examples would split into parts: the first proposal when a person splits it."""

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans

SEED = 20081


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
