"""Errors of coefficients where those of a cluster are alike, also where few clusters count."""

from typing import NamedTuple

import numpy as np

from analysis.statistics.sampling.variance import Floats, Ints

# Of the variance of a coefficient: what one exposed cluster fits exactly, its errors cannot show.
LEAST_SEEN = 0.5


class Cr2(NamedTuple):
    """CR2 standard errors, one a coefficient, and the degrees of freedom of their t."""

    se: Floats
    df: Floats


class Regression(NamedTuple):
    """A weighted regression, a row a cell: `fixed` effects n x F, the exposures without them
    (`within`, L x n) whose coefficients are wanted, the outcome, the weights and the clusters.
    """

    fixed: Floats
    within: Floats
    outcome: Floats
    weight: Floats
    cluster: Ints


def cr2(given: Regression) -> Cr2:
    """V = Σ_g (s_g'W_g A_g e_g)², A_g = [((I-H)(I-H)')_gg]^(-1/2), s = x̃(x̃'Wx̃)⁻¹.

    x̃ are the exposures without the fixed effects, H the hat matrix with both, the working variance
    the identity; df = (Σ P_gg)² / Σ P_gh² of each coefficient, well below the number of clusters
    where a few hold most of the exposure. NaN where nothing is left to
    judge by, as with a single exposed cluster.
    Source: Bell & McCaffrey (2002); Pustejovsky & Tipton (2018); agrees with R clubSandwich.
    """
    root = np.sqrt(given.weight)
    basis = orthonormal_basis(np.hstack([given.fixed, given.within.T]) * root[:, None])
    # H = W^(-1/2) Q Q' W^(1/2), so no block of it needs the whole n x n matrix.
    left, right = basis / root[:, None], basis * root[:, None]
    error = given.outcome - left @ (right.T @ given.outcome)
    middle = right.T @ right
    pull, scores, paths = pulls(given), [], []
    for g in np.unique(given.cluster):
        own = np.flatnonzero(given.cluster == g)
        hat = left[own] @ right[own].T
        spread = np.eye(len(own)) - hat - hat.T + left[own] @ middle @ left[own].T
        adjusted = pull[:, own] @ inverse_square_root(spread)
        scores.append(adjusted @ error[own])
        path = -(adjusted @ left[own]) @ right.T
        path[:, own] += adjusted
        paths.append(path)
    inner = np.einsum("gln,hln->lgh", paths, paths)
    se, seen = np.sqrt((np.array(scores) ** 2).sum(axis=0)), np.trace(inner, axis1=1, axis2=2)
    with np.errstate(divide="ignore", invalid="ignore"):
        df = seen**2 / (inner**2).sum(axis=(1, 2))
        sound = (se > 0) & (df > 0) & (seen > LEAST_SEEN * (pull**2).sum(axis=1))
    return Cr2(np.where(sound, se, np.nan), np.where(sound, df, np.nan))


def pulls(given: Regression) -> Floats:
    """The weight of each cell in each coefficient, (x̃'Wx̃)⁻¹x̃'W."""
    weighted = given.within * given.weight
    return np.asarray(np.linalg.solve(weighted @ given.within.T, weighted))


def orthonormal_basis(x: Floats) -> Floats:
    """A basis of what the columns span; faster than by singular values, as rows are many."""
    length = np.sqrt((x**2).sum(axis=0))
    scaled = x / np.where(length > 0, length, 1.0)
    size, vectors = np.linalg.eigh(scaled.T @ scaled)
    sound = size > 1e-9 * size[-1]
    return np.asarray(scaled @ (vectors[:, sound] / np.sqrt(size[sound])))


def inverse_square_root(square: Floats) -> Floats:
    """The symmetric inverse square root; directions without variance stay 0."""
    values, vectors = np.linalg.eigh(square)
    # Area effects fit one direction of every block exactly, so a plain inverse does not exist.
    sound = values > 1e-10 * max(float(values[-1]), 0.0)
    scale = np.where(sound, np.where(sound, values, 1.0) ** -0.5, 0.0)
    return np.asarray((vectors * scale) @ vectors.T)
