"""Whether neighbouring areas are alike: Moran's I, a diagnostic of residuals and no finding."""

from dataclasses import dataclass

import numpy as np

from analysis.statistics.sampling.variance import Flags, Floats, Ints

PERMUTATIONS = 999
SEED = 33_999


@dataclass(frozen=True, kw_only=True)
class Moran:
    """I of `areas` areas, what chance alone would give, and the share of permutations above it.

    A small `p` says that neighbours are more alike than chance allows, so that errors which take
    areas as independent are too small.
    """

    value: float
    expected: float
    p: float
    areas: int


def morans_i(
    values: Floats, touching: Flags, *, permutations: int = PERMUTATIONS, seed: int = SEED
) -> Moran | None:
    """I = n/S₀ · z'Wz / z'z with row-standardised W, and a permutation p = (1 + #{I* ≥ I})/(1 + m).

    `values` one an area, NaN where unknown; `touching` areas x areas, true for neighbours (from
    the boundaries, and across the Thames where a bridge or tunnel crosses). Areas without a value
    or without a neighbour are left out. E(I) = -1/(n-1). The areas are permuted in the order of
    their values, so that their order in the input changes nothing. None with fewer than four
    areas or no spread. Errors: ValueError where `touching` is not symmetric.
    Source: Moran (1950); Cliff & Ord (1981).
    """
    if not (touching == touching.T).all():
        raise ValueError("if one area touches another, so does the other")
    keep = connected_areas(np.isfinite(values), touching)
    keep = keep[np.argsort(values[keep], kind="stable")]
    z = values[keep] - values[keep].mean() if len(keep) else values[keep]
    spread, n = float(z @ z), len(keep)
    if n < 4 or spread <= 1e-24 * max(float(np.abs(values[keep]).max()) ** 2, 1e-300):
        return None
    near = touching[np.ix_(keep, keep)] & ~np.eye(n, dtype=bool)
    weight = near / near.sum(axis=1, keepdims=True)
    rng = np.random.default_rng(seed)
    shuffled = rng.permuted(np.tile(z, (permutations, 1)), axis=1)
    by_chance = np.einsum("pi,ij,pj->p", shuffled, weight, shuffled, optimize=True) / spread
    value = float(z @ weight @ z) / spread
    above = int((by_chance >= value - 1e-12).sum())
    return Moran(value=value, expected=-1 / (n - 1), p=(1 + above) / (1 + permutations), areas=n)


def connected_areas(known: Flags, touching: Flags) -> Ints:
    """Areas with a value and a neighbour that has one, repeated until no area is left isolated."""
    keep = known
    while True:
        near = touching & keep & ~np.eye(len(keep), dtype=bool)
        left = keep & near.any(axis=1)
        if (left == keep).all():
            return np.flatnonzero(keep)
        keep = left
