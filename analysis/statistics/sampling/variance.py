"""Variances: of weighted totals of clusters within strata, and of coefficients by cluster.

Taylor linearisation with ultimate clusters (Binder 1983; Lumley 2004): every estimator here is
written as a weighted total of influence values, and this module knows the variance of that.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Labels = NDArray[np.generic]
# Of the variance of a coefficient: what one exposed cluster fits exactly, its errors cannot show.
LEAST_SEEN = 0.5


@dataclass(frozen=True, eq=False, kw_only=True)
class DomainMembers:
    """Which respondents count, and to which of `count` domains each of them belongs."""

    rows: Ints
    domain: Ints
    count: int


@dataclass(frozen=True, eq=False, kw_only=True)
class Projection:
    """Margins that the weights were raked to; the variance is then that of the residuals.

    `cells` is the category of each respondent for each margin (-1 where it is not known),
    `design_weight` the weights before raking (None: R's `rake()`, which projects unweighted),
    `persons` how many respondents each row represents (None: one each).
    """

    cells: dict[str, Ints]
    design_weight: Floats | None = None
    persons: Floats | None = None

    @cached_property
    def columns(self) -> list[tuple[Ints, int]]:
        """Category and number of categories of each margin; -1 becomes a category of its own."""
        shifted = [index - min(0, int(index.min(initial=0))) for index in self.cells.values()]
        return [(index, int(index.max(initial=0)) + 1) for index in shifted]

    @cached_property
    def base(self) -> Floats:
        """The weight of each respondent in the projection: before raking, with mean 1."""
        before = self.design_weight
        return np.ones(len(self.columns[0][0])) if before is None else before / before.mean()

    @cached_property
    def many(self) -> Floats:
        return np.ones_like(self.base) if self.persons is None else self.persons

    @cached_property
    def gram(self) -> Floats:
        """X'dX: X is the dummies of all margins side by side, d the weight of each row before
        raking times the respondents that it represents.
        """
        rows = np.arange(len(self.base))
        design = scipy.sparse.hstack(
            [
                sparse_sums(np.ones(len(rows)), rows, index, (len(rows), size))
                for index, size in self.columns
            ],
            format="csr",
        )
        return np.asarray((design.T @ (design * (self.base * self.many)[:, None])).toarray())


@dataclass(frozen=True, eq=False)
class Clusters:
    """The primary sampling units (PSUs) of a design.

    `psu` is the PSU of each respondent (0 to P-1), `stratum` the stratum of each PSU (0 to H-1),
    `population` the PSUs that each stratum has in the population (infinite where not known).
    """

    psu: Ints
    stratum: Ints
    population: Floats

    @cached_property
    def sizes(self) -> Ints:
        return np.bincount(self.stratum, minlength=len(self.population))

    @cached_property
    def lone(self) -> Flags:
        """Strata with a single PSU: their spread cannot be measured from within."""
        return np.asarray(self.sizes == 1)

    @cached_property
    def factor(self) -> Floats:
        """n_h/(n_h-1) of each stratum, 1 for a lone PSU, times 1 - n_h/N_h where N_h is known."""
        bessel = np.where(self.lone, 1.0, self.sizes / np.maximum(self.sizes - 1, 1))
        return bessel * (1.0 - self.sizes / self.population)

    def spread(self, totals: "scipy.sparse.csc_array", sums: "scipy.sparse.csc_array") -> Floats:
        """Σ_h f_h Σ_i (T_hi - T̄_h)² of each domain, without writing down the zeros.

        `totals` sparse P x D, `sums` the same by stratum, H x D. A lone PSU is centred at the
        mean over all PSUs ("adjust" in R survey).
        """
        # ΣT² - (ΣT)²/n, because centring each total would fill the sparse table.
        squares = totals.power(2).T @ self.factor[self.stratum]
        scale = np.where(self.lone, 0.0, self.factor / np.maximum(self.sizes, 1))
        result = squares - sums.power(2).T @ scale
        if self.lone.any():
            single = np.where(self.lone, self.factor, 0.0)
            mean = sums.sum(axis=0) / len(self.stratum)
            result += mean * (mean * single.sum() - 2.0 * (sums.T @ single))
        # A difference of squares can end a little below 0, and its root would be NaN.
        return np.asarray(np.maximum(result, 0.0))

    def centred_product(self, totals: Floats) -> Floats:
        """C·M for dense totals M (P x p), where T'C·T is the spread of T."""
        sums = np.zeros((len(self.sizes), totals.shape[1]))
        np.add.at(sums, self.stratum, totals)
        centre = sums / np.maximum(self.sizes, 1)[:, None]
        centre[self.lone] = totals.mean(axis=0)
        away = (totals - centre[self.stratum]) * self.factor[self.stratum, None]
        return np.asarray(away - away[self.lone[self.stratum]].sum(axis=0) / len(self.stratum))


def to_clusters(stratum: Labels, psu: Labels, population: Floats | None = None) -> Clusters:
    """Number the strata and the PSUs; a PSU is known by its stratum and its own label together.

    One label a respondent in `stratum` and `psu`; `population` PSUs that the stratum of each
    respondent has in the population (None: not known).
    """
    names, stratum_index = np.unique(stratum, return_inverse=True)
    units, unit_index = np.unique(psu, return_inverse=True)
    # Labels may repeat between strata, as ward 1 does in every borough.
    _, first, index = np.unique(
        stratum_index * np.int64(max(len(units), 1)) + unit_index,
        return_index=True,
        return_inverse=True,
    )
    known = np.full(len(names), np.inf)
    if population is not None:
        known[stratum_index] = population
    return Clusters(index, stratum_index[first].astype(np.int64), known)


def sparse_sums(
    value: Floats, row: Ints, column: Ints, shape: tuple[int, int]
) -> "scipy.sparse.csc_array":
    """A sparse table of sums; cells with members stay in it even where their sum is 0."""
    return scipy.sparse.csc_array((value, (row, column)), shape=shape)


@dataclass(frozen=True, eq=False)
class Variance:
    """Variance and degrees of freedom (PSUs less strata, both with members) of each domain."""

    value: Floats
    df: Ints


def variance_of_totals(
    influence: Floats,
    cells: DomainMembers,
    *,
    weight: Floats,
    within: Clusters,
    projection: Projection | None = None,
) -> Variance:
    """Variance of Σ w·u in each domain.

    `influence` u for `cells.rows` only; `weight` for every respondent. With a projection,
    w·u becomes w·e, e the residual of u on the margins (Deville & Särndal 1992).
    """
    drawn, psus, strata = weight[cells.rows] * influence, within.psu[cells.rows], within.stratum
    totals = sparse_sums(drawn, psus, cells.domain, (len(strata), cells.count))
    sums = sparse_sums(drawn, strata[psus], cells.domain, (len(within.sizes), cells.count))
    value = within.spread(totals, sums)
    if projection is not None:
        value = residual_spread(
            value, totals, fit_on_margins(influence, cells, projection, weight), within
        )
    # Stored entries of a column are PSUs and strata with members, also where their sum is 0.
    return Variance(value, np.diff(totals.indptr) - np.diff(sums.indptr))


@dataclass(frozen=True, eq=False)
class MarginFit:
    """Coefficients (p x D) of u on the margins, and the margins' weighted PSU columns."""

    coefficient: Floats
    columns: list[tuple[Ints, int]]
    weight: Floats


def fit_on_margins(
    influence: Floats, cells: DomainMembers, projection: Projection, weight: Floats
) -> MarginFit:
    """Least squares of u on the margin dummies: B = (X'dX)⁻¹ X'd·u for each domain.

    For a row of several persons u is the sum over them.
    """
    pulled = projection.base[cells.rows] * influence
    right = np.vstack(
        [
            sparse_sums(pulled, index[cells.rows], cells.domain, (size, cells.count)).toarray()
            for index, size in projection.columns
        ]
    )
    # The dummies of each margin add up to 1, so with two margins the matrix is singular.
    coefficient = np.linalg.lstsq(projection.gram, right, rcond=1e-11)[0]
    return MarginFit(np.asarray(coefficient), projection.columns, weight * projection.many)


def residual_spread(
    value: Floats, totals: "scipy.sparse.csc_array", fit: MarginFit, within: Clusters
) -> Floats:
    """The spread of T - M·B, from T'CT - 2B'(M'CT) + B'(M'CM)B: T stays sparse."""
    margins = np.hstack(
        [
            sparse_sums(fit.weight, within.psu, index, (len(within.stratum), size)).toarray()
            for index, size in fit.columns
        ]
    )
    pulled = within.centred_product(margins)
    cross = (totals.T @ pulled).T
    square = margins.T @ pulled @ fit.coefficient
    return np.asarray(
        np.maximum(value + ((square - 2.0 * cross) * fit.coefficient).sum(axis=0), 0.0)
    )


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
    """A basis of the columns' span; faster than singular values, as there are many rows."""
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
